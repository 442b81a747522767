using System.CommandLine;
using Leadglass.Cli.CommandLine;
using Leadglass.Exposure;

namespace Leadglass.Cli.Commands.Exposure;

/// <summary><c>leadglass exposure scan</c>: one audit within a scope.</summary>
internal static class ExposureScanCommand
{
    private const int ThreadsMin = 16;

    public static Command Create(Terminal terminal)
    {
        var scope = new Option<string>("--scope")
        {
            Description = "What may be probed, and who says so: a file of leadglass exposure scope init",
            HelpName = "FILE",
            Required = true,
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder of the audit; it is made, for you alone",
            HelpName = "DIR",
            Required = true,
        };
        var mode = new Option<string>("--mode")
        {
            Description = "polite samples where an archive is large, thorough counts to the end",
            DefaultValueFactory = static _ => "polite",
        };
        mode.AcceptOnlyFromAmong("polite", "thorough");
        var shard = new Option<string>("--shard")
        {
            Description = "The part of the hosts that this machine takes: 1/4 to 4/4",
            HelpName = "I/N",
            DefaultValueFactory = static _ => "1/1",
        };
        var imports = new Option<string[]>("--import")
        {
            Description =
                "Probe what another scanner found open, instead of walking the networks: nmap -oX, masscan -oJ, or lines of address:port",
            HelpName = "FILE",
        };
        var resume = new Option<bool>("--resume") { Description = "Go on with the audit that the folder holds" };
        var fingerprints = new Option<string?>("--fingerprints")
        {
            Description = "Fingerprints of products, added to those of the program",
            HelpName = "FILE",
        };
        var json = SharedOptions.Json();
        var command = new Command("scan", "Find image servers within a scope and prove what a stranger would get")
        {
            scope,
            output,
            mode,
            shard,
            imports,
            resume,
            fingerprints,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var options = new AuditOptions
                {
                    Folder = parsed.GetRequiredValue(output),
                    IsThorough = parsed.GetValue(mode) == "thorough",
                    Shard = Shard.TryParse(parsed.GetRequiredValue(shard), out var part)
                        ? part
                        : throw CommandFailedException.WrongUsage(
                            "--shard takes a part and the number of parts: 2/4 is the second of four"
                        ),
                    Imports = parsed.GetValue(imports) ?? [],
                    IsResumed = parsed.GetValue(resume),
                    FingerprintFile = parsed.GetValue(fingerprints),
                };
                var screen = ScanScreen.Of(terminal, parsed.GetValue(json));
                return await RunAsync(terminal, screen, parsed.GetRequiredValue(scope), options, cancel);
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal,
        ScanScreen screen,
        string scopePath,
        AuditOptions options,
        CancellationToken cancel
    )
    {
        // Many hosts answer at once, and a late continuation would look like a slow host.
        ThreadPool.GetMinThreads(out _, out var completions);
        ThreadPool.SetMinThreads(ThreadsMin, completions);
        AuditPreparation.Begin();
        try
        {
            var scope = await ScopeReader.ReadAsync(scopePath, terminal.Clock, cancel);
            screen.Declare(scope);
            var document = await screen.ShowAsync(progress =>
                AuditRun.RunAsync(scope, options, terminal.Clock, progress, cancel)
            );
            screen.Finish(document, Path.Combine(options.Folder, AuditDocument.FileName));
            // An audit that was done is done, whatever it found.
            return document.StoppedEarly is null ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception mistaken) when (mistaken is AuditException or ProductFileException)
        {
            throw CommandFailedException.WrongUsage(mistaken.Message);
        }
    }
}
