using System.Text;
using Leadglass.Testing;
using Leadglass.Testing.Processes;

namespace Leadglass.Exposure.Tests;

/// <summary>The published schema, beside npm's yaml and ajv: what it says of a scope's shape, the reader says too.</summary>
public sealed class ScopeSchemaTests
{
    // Line by line in place of the one that begins alike; what is new comes at the end.
    private static readonly string[] WellShaped =
    [
        "name: \"17\"",
        "ports: 104",
        "ports: \"104 , 8000-8100\"",
        "highestRung: 5a",
        "highestRung: 0",
        "networks: [127.0.0.1, 10.0.0.1 - 10.0.0.9, 'fd00::/120', {addresses: 10.1.0.0/16}]",
        "networks: [{addresses: 127.0.0.1, highestRung: 2, calledAeTitles: ['A B', 'X+Y']}]",
        "names: [a.example, {host: B.example., calledAeTitles: [PACS]}]",
        "timeWindow: {zone: UTC, from: 23:59, until: 00:00}",
        "rate: {inFlight: 4096}",
        "rate: {connectionSeconds: 600, hostSeconds: 1}",
        "inventory: [{network: 127.0.0.0/8}]",
        "proofOfControl: [{dns: hospital.example}, {reverse: 203.0.113.0/24}]",
        "validFrom: 2026-11-23T09:00+01:00",
        "authorisation: {by: A, basis: B, contact: 'https://hospital.example/audit'}",
        "fetchesSecurityText: true",
    ];

    private static readonly string[] WrongShaped =
    [
        "version: 2",
        "version: \"1\"",
        "version:",
        "name: 17",
        "name: true",
        "name: ~",
        "name: \" \"",
        "name: [a]",
        "ports: 0",
        "ports: 70000",
        "ports: 104;11112",
        "ports: [104, 11112]",
        "ports:",
        "highestRung: 5",
        "highestRung: \"4\"",
        "highestRung: 7",
        "networks: []",
        "networks: 127.0.0.1",
        "networks: [localhost]",
        "networks: [{cidr: 127.0.0.1}]",
        "networks: [{addresses: 127.0.0.1, rung: 2}]",
        "networks: [{addresses: 127.0.0.1, calledAeTitles: []}]",
        "networks: [{addresses: 127.0.0.1, calledAeTitles: [SEVENTEENLETTERS1]}]",
        "networks: [{addresses: 127.0.0.1, calledAeTitles: ['A\\B']}]",
        "networks: [{addresses: 127.0.0.1, calledAeTitles: [104]}]",
        "networks: [127.0.0.1, ~]",
        "names: [true]",
        "names: [a_b!]",
        "names: [10.0.0.1]",
        "names: [{name: a.example}]",
        "exclusions: [127.0.0.0/1234]",
        "devices: []",
        "triesPublishedTitles: yes",
        "fetchesSecurityText: 1",
        "timeWindow: {zone: UTC, from: 24:00, until: 05:00}",
        "timeWindow: {zone: UTC, from: 22:00}",
        "timeWindow: {zone: UTC, from: 22:00, until: 05:00, weekdays: [monday]}",
        "rate: {inFlight: 0}",
        "rate: {inFlight: 4097}",
        "rate: {connectionsPerSecond: 20001}",
        "rate: {timeoutMilliseconds: 99}",
        "rate: {connectionSeconds: 601}",
        "rate: {hostSeconds: 1.5}",
        "rate: {speed: 9}",
        "rate: fast",
        "inventory: [{site: A}]",
        "inventory: [{network: 127.0.0.0/8, note: B}]",
        "proofOfControl: [{dns: hospital.example, https: 203.0.113.7}]",
        "proofOfControl: [{}]",
        "proofOfControl: [{dns: 'a b'}]",
        "proofOfControl: [{file: a}]",
        "validFrom: 2026-11-23",
        "validFrom: 2026-11-23T08:00:00",
        "authorisation: {by: A, basis: B}",
        "authorisation: {by: A, basis: B, contact: nobody}",
        "authorisation: {by: A, basis: B, contact: a@b.example, note: C}",
        "unknown: 1",
    ];

