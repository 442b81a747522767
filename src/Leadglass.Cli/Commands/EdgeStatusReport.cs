using System.Globalization;
using Leadglass.Cli.CommandLine;
using Leadglass.Edge;
using Spectre.Console;

namespace Leadglass.Cli.Commands;

/// <summary>What <c>leadglass edge status</c> shows.</summary>
internal static class EdgeStatusReport
{
    // The edge writes every two seconds.
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(15);

    /// <summary>Writes the status; the exit code says whether all is well.</summary>
    public static async Task<int> WriteAsync(Terminal terminal, string folder, bool json)
    {
        EdgeStatus status;
        try
        {
            status =
                EdgeStatus.Read(folder)
                ?? throw CommandFailedException.Failed(
                    $"no edge has run in {folder}: start it, or give its folder with --data"
                );
        }
        catch (EdgeConfigurationException failure)
        {
            throw CommandFailedException.Failed(failure.Message);
        }

        var isRunning = terminal.Clock.GetUtcNow() - status.At < Stale;
        if (json)
        {
            await terminal.Out.WriteLineAsync(System.Text.Encoding.UTF8.GetString(status.ToJson()));
        }
        else
        {
            Show(terminal, status, isRunning);
        }

        return isRunning && !status.IsAlarming && status.Trouble is null ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Show(Terminal terminal, EdgeStatus status, bool isRunning)
    {
        var now = terminal.Clock.GetUtcNow();
        var facts = new Grid().AddColumn().AddColumn();
        Add("Edge", $"{status.Name}, version {status.Version}");
        Add("Runs", isRunning ? $"yes, process {status.ProcessId}" : $"NO: last heard of {Ago(status.At)}");
        Add("Listens", $"{status.Listening}, {status.Connections} connections");
        Add("Archive", $"{status.Archive}, {(status.Trouble is { } trouble ? $"NO LINK: {trouble}" : "reached")}");
        Add("Last contact", status.LastContact is { } contact ? Ago(contact) : "never in this run");
        Add(
            "Queue",
            $"{status.Queue.Envelopes} envelopes, {Bytes(status.Queue.Bytes)}, oldest {Age(status.Queue.OldestSeconds)}"
        );
        Add("Set aside", $"{status.Queue.SetAside}");
        Add("Delivered", $"{status.Delivered} envelopes, {Bytes(status.DeliveredBytes)} in this run");
        Add("Refused", $"{status.Refusals} in this run");
        Add("Certificate", $"ends {status.CertificateEnds:yyyy-MM-dd}");
        if (status.Broken is { } broken)
        {
            Add("BROKEN", broken);
        }

        terminal.Console.Write(facts);
        var scanners = new Table().AddColumns("Scanner", "AE titles", "From", "May");
        foreach (var scanner in status.Scanners)
        {
            scanners.AddRow(
                Markup.Escape(scanner.Name),
                Markup.Escape(string.Join(", ", scanner.AeTitles)),
                Markup.Escape(string.Join(", ", scanner.Sources)),
                string.Join(", ", scanner.Services).ToLowerInvariant()
            );
        }

        terminal.Console.Write(scanners);

        void Add(string name, string value) => facts.AddRow(name, Markup.Escape(value));

        string Ago(DateTimeOffset time) => Age((long)(now - time).TotalSeconds) + " ago";
    }

    private static string Age(long seconds) =>
        seconds switch
        {
            < 120 => $"{seconds} s",
            < 7200 => $"{seconds / 60} min",
            < 172_800 => $"{seconds / 3600} h",
            _ => $"{seconds / 86_400} d",
        };

    private static string Bytes(long bytes) =>
        bytes switch
        {
            < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
            < 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.#} GiB"),
        };
}
