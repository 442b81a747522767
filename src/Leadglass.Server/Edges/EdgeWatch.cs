using System.Diagnostics.Metrics;
using Leadglass.Access;

namespace Leadglass.Server.Edges;

/// <summary>Tells whoever runs the archive when an edge needs attention, and when it does no more: once per change.</summary>
internal sealed class EdgeWatch(ArchiveHost host, ServerLog log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, EdgeProblems> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly DateTimeOffset _started = host.Clock.GetUtcNow();

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, host.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Looks once.</summary>
    public void Look()
    {
        var now = host.Clock.GetUtcNow();
        foreach (var edge in host.Devices.Current.All.Where(device => device.Edge is not null))
        {
            var problems = EdgeHealth.Of(edge, host.EdgeStates.Find(edge.Name), now);
            if (now - _started < EdgeHealth.SilentAfter)
            {
                // Nobody could report while the archive was down.
                problems &= ~EdgeProblems.Silent;
            }

            var former = _known.GetValueOrDefault(edge.Name);
            _known[edge.Name] = problems;
            if (problems is EdgeProblems.None && former is not EdgeProblems.None)
            {
                log.EdgeWell(edge.Name);
            }
            else if ((problems & ~former) is var added and not EdgeProblems.None)
            {
                log.EdgeTroubled(edge.Name, added);
            }
        }
    }

    /// <summary>The figures of all edges, by name; no patient data is in them.</summary>
    public static void AddGauges(Meter meter, ArchiveHost host)
    {
        Gauge("leadglass.edge.contact.age", "s", "Seconds since an edge last reported", Age);
        Gauge("leadglass.edge.queue.envelopes", null, "Envelopes that wait at an edge", (state, _) => state.Envelopes);
        Gauge("leadglass.edge.queue.bytes", "By", "Bytes that wait at an edge", (state, _) => state.Bytes);
        Gauge("leadglass.edge.queue.age", "s", "Age of the oldest that waits at an edge", OldestAge);
        Gauge(
            "leadglass.edge.queue.full",
            null,
            "1 while an edge takes nothing in",
            (state, _) => state.IsFull ? 1 : 0
        );
        Gauge("leadglass.edge.set.aside", null, "Envelopes refused for good", (state, _) => state.SetAside);
        Gauge("leadglass.edge.refused", null, "Refusals that an edge reported", (state, _) => state.Refused);

        void Gauge(string name, string? unit, string description, Func<EdgeState, DateTimeOffset, double> value) =>
            meter.CreateObservableGauge(name, () => Measure(host, value), unit, description);
    }

    private static double Age(EdgeState state, DateTimeOffset now) => (now - state.LastContact).TotalSeconds;

    private static double OldestAge(EdgeState state, DateTimeOffset now) =>
        EdgeHealth.AgeOfOldest(state, now).TotalSeconds;

    private static IEnumerable<Measurement<double>> Measure(
        ArchiveHost host,
        Func<EdgeState, DateTimeOffset, double> value
    )
    {
        var now = host.Clock.GetUtcNow();
        foreach (var edge in host.Devices.Current.All.Where(device => device is { Edge: not null, Enabled: true }))
        {
            if (host.EdgeStates.Find(edge.Name) is { } state)
            {
                yield return new Measurement<double>(
                    value(state, now),
                    new KeyValuePair<string, object?>("edge", edge.Name)
                );
            }
        }
    }
}
