using System.Collections.Immutable;
using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>The sections of a scope that are lists or have keys of their own. It keeps the lines of what rules look at later.</summary>
internal sealed class ScopeSections(MistakeList mistakes)
{
    private const int NetworksMax = 4_096;
    private const int NamesMax = 4_096;
    private const int RangesMax = 16_384;
    private const int TitlesMax = 16;
    private const int ProofsMax = 1_024;

    private static readonly string[] Weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public MistakeList Mistakes { get; } = mistakes;

    /// <summary>Lines of the networks, by their number.</summary>
    public List<int> NetworkLines { get; } = [];

    /// <summary>Lines of the proofs, in their order.</summary>
    public List<int> ProofLines { get; } = [];

    public ImmutableArray<ScopeNetwork> Networks(ScopeFields file)
    {
        var networks = ImmutableArray.CreateBuilder<ScopeNetwork>();
        foreach (var node in file.List("networks", NetworksMax, isRequired: true))
        {
            if (Network(node) is { } network)
            {
                networks.Add(network with { Number = networks.Count });
                NetworkLines.Add(node.Line);
            }
        }

        return networks.ToImmutable();
    }

    public ImmutableArray<ScopeName> Names(ScopeFields file)
    {
        var names = ImmutableArray.CreateBuilder<ScopeName>();
        foreach (var node in file.List("names", NamesMax))
        {
            var fields = node is YamlMap ? ScopeFields.Of(node, "names", Mistakes) : null;
            var scalar = fields is null ? node as YamlText : fields.Scalar("host", isRequired: true);
            var titles = fields is null ? [] : Titles(fields);
            fields?.RefuseOthers();
            if (scalar is not { } written || HostName(written) is not { } host)
            {
                Mistakes.Add(node.Line, "an entry of names is a host's name in ASCII: pacs.hospital.example");
            }
            else if (names.Any(name => name.Host == host))
            {
                Mistakes.Add(node.Line, $"the name {host} stands here twice");
            }
            else
            {
                names.Add(new ScopeName(host, titles));
            }
        }

        return names.ToImmutable();
    }

    public ImmutableArray<AddressRange> Ranges(ScopeFields file, string key)
    {
        var ranges = ImmutableArray.CreateBuilder<AddressRange>();
        foreach (var node in file.List(key, RangesMax))
        {
            if (Range(node as YamlText, node.Line, key) is { } range)
            {
                ranges.Add(range);
            }
        }

        return ranges.ToImmutable();
    }

    public ImmutableArray<InventoryEntry> Inventory(ScopeFields file)
    {
        var entries = ImmutableArray.CreateBuilder<InventoryEntry>();
        foreach (var node in file.List("inventory", RangesMax))
        {
            if (ScopeFields.Of(node, "inventory", Mistakes) is not { } fields)
            {
                continue;
            }

            var range = Range(fields.Scalar("network", isRequired: true), node.Line, "inventory.network");
            var (site, owner, contact) = (fields.Text("site"), fields.Text("owner"), fields.Text("contact"));
            fields.RefuseOthers();
            if (range is { } addresses)
            {
                entries.Add(new InventoryEntry(addresses, site, owner, contact));
                InventoryLines.Add(node.Line);
            }
        }

        return entries.ToImmutable();
    }

    /// <summary>Lines of the inventory, in its order.</summary>
    public List<int> InventoryLines { get; } = [];

    public ImmutableArray<ProofClaim> Proofs(ScopeFields file)
    {
        var claims = ImmutableArray.CreateBuilder<ProofClaim>();
        foreach (var node in file.List("proofOfControl", ProofsMax))
        {
            if (ScopeFields.Of(node, "proofOfControl", Mistakes) is { } fields && Proof(fields, node.Line) is { } claim)
            {
                claims.Add(claim);
                ProofLines.Add(node.Line);
            }
        }

        return claims.ToImmutable();
    }

    public static TimeWindow? Window(ScopeFields file)
    {
        if (file.Fields("timeWindow") is not { } fields)
        {
            return null;
        }

        var zone = Zone(fields);
        var (from, until) = (Time(fields, "from"), Time(fields, "until"));
        var days = Days(fields);
        fields.RefuseOthers();
        if (from is not null && from == until)
        {
            fields.Mistaken("until", "the window shuts when it opens; leave timeWindow out to allow the whole day");
        }

        return zone is not null && from is { } opens && until is { } shuts
            ? new TimeWindow(zone, opens, shuts, days)
            : null;
    }

    public static ScopeRate Rate(ScopeFields file)
    {
        var rate = ScopeRate.ForPublicNetworks;
        if (file.Fields("rate") is not { } fields)
        {
            return rate;
        }

        rate = new ScopeRate(
            fields.Number("connectionsPerSecond", 1, ScopeRate.PerSecondMax) ?? rate.ConnectionsPerSecond,
            fields.Number("perNetwork24PerSecond", 1, ScopeRate.PerSecondMax) ?? rate.PerNetwork24PerSecond,
            fields.Number("inFlight", 1, ScopeRate.InFlightMax) ?? rate.InFlight,
            fields.Number("timeoutMilliseconds", ScopeRate.TimeoutMillisecondsMin, ScopeRate.TimeoutMillisecondsMax)
                ?? rate.TimeoutMilliseconds,
            fields.Number("connectionSeconds", 1, ScopeRate.ConnectionSecondsMax) ?? rate.ConnectionSeconds,
            fields.Number("hostSeconds", 1, ScopeRate.HostSecondsMax) ?? rate.HostSeconds
        );
        fields.RefuseOthers();
        return rate;
    }

