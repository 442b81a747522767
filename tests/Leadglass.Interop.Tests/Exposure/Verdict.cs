using System.Text.Json.Nodes;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>What an audit says of one system, as its document has it.</summary>
public sealed record Verdict(
    bool? QueryOpen,
    bool? RecordsVisible,
    bool? RetrieveOpen,
    string Product,
    string Protocol,
    long? Studies
)
{
    /// <summary>The findings by address.</summary>
    public static IReadOnlyDictionary<string, Verdict> Read(JsonObject audit) =>
        audit["findings"]!
            .AsArray()
            .ToDictionary(f => f!["address"]!.GetValue<string>(), f => Of(f!.AsObject()), StringComparer.Ordinal);

    /// <summary>An answer in the words of the table.</summary>
    public static string Word(bool? answer) =>
        answer switch
        {
            true => "open",
            false => "closed",
            null => "unknown",
        };

    private static Verdict Of(JsonObject finding) =>
        new(
            finding["queryOpen"]?.GetValue<bool>(),
            finding["recordsVisible"]?.GetValue<bool>(),
            finding["retrieveOpen"]?.GetValue<bool>(),
            finding["product"]!["name"]!.GetValue<string>(),
            finding["protocol"]!.GetValue<string>(),
            finding["records"]
                ?["totals"]?.AsArray()
                .FirstOrDefault(t => t!["unit"]!.GetValue<string>() == "studies")
                ?["value"]!.GetValue<long>()
        );
}
