namespace Leadglass.Exposure.Tests;

/// <summary>Whole scopes that tests read, change and validate.</summary>
internal static class ScopeExamples
{
    /// <summary>Every key there is; <c>NETWORKS</c> stands for the first network.</summary>
    public const string Full = """
        version: 1
        name: Radiology, both sites
        authorisation:
          by: Head of IT
          basis: "§ 8 of the house rules"
          contact: audit@hospital.example
          recordsBasis: order of the data-protection officer
        validFrom: 2026-11-23T08:00:00Z
        validUntil: 2026-11-30T08:00+01:00
        highestRung: 5b
        networks:
          - addresses: NETWORKS
            highestRung: 4
            calledAeTitles: [PACS, "ARCHIVE 2"]
          - 203.0.113.0/24
        names:
          - PACS.hospital.example.
          - host: viewer.hospital.example
            calledAeTitles: [VIEWER]
        ports: 104, 11112, 8000-8002, 443
        exclusions:
          - 10.20.3.0/24
        devices: [10.20.7.1-10.20.7.40]
        triesPublishedTitles: true
        fetchesSecurityText: false
        timeWindow:
          zone: Europe/Berlin
          from: 22:00
          until: "05:00"
          weekdays: [mon, tue]
        rate:
          connectionsPerSecond: 100
          perNetwork24PerSecond: 10
          inFlight: 50
          timeoutMilliseconds: 1500
          connectionSeconds: 30
          hostSeconds: 300
        inventory:
          - network: 10.20.0.0/16
            site: Main hospital
            owner: Radiology
            contact: pacs@hospital.example
        proofOfControl:
          - dns: pacs.hospital.example
          - https: 203.0.113.7
          - reverse: 203.0.113.0/24
        """;
}