    private readonly SetClock _clock = new() { Now = TestScopes.Begin.AddHours(1) };

    [Fact]
    public async Task The_schema_and_the_reader_agree()
    {
        string[] texts =
        [
            ScopeExamples.Full.Replace("NETWORKS", "10.20.0.0/16", StringComparison.Ordinal),
            .. WellShaped.Concat(WrongShaped).Select(Changed),
            Without("networks"),
            Without("authorisation"),
        ];
        var verdicts = await ValidateAsync(texts);
        foreach (var (text, verdict) in texts.Zip(verdicts))
        {
            Assert.True((verdict == "valid") == IsRead(text, out var why), $"schema: {verdict}\nreader: {why}\n{text}");
        }

        Assert.Equal(1 + WellShaped.Length, verdicts.Count(verdict => verdict == "valid"));
    }

    [Fact]
    public async Task What_init_writes_keeps_to_the_schema()
    {
        var draft = new ScopeDraft(
            [Range("127.0.0.0/8"), Range("203.0.113.0/28"), Range("fd00::1-fd00::9")],
            PortSet.Of([104, 11112]),
            "Head of \"IT\" # or so",
            "§ 8: own systems, \\ and 'all'",
            "audit@hospital.example"
        );
        var text = draft.ToText(_clock);
        Assert.Equal(["valid"], await ValidateAsync([text]));
        var scope = ScopeReader.Parse(Encoding.UTF8.GetBytes(text), "scope.yaml", _clock);
        Assert.Equal("Head of \"IT\" # or so", scope.Authorisation.By);
        Assert.Equal("§ 8: own systems, \\ and 'all'", scope.Authorisation.Basis);
        Assert.Equal(
            [Rung.NullRetrieve, Rung.Echo, Rung.NullRetrieve],
            scope.Networks.Select(network => network.HighestRung!.Value)
        );
        Assert.Equal(TimeSpan.FromDays(7), scope.ValidUntil - scope.ValidFrom);
    }

    private static AddressRange Range(string text) =>
        AddressRange.TryParse(text, out var range, out var mistake)
            ? range
            : throw new InvalidOperationException(mistake);

    private bool IsRead(string text, out string? why)
    {
        try
        {
            ScopeReader.Parse(Encoding.UTF8.GetBytes(text), "scope.yaml", _clock);
            why = null;
            return true;
        }
        catch (ScopeException refused)
        {
            why = refused.Message;
            return false;
        }
    }

    private static string Changed(string line)
    {
        var key = line[..line.IndexOf(':', StringComparison.Ordinal)];
        return $"{Without(key)}\n{line}\n";
    }

    // Without a key and the lines that belong to it.
    private static string Without(string key)
    {
        var kept = new List<string>();
        var isDropped = false;
        foreach (var line in TestScopes.Text("127.0.0.1", "104").Split('\n'))
        {
            isDropped = line.StartsWith(' ') ? isDropped : line.StartsWith(key + ":", StringComparison.Ordinal);
            if (!isDropped)
            {
                kept.Add(line);
            }
        }

        return string.Join('\n', kept);
    }

    private static async Task<string[]> ValidateAsync(string[] texts)
    {
        var modules = Path.Combine(SharedData.CheckoutRoot, "artifacts", "npm");
        if (!Directory.Exists(Path.Combine(modules, "node_modules", "yaml")))
        {
            Assert.Skip("npm's ajv and yaml are not installed: tools/install-npm-peers.sh");
        }

        using var scratch = new ScratchFolder("scope-schema");
        foreach (var (i, text) in texts.Index())
        {
            await File.WriteAllTextAsync(scratch.File($"{i}.yaml"), text, TestContext.Current.CancellationToken);
        }

        var result = await Tool.RunAsync(
            "node",
            [
                Path.Combine(AppContext.BaseDirectory, "Peers", "scope-validate.mjs"),
                modules,
                Path.Combine(SharedData.CheckoutRoot, "docs", "exposure-scope.schema.json"),
                .. texts.Select((_, i) => scratch.File($"{i}.yaml")),
            ]
        );
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