    private static string? HostName(YamlText written) =>
        written.IsPlain && ScopeText.IsNoText(written.Value) ? null : HostName(written.Value);

    private static string? HostName(string text)
    {
        var name = text.EndsWith('.') ? text[..^1] : text;
        return ScopeText.IsHostName(name) ? name.ToLowerInvariant() : null;
    }

    private ScopeNetwork? Network(YamlNode node)
    {
        if (node is YamlText single)
        {
            return Range(single, node.Line, "networks") is { } alone ? new ScopeNetwork(alone, []) : null;
        }

        if (ScopeFields.Of(node, "networks", Mistakes) is not { } fields)
        {
            return null;
        }

        var addresses = Range(fields.Scalar("addresses", isRequired: true), node.Line, "networks.addresses");
        var (rung, titles) = (fields.Rung("highestRung"), Titles(fields));
        fields.RefuseOthers();
        return addresses is { } range ? new ScopeNetwork(range, titles, rung) : null;
    }

    private ImmutableArray<string> Titles(ScopeFields fields)
    {
        var titles = ImmutableArray.CreateBuilder<string>();
        foreach (var node in fields.List("calledAeTitles", TitlesMax))
        {
            if (
                node is not YamlText scalar
                || fields.TextOf(scalar, "a called AE title") is not { } title
                || !ScopeText.IsAeTitle(title)
            )
            {
                Mistakes.Add(
                    node.Line,
                    "a called AE title has 1 to 16 characters of ASCII, without backslash and without spaces around it"
                );
            }
            else if (!titles.Contains(title))
            {
                titles.Add(title);
            }
        }

        return titles.ToImmutable();
    }

    private AddressRange? Range(YamlText? scalar, int line, string where)
    {
        if (scalar is null)
        {
            Mistakes.Add(line, $"an entry of {where} is an address, a network or a range");
            return null;
        }

        if (AddressRange.TryParse(scalar.Value, out var range, out var mistake))
        {
            return range;
        }

        Mistakes.Add(scalar.Line, $"{where}: {mistake}");
        return null;
    }

    private ProofClaim? Proof(ScopeFields fields, int line)
    {
        var (dns, https, reverse) = (fields.Text("dns"), fields.Text("https"), fields.Text("reverse"));
        fields.RefuseOthers();
        if (new[] { dns, https, reverse }.Count(place => place is not null) != 1)
        {
            Mistakes.Add(
                line,
                "an entry of proofOfControl has one of dns (a name), https (an address) and reverse (a network)"
            );
            return null;
        }

        if (dns is not null)
        {
            if (HostName(dns) is { } name)
            {
                return new ProofClaim(ProofKind.Name, name);
            }

            fields.Mistaken("dns", "write a host's name: hospital.example");
            return null;
        }

        var key = https is null ? "reverse" : "https";
        if (!AddressRange.TryParse((https ?? reverse)!, out var range, out var mistake))
        {
            fields.Mistaken(key, mistake!);
            return null;
        }

        if (https is not null && range.First != range.Last)
        {
            fields.Mistaken(key, "a file proves one address; name it");
            return null;
        }

        if (reverse is not null && ReverseZone.Of(range) is null)
        {
            fields.Mistaken(
                key,
                "a reverse zone is that of a /8, /16, /24 or /32, or of a multiple of four bits in IPv6"
            );
            return null;
        }

        return new ProofClaim(https is null ? ProofKind.ReverseZone : ProofKind.File, range.ToString())
        {
            Addresses = range,
        };
    }

    private static TimeZoneInfo? Zone(ScopeFields fields)
    {
        if (fields.Text("zone", isRequired: true) is not { } id)
        {
            return null;
        }

        // A path would name a file of this machine.
        if (
            !id.StartsWith('/')
            && !id.Contains("..", StringComparison.Ordinal)
            && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone)
        )
        {
            return zone;
        }

        fields.Mistaken("zone", "no such zone on this machine; write one such as Europe/Berlin or UTC");
        return null;
    }

    private static TimeOnly? Time(ScopeFields fields, string key)
    {
        if (fields.Text(key, isRequired: true) is not { } text)
        {
            return null;
        }

        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return time;
        }

        fields.Mistaken(key, "write hours and minutes: 22:00");
        return null;
    }

    private static ImmutableArray<DayOfWeek> Days(ScopeFields fields)
    {
        if (fields.Node("weekdays") is null)
        {
            return [.. Enum.GetValues<DayOfWeek>()];
        }

        var days = ImmutableArray.CreateBuilder<DayOfWeek>();
        foreach (var node in fields.List("weekdays", Weekdays.Length))
        {
            var place = node is YamlText scalar ? Array.IndexOf(Weekdays, scalar.Value) : -1;
            if (place < 0)
            {
                fields.Mistaken("weekdays", "write a list of mon, tue, wed, thu, fri, sat, sun");
            }
            else
            {
                days.Add((DayOfWeek)place);
            }
        }

        return days.ToImmutable();
    }
}
