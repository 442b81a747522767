using System.CommandLine;
using System.Text.Json;
using Leadglass.Archive;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Upkeep;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass verify</c>: is everything there as it was sealed, and does the index agree?</summary>
internal static class VerifyCommand
{
    private const int FindingsShownMax = 100;

    public static Command Create(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var json = SharedOptions.Json();
        var command = new Command("verify", "Open every record and compare the index; beside a running server too")
        {
            data,
            keys,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var upkeep = new ArchiveUpkeep(
                    parsed.DataFolder(data, terminal),
                    parsed.GetValue(keys),
                    terminal.Environment,
                    terminal.Clock
                );
                var isJson = parsed.GetValue(json);
                var report = await WorkProgress.RunAsync(
                    terminal,
                    "verifying",
                    isJson,
                    show =>
                        upkeep.VerifyAsync(
                            WorkProgress.Of<VerificationProgress>(at =>
                                show($"{at.Records} records, {at.Bytes / 1048576} MiB")
                            ),
                            cancel
                        )
                );
                await ReportAsync(terminal, report, isJson);
                return report.IsSound ? ExitCode.Done : ExitCode.Failed;
            }
        );
        return command;
    }

    private static async Task ReportAsync(Terminal terminal, VerificationReport report, bool isJson)
    {
        if (isJson)
        {
            await terminal.Out.WriteLineAsync(
                JsonSerializer.Serialize(VerifyResult.Of(report), CommandJson.Default.VerifyResult)
            );
            return;
        }

        foreach (var damage in report.Damages.Take(FindingsShownMax))
        {
            await terminal.Out.WriteLineAsync(
                $"damaged: pack {damage.Location.Pack} at {damage.Location.Offset}: {damage.What}"
            );
        }

        foreach (var finding in report.IndexFindings.Take(FindingsShownMax))
        {
            await terminal.Out.WriteLineAsync($"index: {finding}");
        }

        await terminal.Out.WriteLineAsync(
            $"{report.SoundRecords} records sound, {report.Bytes} bytes; {report.Erased} erased; "
                + $"{report.DamagedRecords} damaged; {report.IndexDisagreements} disagreements with the index"
        );
        if (report.IndexDisagreements > 0)
        {
            await terminal.Out.WriteLineAsync("the index is mended by: leadglass rebuild-index");
        }
    }
}

/// <summary>What <c>verify --json</c> answers.</summary>
internal sealed record VerifyResult(
    bool IsSound,
    long SoundRecords,
    long Bytes,
    long Erased,
    long DamagedRecords,
    long IndexDisagreements,
    IReadOnlyList<DamagedRecord> Damages,
    IReadOnlyList<string> IndexFindings
)
{
    public static VerifyResult Of(VerificationReport report) =>
        new(
            report.IsSound,
            report.SoundRecords,
            report.Bytes,
            report.Erased,
            report.DamagedRecords,
            report.IndexDisagreements,
            [.. report.Damages.Select(one => new DamagedRecord(one.Location.Pack, one.Location.Offset, one.What))],
            report.IndexFindings
        );
}

/// <summary>Where a damaged record lies.</summary>
internal sealed record DamagedRecord(long Pack, long Offset, string What);
