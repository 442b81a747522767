using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Server.Control;

namespace Leadglass.Server.Exchange;

/// <summary>Bringing files into the archive, in the server while it runs.</summary>
public static class ImportCommands
{
    private const int ProblemsMax = 1_000;
    private const int ProgressEvery = 16;

    /// <summary>Imports files, folders and what DICOMDIRs list.</summary>
    public static ControlCommand<ImportArguments, ImportResult> Import { get; } =
        new("import", ExchangeJson.Default.ImportArguments, ExchangeJson.Default.ImportResult, RunAsync);

    private static async Task<ImportResult> RunAsync(
        ArchiveHost host,
        ImportArguments arguments,
        IProgress<ControlProgress> progress,
        CancellationToken cancel
    )
    {
        var map = await PatientMap.ReadAsync(arguments.MapFile, cancel);
        var import = new FileImport(host, AccessPolicy.Operator(arguments.UserName), arguments.Issuer, map);
        var counts = new Dictionary<IngestResult, long>();
        var problems = new List<ImportProblem>();
        var (done, skipped) = (0L, 0L);
        foreach (var source in ImportSources.Of(arguments.Paths))
        {
            var outcome = source.Problem is { } known
                ? new FileOutcome(null, known)
                : await import.RunAsync(source.Path, cancel);
            if (++done % ProgressEvery == 0)
            {
                progress.Report(new ControlProgress(done, null, "files"));
            }

            if (outcome.IsNoInstance && source.IsFound)
            {
                skipped++;
                continue;
            }

            var result = outcome.Outcome?.Result ?? IngestResult.Refused;
            counts[result] = counts.GetValueOrDefault(result) + 1;
            if (outcome.Problem is { } problem && problems.Count < ProblemsMax)
            {
                problems.Add(new ImportProblem(source.Path, problem));
            }
        }

        return new ImportResult(
            counts.GetValueOrDefault(IngestResult.Stored),
            counts.GetValueOrDefault(IngestResult.AlreadyStored),
            counts.GetValueOrDefault(IngestResult.Quarantined),
            counts.GetValueOrDefault(IngestResult.Refused),
            skipped,
            problems
        );
    }
}

/// <summary>What to import.</summary>
/// <param name="UserName">Who asks, by the name on this machine.</param>
/// <param name="Paths">Files and folders, absolute.</param>
/// <param name="Issuer">Issuer of Patient ID for files that name none.</param>
/// <param name="MapFile">A map of patient IDs; null for none.</param>
public sealed record ImportArguments(string UserName, IReadOnlyList<string> Paths, string? Issuer, string? MapFile)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "import";
}

/// <summary>What became of an import.</summary>
/// <param name="Stored">Instances that are new here.</param>
/// <param name="AlreadyStored">Instances that were here.</param>
/// <param name="Quarantined">Instances that contradict what is here: kept apart.</param>
/// <param name="Failed">Files of which nothing is kept.</param>
/// <param name="Skipped">Files in folders that are no DICOM instances.</param>
/// <param name="Problems">Why, for the first 1,000.</param>
public sealed record ImportResult(
    long Stored,
    long AlreadyStored,
    long Quarantined,
    long Failed,
    long Skipped,
    IReadOnlyList<ImportProblem> Problems
)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "import";
}

/// <summary>A file that was not imported.</summary>
public sealed record ImportProblem(string Path, string Problem)
{
    /// <summary>Not the path, which may tell something.</summary>
    public override string ToString() => Problem;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 8)]
[JsonSerializable(typeof(ImportArguments))]
[JsonSerializable(typeof(ImportResult))]
[JsonSerializable(typeof(ExportArguments))]
[JsonSerializable(typeof(ExportResult))]
internal sealed partial class ExchangeJson : JsonSerializerContext;
