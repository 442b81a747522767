using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>What a scope means, in sentences for the person who is about to answer for it.</summary>
public static class ScopeSummary
{
    private const int NetworksShownMax = 50;

    /// <summary>The lines.</summary>
    public static IEnumerable<string> Of(ScanScope scope, DateTimeOffset now) =>
        [
            $"{scope.Name}",
            $"  digest     sha256={scope.Digest}",
            $"  valid      until {scope.ValidUntil:yyyy-MM-dd HH:mm} UTC ({Days(scope.ValidUntil - now)} left)",
            .. Amount(scope),
            .. Networks(scope),
            .. Limits(scope, now),
            .. Declared(scope),
        ];

    private static IEnumerable<string> Amount(ScanScope scope)
    {
        var pairs = (decimal)scope.Targets.Count * scope.Ports.Count;
        var atLeast = TimeSpan.FromSeconds(Math.Ceiling((double)pairs / scope.Rate.ConnectionsPerSecond));
        yield return $"  walked     {Number(scope.Targets.Count)} addresses x {scope.Ports.Count} ports ({scope.Ports})";
        yield return $"             {Number(pairs)} connections, at {scope.Rate.ConnectionsPerSecond} per second {Duration(atLeast)} or more";
        foreach (var network in scope.NetworksNotWalked)
        {
            yield return $"             {network.Addresses} is too large to be walked: only names and imports lead there";
        }

        if (scope.PublicAddresses > 0)
        {
            yield return $"             {Number(scope.PublicAddresses)} of them are public";
        }
    }

    private static IEnumerable<string> Networks(ScanScope scope)
    {
        foreach (var network in scope.Networks.Take(NetworksShownMax))
        {
            var isPublic = ScanScope.PublicCount([network.Addresses]) > 0;
            var highest =
                network.HighestRung
                ?? (
                    isPublic
                        ? (Rung)Math.Min((int)ScanScope.UnprovedPublicRung, (int)scope.HighestRung)
                        : scope.HighestRung
                );
            var needsProof = isPublic && highest > ScanScope.UnprovedPublicRung;
            yield return $"  network    {network.Addresses}: {(isPublic ? "public" : "local")}, rung {RungLabel.Of(highest)}"
                + (needsProof ? ", of it rung 2 wherever the proof of control fails" : string.Empty)
                + (
                    network.CalledAeTitles.IsEmpty
                        ? string.Empty
                        : $", called AE titles {string.Join(", ", network.CalledAeTitles)}"
                );
        }

        if (scope.Networks.Length > NetworksShownMax)
        {
            yield return $"             and {scope.Networks.Length - NetworksShownMax} more";
        }
    }

    private static IEnumerable<string> Limits(ScanScope scope, DateTimeOffset now)
    {
        if (!scope.Names.IsEmpty)
        {
            yield return $"  names      {scope.Names.Length}, resolved in each run; probed only where a network above holds the answer";
        }

        if (!scope.Exclusions.IsEmpty)
        {
            yield return $"  excluded   {string.Join(", ", scope.Exclusions.Take(NetworksShownMax))}";
        }

        if (!scope.Devices.IsEmpty)
        {
            yield return $"  devices    {string.Join(", ", scope.Devices.Take(NetworksShownMax))}: never above rung 1";
        }

        if (scope.TimeWindow is { } window)
        {
            yield return $"  hours      {window}; {(window.Holds(now) ? "open now" : $"opens {window.NextOpening(now):yyyy-MM-dd HH:mm} UTC")}";
        }

        foreach (var claim in scope.ProofOfControl)
        {
            yield return $"  proof      {ProofPlaces.Of(claim)}: checked when a scan begins";
        }
    }

    private static IEnumerable<string> Declared(ScanScope scope) =>
        [
            "Declared, and not to be proved by any program:",
            $"  that {scope.Authorisation.By} may allow this audit, and did: {scope.Authorisation.Basis}",
            "  that these networks, names and the inventory are those you answer for"
                + (
                    scope.PublicAddresses > 0
                        ? ", but for the public addresses whose control is proved in a run"
                        : string.Empty
                ),
            $"  that {scope.Authorisation.Contact} reaches somebody who can stop it",
            .. scope.Devices.IsEmpty
                ? new[]
                {
                    "  that none of the addresses is a scanner or another device that takes one association at a time",
                }
                : ["  that no other device is among the addresses"],
            .. scope.Networks.Any(network => MayBeTranslated(network.Addresses))
                ? new[]
                {
                    "  that no translator to IPv4 (NAT64) has its prefix in the IPv6 networks: what lies behind it would count as local; exclude it",
                }
                : [],
            .. scope.Authorisation.RecordsBasis is { } basis
                ? new[] { $"  that records may be received in flight at rungs 5b and 6: {basis}" }
                : [],
        ];

    // A site's own prefix looks like any other of its addresses (RFC 6052 2.2).
    private static bool MayBeTranslated(AddressRange network) => !network.IsV4 && network.Last > UInt128.One;

    private static string Number(decimal value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Days(TimeSpan left) =>
        left.TotalDays >= 2 ? $"{Math.Round(left.TotalDays)} days" : $"{Math.Round(left.TotalHours)} hours";

    private static string Duration(TimeSpan time) =>
        time.TotalDays >= 2 ? $"{time.TotalDays.ToString("0.#", CultureInfo.InvariantCulture)} days"
        : time.TotalHours >= 2 ? $"{time.TotalHours.ToString("0.#", CultureInfo.InvariantCulture)} hours"
        : time.TotalMinutes >= 2 ? $"{(int)time.TotalMinutes} minutes"
        : $"{(int)time.TotalSeconds} seconds";
}
