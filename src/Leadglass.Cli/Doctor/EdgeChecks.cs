using Leadglass.Server.Control;
using Leadglass.Server.Edges;

namespace Leadglass.Cli.Doctor;

/// <summary>Edges that do not report, whose queue grows old, or that nothing stands behind.</summary>
internal static class EdgeChecks
{
    public static IEnumerable<Finding> Look(ArchiveState archive, DateTimeOffset now)
    {
        foreach (var edge in archive.Devices.Where(device => device.IsEdge))
        {
            foreach (var finding in Look(edge, now))
            {
                yield return finding;
            }

            if (!archive.Devices.Any(device => IsBehind(device, edge)))
            {
                yield return new Finding(
                    $"edge {edge.Name}",
                    Health.Warning,
                    $"nothing is behind it: leadglass device add NAME --ae AET --behind {edge.Name} --from ADDRESS"
                );
            }
        }
    }

    private static IEnumerable<Finding> Look(DeviceSummary edge, DateTimeOffset now)
    {
        var check = $"edge {edge.Name}";
        if (!edge.Enabled)
        {
            yield return new Finding(check, Health.Skipped, "it is disabled");
            yield break;
        }

        if (!edge.Certificates.Any(held => !held.IsRevoked))
        {
            yield return edge.CodeValidUntil is { } until && now < until
                ? new Finding(check, Health.Skipped, $"its code waits to be used until {until:HH:mm} UTC")
                : new Finding(check, Health.Warning, $"it was never enrolled: leadglass device renew {edge.Name}");
            yield break;
        }

        var problems = EdgeHealth.Of(edge.LastReport, now);
        if (problems is EdgeProblems.None)
        {
            yield return new Finding(
                check,
                Health.Ok,
                $"last contact {edge.LastReport!.LastContact:yyyy-MM-dd HH:mm} UTC"
            );
        }

        if (problems.HasFlag(EdgeProblems.Silent))
        {
            yield return new Finding(
                check,
                Health.Warning,
                edge.LastReport is { } last
                    ? $"no contact since {last.LastContact:yyyy-MM-dd HH:mm} UTC: leadglass edge status on its machine"
                    : "it has never reported: leadglass edge status on its machine"
            );
        }

        if (problems.HasFlag(EdgeProblems.QueueOld))
        {
            yield return new Finding(
                check,
                Health.Warning,
                $"{edge.LastReport!.Envelopes} wait there, the oldest for "
                    + $"{EdgeHealth.AgeOfOldest(edge.LastReport, now).TotalHours:0.0} hours: what hinders them?"
            );
        }

        if (problems.HasFlag(EdgeProblems.QueueFull))
        {
            yield return new Finding(check, Health.Red, "its queue is full: scanners are refused");
        }

        if (problems.HasFlag(EdgeProblems.SetAside))
        {
            yield return new Finding(
                check,
                Health.Warning,
                $"{edge.LastReport!.SetAside} envelopes were refused here for good and wait there: the trail says why"
            );
        }
    }

    private static bool IsBehind(DeviceSummary device, DeviceSummary edge) =>
        string.Equals(device.Behind, edge.Name, StringComparison.OrdinalIgnoreCase);
}
