using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Edge;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.Tests.Web;

namespace Leadglass.Server.Tests.Edges;

/// <summary>The door at which an edge gets its certificate, and whoever else knocks there.</summary>
public sealed class EdgeEnrolmentTests
{
    [Fact]
    public async Task ACodeGivesACertificateOnceAndNoNameOfTheRequestIsTakenOver()
    {
        await using var archive = await ServedArchive.StartAsync();
        var code = await TestEdge.OpenAsync(archive, "ward");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = TestEdge.RequestOf(code, key);
        using (var answer = await TestEdge.PostAsync(archive, request))
        {
            var grant = await TestEdge.ReadAsync(answer, code);
            using var certificate = X509Certificate2.CreateFromPem(grant.Certificate);
            Assert.Equal("CN=ward", certificate.Subject);
            Assert.Equal(key.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
            using var authority = X509Certificate2.CreateFromPem(grant.Authorities);
            Assert.Equal(code.Authority.ToArray(), SHA256.HashData(authority.RawData));
            Assert.Equal(archive.Server.Dicom.Port, grant.DicomPort);
        }

        using var again = await TestEdge.PostAsync(archive, request);
        Assert.Equal(HttpStatusCode.Forbidden, again.StatusCode);
        Assert.Contains(
            await TestEdge.TrailAsync(archive),
            one => one.Who == "device:ward" && one.Detail?.Contains("one-time code", StringComparison.Ordinal) is true
        );
        Assert.Contains(
            await TestEdge.TrailAsync(archive),
            one => one is { Who: "stranger", Refusal: RefusalReason.WrongCredentials }
        );
    }

    [Fact]
    public async Task AnUnknownAUsedAndAnOldCodeAndAWrongProofHaveOneAnswer()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var used = await TestEdge.OpenAsync(archive, "ward");
        using (await TestEdge.PostAsync(archive, TestEdge.RequestOf(used, key))) { }

        var replaced = await TestEdge.OpenAsync(archive, "other");
        var open = await TestEdge.OpenAsync(archive, "other", again: true);
        var unknown = EnrolmentCode.Create("localhost", 1, new byte[32]);
        var right = TestEdge.RequestOf(open, key);
        var otherKey = TestEdge.RequestOf(unknown, key);
        var answers = new List<string>();
        foreach (
            var request in new[]
            {
                TestEdge.RequestOf(unknown, key),
                TestEdge.RequestOf(used, key),
                TestEdge.RequestOf(replaced, key),
                right with
                {
                    Proof = otherKey.Proof,
                },
                right with
                {
                    SigningRequest = right.SigningRequest + "\n",
                },
                right with
                {
                    Proof = [],
                },
            }
        )
        {
            using var answer = await TestEdge.PostAsync(archive, request);
            answers.Add($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }

        Assert.StartsWith(
            "Forbidden",
            Assert.Single(answers.Distinct(StringComparer.Ordinal)),
            StringComparison.Ordinal
        );
        using var accepted = await TestEdge.PostAsync(archive, right);
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
    }

    [Fact]
    public async Task FiveWrongProofsVoidACode()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var code = await TestEdge.OpenAsync(archive, "ward");
        var right = TestEdge.RequestOf(code, key);
        for (var attempt = 0; attempt < EdgeEnrolments.AttemptsMax; attempt++)
        {
            using var wrong = await TestEdge.PostAsync(archive, right with { Proof = new byte[32] });
        }

        using var answer = await TestEdge.PostAsync(archive, right);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(archive.Host.Devices.Current.Find("ward")!.Certificates);
    }

    [Fact]
    public async Task AFloodIsTurnedAwayWithoutBeingLookedAt()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var code = await TestEdge.OpenAsync(archive, "ward");
        var unknown = TestEdge.RequestOf(EnrolmentCode.Create("localhost", 1, new byte[32]), key);
        for (var attempt = 0; attempt < AttemptLimit.FailuresMax; attempt++)
        {
            using var wrong = await TestEdge.PostAsync(archive, unknown);
            Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        }

        using var answer = await TestEdge.PostAsync(archive, TestEdge.RequestOf(code, key));
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"codeId":"x","signingRequest":null,"proof":""}""")]
    [InlineData("""{"codeId":"x","signingRequest":"","proof":"?"}""")]
    [InlineData("""{"codeId":"x","signingRequest":"","proof":""}""")]
    public async Task NonsenseIsRefused(string body)
    {
        await using var archive = await ServedArchive.StartAsync();
        using var client = WebProgram.ClientOf(archive.Server.Https, certificate: null);
        using var content = new StringContent(body);
        using var answer = await client.PostAsync(new Uri("/edge/enrol", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task ALongBodyIsNotRead()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var client = WebProgram.ClientOf(archive.Server.Https, certificate: null);
        using var content = new ByteArrayContent(new byte[64 * 1024]);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/edge/enrol", UriKind.Relative))
        {
            Content = content,
            Headers = { ExpectContinue = true },
        };
        try
        {
            using var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        }
        catch (HttpRequestException ended) when (ended.InnerException is IOException)
        {
            // The client did not wait for the answer, and the archive closed while it still sent.
        }
    }

    [Fact]
    public async Task AWeakOrForeignKeyIsNotSignedAndTheCodeStaysOpen()
    {
        await using var archive = await ServedArchive.StartAsync();
        var code = await TestEdge.OpenAsync(archive, "ward");
        using var weak = RSA.Create(1024);
        var pem = new CertificateRequest(
            "CN=ward",
            weak,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1
        ).CreateSigningRequestPem();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var right = TestEdge.RequestOf(code, key);
        // One byte of the signature is another: whoever sent it does not have the key.
        var der = PemEncoding.TryFind(right.SigningRequest, out var fields)
            ? Convert.FromBase64String(right.SigningRequest[fields.Base64Data])
            : [];
        der[^1] ^= 1;
        var stolen = PemEncoding.WriteString("CERTIFICATE REQUEST", der);
        foreach (var request in new[] { pem, stolen, "no request" })
        {
            using var answer = await TestEdge.PostAsync(
                archive,
                new EnrolmentRequest(code.Id, request, code.RequestProof(request), "test")
            );
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        }

        using var accepted = await TestEdge.PostAsync(archive, right);
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
    }
}
