using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Exposure.Tests.Web;
using Leadglass.Testing.Processes;

namespace Leadglass.Exposure.Tests;

/// <summary>Proofs of control, right, wrong, missing and stale, from a name server and a web server of the test's own.</summary>
public sealed class ControlProofTests : IAsyncDisposable
{
    private const string Network =
        "{ addresses: 203.0.113.0/24; highestRung: 4 }, { addresses: 2001:db8:5::/120; highestRung: 4 }";

    private readonly SetClock _clock = new() { Now = TimeProvider.System.GetUtcNow() };
    private readonly SmallDnsServer _dns = new();
    private readonly ScratchFolder _scratch = new("proofs");

    public async ValueTask DisposeAsync()
    {
        await _dns.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_record_in_the_reverse_zone_proves_its_network_and_no_other()
    {
        var scope = Scope("proofOfControl: [{reverse: 203.0.113.0/24}, {reverse: '2001:db8:5::/124'}]");
        _dns.Text("_leadglass-audit.113.0.203.in-addr.arpa", "v=unrelated", $"sha256={scope.Digest}");
        _dns.Text(
            "_leadglass-audit.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            $"SHA256={scope.Digest.ToUpperInvariant()}"
        );
        var (results, rungs) = await CheckAsync(
            scope,
            ["203.0.113.0", "203.0.113.255", "2001:db8:5::f", "2001:db8:5::10"]
        );
        Assert.All(results, result => Assert.True(result.Holds, result.Finding));
        Assert.Equal([Rung.NullRetrieve, Rung.NullRetrieve, Rung.NullRetrieve, Rung.Echo], rungs);
    }

    [Fact]
    public async Task A_record_below_a_name_proves_only_addresses_that_name_it_in_turn()
    {
        var scope = Scope("proofOfControl: [{dns: PACS.hospital.example}]");
        _dns.Text("_leadglass-audit.pacs.hospital.example", $"sha256={scope.Digest}");
        // The second address is somebody else's: anybody can point a name at it.
        _dns.Address("pacs.hospital.example", "203.0.113.5", "203.0.113.66", "2001:db8:5::5");
        _dns.Pointer("5.113.0.203.in-addr.arpa", "pacs.hospital.example");
        _dns.Pointer("66.113.0.203.in-addr.arpa", "victim.example");
        _dns.Pointer(
            "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "Pacs.Hospital.example"
        );
        var (results, rungs) = await CheckAsync(scope, ["203.0.113.5", "203.0.113.66", "2001:db8:5::5", "203.0.113.6"]);
        Assert.Contains(
            "2 of 3 addresses name pacs.hospital.example in turn",
            Assert.Single(results).Finding,
            StringComparison.Ordinal
        );
        Assert.Equal([Rung.NullRetrieve, Rung.Echo, Rung.NullRetrieve, Rung.Echo], rungs);
    }

    [Fact]
    public async Task A_name_that_no_address_names_in_turn_proves_nothing()
    {
        var scope = Scope("proofOfControl: [{dns: attacker.example}]");
        _dns.Text("_leadglass-audit.attacker.example", $"sha256={scope.Digest}");
        _dns.Address("attacker.example", "203.0.113.66");
        _dns.Pointer("66.113.0.203.in-addr.arpa", "victim.example");
        await AssertRefusedAsync(scope, "none of the 1 addresses of the name has reverse DNS");
    }

    [Theory]
    [InlineData(null, "no record there that says sha256=")]
    [InlineData(
        "sha256=0000000000000000000000000000000000000000000000000000000000000000",
        "names another digest: the scope was changed since"
    )]
    [InlineData("DIGEST", "no record there that says sha256=")]
    [InlineData("x sha256=DIGEST", "no record there that says sha256=")]
    [InlineData("sha256=DIGEST0", "names another digest")]
    public async Task A_record_that_is_missing_wrong_or_stale_proves_nothing(string? text, string said)
    {
        var scope = Scope("proofOfControl: [{reverse: 203.0.113.0/24}]");
        if (text is not null)
        {
            _dns.Text(
                "_leadglass-audit.113.0.203.in-addr.arpa",
                text.Replace("DIGEST", scope.Digest, StringComparison.Ordinal)
            );
        }

        await AssertRefusedAsync(scope, said);
    }

    [Fact]
    public async Task A_name_server_that_talks_nonsense_proves_nothing()
    {
        _dns.Nonsense = [0x81, 0x80, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc0, 0x0c, 0xc0, 0x0c];
        await AssertRefusedAsync(Scope("proofOfControl: [{reverse: 203.0.113.0/24}]"), "no record there");
    }

    [Fact]
    public async Task A_file_proves_the_address_it_lies_on()
    {
        var scope = Scope("proofOfControl: [{https: 203.0.113.7}]");
        var (results, rungs) = await CheckFileAsync(
            scope,
            WebDouble.Response(200, body: $"# ours\r\nsha256={scope.Digest}\r\n"),
            ["203.0.113.7", "203.0.113.8"]
        );
        Assert.True(Assert.Single(results).Holds, results[0].Finding);
        Assert.Equal([Rung.NullRetrieve, Rung.Echo], rungs);
    }

    [Theory]
    [InlineData(404, "", "sha256=DIGEST\n", "no file there: HTTP 404")]
    [InlineData(
        302,
        "Location: https://203.0.113.8/.well-known/leadglass-audit.txt\r\n",
        "sha256=DIGEST\n",
        "HTTP 302, and redirects are not followed"
    )]
    [InlineData(200, "", "<html>sha256=DIGEST</html>", "no file there that says sha256=")]
    [InlineData(200, "", "sha256=00\n", "names another digest")]
    [InlineData(200, "", "FAR sha256=DIGEST\n", "no file there that says sha256=")]
    public async Task A_file_that_is_missing_wrong_or_elsewhere_proves_nothing(
        int status,
        string fields,
        string body,
        string said
    )
    {
        var scope = Scope("proofOfControl: [{https: 203.0.113.7}]");
        body = body.Replace("DIGEST", scope.Digest, StringComparison.Ordinal)
            .Replace("FAR ", new string('\n', 9_000), StringComparison.Ordinal);
        var (results, rungs) = await CheckFileAsync(
            scope,
            WebDouble.Response(status, body: body, fields: fields),
            ["203.0.113.7"]
        );
        Assert.False(Assert.Single(results).Holds);
        Assert.Contains(said, results[0].Finding, StringComparison.Ordinal);
        Assert.Equal([Rung.Echo], rungs);
    }

    [Fact]
    public async Task A_scope_that_was_changed_needs_its_proof_again()
    {
        var before = Scope("proofOfControl: [{reverse: 203.0.113.0/24}]");
        _dns.Text("_leadglass-audit.113.0.203.in-addr.arpa", $"sha256={before.Digest}");
        var (results, _) = await CheckAsync(before, []);
        Assert.True(Assert.Single(results).Holds);
        await AssertRefusedAsync(
            Scope("proofOfControl: [{reverse: 203.0.113.0/24}]\ntriesPublishedTitles: true"),
            "the scope was changed since"
        );
    }

    private ScanScope Scope(string more) => TestScopes.Of(Network, "104,443", more: more, clock: _clock);

    private async Task AssertRefusedAsync(ScanScope scope, string said)
    {
        var (results, rungs) = await CheckAsync(scope, ["203.0.113.66"]);
        Assert.False(Assert.Single(results).Holds);
        Assert.Contains(said, results[0].Finding, StringComparison.Ordinal);
        Assert.Equal([Rung.Echo], rungs);
        var log = await File.ReadAllTextAsync(
            _scratch.File(DecisionLog.FileName),
            TestContext.Current.CancellationToken
        );
        Assert.Contains("\"event\":\"control-not-proved\"", log, StringComparison.Ordinal);
        Assert.Contains(said[..14], log, StringComparison.Ordinal);
    }

    private async Task<(IReadOnlyList<ProofResult> Results, IEnumerable<Rung> Rungs)> CheckFileAsync(
        ScanScope scope,
        string response,
        string[] addresses
    )
    {
        using var certificate = Certificate();
        await using var server = WebDouble.Of(
            request => request.Path == "/.well-known/leadglass-audit.txt" ? response : WebDouble.NotFound,
            new SslServerAuthenticationOptions { ServerCertificate = certificate }
        );
        var answer = await CheckAsync(scope, addresses, server.Target);
        Assert.Equal("GET", Assert.Single(server.Requests).Method);
        return answer;
    }

    private async Task<(IReadOnlyList<ProofResult> Results, IEnumerable<Rung> Rungs)> CheckAsync(
        ScanScope scope,
        string[] addresses,
        ProbeTarget? server = null
    )
    {
        using var log = await DecisionLog.OpenAsync(_scratch.FullPath, _clock, TestContext.Current.CancellationToken);
        await using var gate = new ScopeGate(scope, log, _clock);
        var results = await ControlProofs.CheckAsync(
            gate,
            new Diverted(gate, server),
            new ProofRecords(_dns.EndPoint),
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        var rungs = addresses.Select(address =>
            gate.PlanFor(new ProbeTarget(IPAddress.Parse(address), 104), isThorough: false).HighestRung
        );
        return (results, [.. rungs]);
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=anything", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var own = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), password: null);
    }

    // Asks the gate about the address of the proof, and leads to the test's server instead.
    private sealed class Diverted(ScopeGate gate, ProbeTarget? server) : IProbeDialer
    {
        private readonly ProbeDialer _dialer = new((_, _) => null, new ConnectionLimits(), TimeProvider.System);

        public ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel) =>
            gate.Decide(target.Address, target.Port, rung) is { IsAdmitted: false } refused
                ? throw new OutOfScopeException(target, rung, refused.Reason)
                : _dialer.DialAsync(
                    server ?? throw new InvalidOperationException("no file is announced"),
                    rung,
                    cancel
                );
    }
}
