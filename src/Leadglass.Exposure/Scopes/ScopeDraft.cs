using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>A scope to begin with: what must be said, written out as a commented file that is valid for seven days.</summary>
/// <param name="Networks">The networks: rung 4 where all of one is local, else rung 2.</param>
/// <param name="Ports">The ports.</param>
/// <param name="AuthorisedBy">Who declares that the audit is allowed.</param>
/// <param name="Basis">The legal basis or order.</param>
/// <param name="Contact">A mail address or https URL.</param>
public sealed record ScopeDraft(
    ImmutableArray<AddressRange> Networks,
    PortSet Ports,
    string AuthorisedBy,
    string Basis,
    string Contact
)
{
    /// <summary>How long what is written is valid, days.</summary>
    public const int ValidityDays = 7;

    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The file's text, valid from now.</summary>
    /// <exception cref="ScopeException">It would not be a valid scope: a value is mistaken.</exception>
    public string ToText(TimeProvider clock)
    {
        var from = clock.GetUtcNow();
        from = from.AddTicks(-(from.UtcTicks % TimeSpan.TicksPerSecond));
        var text = Write(from);
        ScopeReader.Parse(Encoding.UTF8.GetBytes(text), "the scope that would be written", clock);
        return text;
    }

    private static bool IsLocal(AddressRange network) => ScanScope.PublicCount([network]) == 0;

    private static string RungOf(AddressRange network) =>
        RungLabel.Of(IsLocal(network) ? Rung.NullRetrieve : ScanScope.UnprovedPublicRung);

    // A string of JSON is one of YAML in double quotes (YAML 1.2, 7.3.1).
    private static string Quoted(string value) => JsonSerializer.Serialize(value, Readable);

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private string Write(DateTimeOffset from)
    {
        var isLocal = Networks.All(IsLocal);
        var highest = RungLabel.Of(Networks.Any(IsLocal) ? Rung.NullRetrieve : ScanScope.UnprovedPublicRung);
        var rate = isLocal ? ScopeRate.ForLocalNetworks : ScopeRate.ForPublicNetworks;
        var networks = string.Join(
            "\n",
            Networks.Select(network => $"  - addresses: \"{network}\"\n    highestRung: {RungOf(network)}")
        );
        return $"""
            # What may be probed, how far, when, and who says so. This file is a declaration: nothing here proves that you may.
            # Read docs/auditing.md before you change it; leadglass exposure scope check FILE says what it means.
            version: 1
            name: {Quoted($"Audit of {Networks[0]}" + (Networks.Length > 1 ? " and others" : ""))}

            authorisation:
              by: {Quoted(AuthorisedBy)}
              basis: {Quoted(Basis)}
              # Sent to the web servers that are probed, so that whoever sees the probes can ask.
              contact: {Quoted(Contact)}
              # Rungs 5b and 6 receive records in flight and need a basis of their own:
              # recordsBasis: "order of the data-protection officer, 2026-11-20"

            # At most {ScanScope.ValidityDaysMax} days.
            validFrom: {Time(from)}
            validUntil: {Time(from.AddDays(ValidityDays))}

            # The highest rung anywhere: 0 connect, 1 identify, 2 echo, 3 null query, 4 null retrieve,
            # 5a count endpoints, 5b count by queries, 6 are identifying fields filled.
            highestRung: {highest}

            # Networks (10.20.0.0/16), addresses, and ranges (10.20.0.5-10.20.0.9). Of public addresses at most {ScanScope.PublicAddressesMax} in all;
            # above rung 2 they need a proof of control. Where one network lies in another, the narrower one's words count.
            networks:
            {networks}
            #   calledAeTitles: [PACS]          AE titles known there

            # Names are resolved once in each run; an answer outside the networks above is not probed.
            # names:
            #   - pacs.hospital.example

            ports: "{Ports}"

            # Never probed:
            # exclusions:
            #   - 10.20.3.0/24

            # Scanners and other devices: identified, never asked for more than that.
            # devices:
            #   - 10.20.7.1-10.20.7.40

            # Whether an identified product's published default AE title may be called, and security.txt fetched.
            triesPublishedTitles: false
            fetchesSecurityText: false

            # The hours of probing, by the clock of the zone; may pass midnight.
            # timeWindow:
            #   zone: Europe/Berlin
            #   from: "20:00"
            #   until: "06:00"
            #   weekdays: [mon, tue, wed, thu, fri]

            # Connections: overall, into each /24, waiting at once. Lower them where old or slow equipment is near.
            rate:
              connectionsPerSecond: {rate.ConnectionsPerSecond}
              perNetwork24PerSecond: {rate.PerNetwork24PerSecond}
              inFlight: {rate.InFlight}
              timeoutMilliseconds: {rate.TimeoutMilliseconds}

            # inventory:
            #   - network: 10.20.0.0/16
            #     site: "Main hospital"
            #     owner: "Radiology"
            #     contact: "pacs@hospital.example"

            # For public addresses above rung 2. Each lies outside this file and names its digest; checked in each run.
            # proofOfControl:
            #   - https: 203.0.113.7           file https://203.0.113.7/.well-known/leadglass-audit.txt: this address
            #   - reverse: 203.0.113.0/24      TXT _leadglass-audit.113.0.203.in-addr.arpa: this network
            #   - dns: pacs.hospital.example   TXT _leadglass-audit.pacs.hospital.example: its addresses whose own
            #                                  reverse DNS names it

            """;
    }
}
