using System.Text;

namespace Leadglass.Exposure.Tests;

/// <summary>Scopes for tests, read from text as a user's would be.</summary>
internal static class TestScopes
{
    /// <summary>The moment at which scopes of <see cref="Text"/> hold.</summary>
    public static DateTimeOffset Begin { get; } = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    /// <summary>A scope of networks, valid for a week around the clock's now.</summary>
    /// <param name="more">Further lines of the file.</param>
    public static ScanScope Of(
        string networks,
        string ports,
        string rung = "4",
        string more = "",
        TimeProvider? clock = null
    )
    {
        clock ??= TimeProvider.System;
        var text = Text(networks, ports, rung, more, clock.GetUtcNow().AddHours(-1));
        return ScopeReader.Parse(Encoding.UTF8.GetBytes(text), "scope.yaml", clock);
    }

    /// <summary>The text of a scope.</summary>
    /// <param name="networks">Entries of the list, with commas between: <c>127.0.0.0/8, ::1</c>; within an entry a semicolon stands for a comma.</param>
    public static string Text(
        string networks,
        string ports,
        string rung = "4",
        string more = "",
        DateTimeOffset? from = null
    ) =>
        $"""
            version: 1
            name: Test scope
            authorisation:
              by: Head of testing
              basis: own systems
              contact: audit@hospital.example
            validFrom: {from ?? Begin:yyyy-MM-ddTHH:mm:ssZ}
            validUntil: {(from ?? Begin).AddDays(7):yyyy-MM-ddTHH:mm:ssZ}
            highestRung: {rung}
            networks:
            {string.Join('\n', Split(networks).Select(network => $"  - {network.Replace(';', ',')}"))}
            ports: {ports}
            {more}
            """;

    private static IEnumerable<string> Split(string networks) =>
        networks.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
