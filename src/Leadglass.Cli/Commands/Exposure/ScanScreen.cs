using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Leadglass.Cli.CommandLine;
using Leadglass.Exposure;
using Spectre.Console;

namespace Leadglass.Cli.Commands.Exposure;

/// <summary>What a scan shows while it runs: a live line on a terminal, plain lines elsewhere, JSON for programs.</summary>
internal abstract class ScanScreen(Terminal terminal)
{
    protected Terminal Terminal { get; } = terminal;

    public static ScanScreen Of(Terminal terminal, bool isJson) =>
        isJson ? new JsonScreen(terminal)
        : terminal.IsInteractive ? new LiveScreen(terminal)
        : new PlainScreen(terminal);

    /// <summary>Says under whose declaration the audit runs.</summary>
    public virtual void Declare(ScanScope scope)
    {
        var authorisation = scope.Authorisation;
        Terminal.Out.WriteLine(
            $"The scope \"{scope.Name}\" says: {scope.Targets.Count:N0} addresses and {scope.Ports.Count:N0} ports, at most "
                + $"rung {RungLabel.Of(scope.HighestRung)}, until {scope.ValidUntil:yyyy-MM-dd HH:mm} UTC; authorised by "
                + $"{authorisation.By}, on the basis of {authorisation.Basis}."
        );
        Terminal.Out.WriteLine("That is a declaration; it cannot be verified from here.");
        foreach (var network in scope.NetworksNotWalked)
        {
            Terminal.Out.WriteLine(
                $"{network.Addresses} is too large to be walked: only names and imports lead into it."
            );
        }
    }

    /// <summary>Runs the audit and shows how it goes.</summary>
    public abstract Task<AuditDocument> ShowAsync(Func<IProgress<AuditEvent>, Task<AuditDocument>> audit);

    /// <summary>Says what came of it.</summary>
    public virtual void Finish(AuditDocument document, string path)
    {
        foreach (var line in AuditSummary.Lines(document, "en"))
        {
            Terminal.Out.WriteLine(line);
        }
        Terminal.Out.WriteLine();
        Terminal.Out.WriteLine(path);
    }

    private static string Describe(AuditEvent at)
    {
        var share = at.Total > 0 ? (double)at.Probed / at.Total : 1;
        var left = at.Left is { } time && at.Phase == AuditPhase.Discovering ? $", {Duration(time)} left" : "";
        var what = at.Phase switch
        {
            AuditPhase.Discovering => $"{at.Probed:N0} of {at.Total:N0} ports ({share:P0}), {at.PerSecond:N0}/s{left}",
            AuditPhase.Waiting => "waiting for the hours that the scope allows",
            _ => $"all {at.Total:N0} ports tried",
        };
        return $"{what}; {at.OpenPorts:N0} open, {at.HostsWaiting:N0} hosts being probed; found {at.Systems:N0} systems, {at.OpenSystems:N0} answer a stranger";
    }

    private static string Describe(Finding found)
    {
        var isOpen = found.QueryOpen is true || found.RetrieveOpen is true;
        var verdict =
            isOpen ? "OPEN"
            : found.QueryOpen is null ? "unknown"
            : "closed";
        return $"{found.Address} port {found.Port} {found.Protocol}: {verdict}, {found.Product.Name}";
    }

    private static string Duration(TimeSpan time) =>
        time.TotalDays >= 2 ? $"{time.TotalDays:N0} days"
        : time.TotalHours >= 2 ? $"{time.TotalHours:N0} h"
        : time.TotalMinutes >= 2 ? $"{time.TotalMinutes:N0} min"
        : $"{time.TotalSeconds:N0} s";

    private sealed class LiveScreen(Terminal terminal) : ScanScreen(terminal)
    {
        public override Task<AuditDocument> ShowAsync(Func<IProgress<AuditEvent>, Task<AuditDocument>> audit) =>
            Terminal
                .Console.Status()
                .Spinner(Spinner.Known.Dots)
                .StartAsync(
                    "beginning",
                    status =>
                        audit(
                            WorkProgress.Of<AuditEvent>(at =>
                            {
                                if (at.Found is { } found)
                                {
                                    Terminal.Console.MarkupLineInterpolated($"{Describe(found)}");
                                }
                                status.Status = Markup.Escape(Describe(at));
                            })
                        )
                );
    }

    private sealed class PlainScreen(Terminal terminal) : ScanScreen(terminal)
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
        private readonly Lock _turn = new();
        private long _last = terminal.Clock.GetTimestamp();

        public override Task<AuditDocument> ShowAsync(Func<IProgress<AuditEvent>, Task<AuditDocument>> audit) =>
            audit(WorkProgress.Of<AuditEvent>(Show));

        private void Show(AuditEvent at)
        {
            lock (_turn)
            {
                if (at.Found is { } found)
                {
                    Terminal.Error.WriteLine(Describe(found));
                }
                else if (Terminal.Clock.GetElapsedTime(_last) >= Interval)
                {
                    _last = Terminal.Clock.GetTimestamp();
                    Terminal.Error.WriteLine(Describe(at));
                }
            }
        }
    }

    private sealed class JsonScreen(Terminal terminal) : ScanScreen(terminal)
    {
        private readonly Lock _turn = new();

        public override void Declare(ScanScope scope) =>
            Write(
                new ScanDeclared(
                    "declared",
                    scope.Name,
                    scope.Digest,
                    scope.Authorisation.By,
                    scope.Authorisation.Basis,
                    "a declaration, which cannot be verified from here"
                ),
                ScanJson.Default.ScanDeclared
            );

        public override Task<AuditDocument> ShowAsync(Func<IProgress<AuditEvent>, Task<AuditDocument>> audit) =>
            audit(WorkProgress.Of<AuditEvent>(Show));

        public override void Finish(AuditDocument document, string path) =>
            Write(
                new ScanFinished("finished", path, document.StoppedEarly, document.Totals),
                ScanJson.Default.ScanFinished
            );

        private void Show(AuditEvent at)
        {
            if (at.Found is { } found)
            {
                Write(
                    new ScanFound(
                        "found",
                        found.Address,
                        found.Port,
                        found.Protocol,
                        found.RungLabel,
                        found.QueryOpen,
                        found.RecordsVisible,
                        found.RetrieveOpen,
                        found.Product.Name
                    ),
                    ScanJson.Default.ScanFound
                );
                return;
            }
            Write(
                new ScanProgress(
                    "progress",
                    at.Phase.ToString().ToLowerInvariant(),
                    at.Probed,
                    at.Total,
                    Math.Round(at.PerSecond, 1),
                    at.Left?.TotalSeconds,
                    at.OpenPorts,
                    at.HostsWaiting,
                    at.Systems,
                    at.OpenSystems
                ),
                ScanJson.Default.ScanProgress
            );
        }

        private void Write<T>(T value, JsonTypeInfo<T> type)
        {
            lock (_turn)
            {
                Terminal.Out.WriteLine(JsonSerializer.Serialize(value, type));
                Terminal.Out.Flush();
            }
        }
    }
}
