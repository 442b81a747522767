using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>DICOM inside TLS: reached where clear fails, and told apart from what asks for a certificate.</summary>
public sealed class TlsLadderTests
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task AnArchiveInsideTlsIsProvedThere(SslProtocols protocol)
    {
        using var certificate = Certificate();
        await using var scp = new ScpDouble(Inside(certificate, protocol, wantsCertificate: false));
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.True(seen.SpeaksDicom);
        Assert.True(seen.IsTls);
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Open, seen.At(Rung.NullRetrieve).Answer);
        var tls = Assert.IsType<TlsFacts>(seen.Tls);
        Assert.Equal(protocol == SslProtocols.Tls13 ? "TLS 1.3" : "TLS 1.2", tls.Protocol);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)), tls.CertificateSha256);
        Assert.True(tls.IsSelfIssued);
        Assert.False(tls.RequiresClientCertificate);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task WhatAsksForACertificateIsClosedToStrangers(SslProtocols protocol)
    {
        using var certificate = Certificate();
        await using var scp = new ScpDouble(Inside(certificate, protocol, wantsCertificate: true));
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.False(seen.SpeaksDicom);
        Assert.True(seen.IsTls);
        Assert.True(seen.Tls?.RequiresClientCertificate);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullQuery).Answer);
        Assert.Equal("TLS certificate required", seen.At(Rung.NullQuery).Response);
        Assert.Empty(scp.Requests);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task RecordsInsideTlsAreSeenThroughACarrier(SslProtocols protocol)
    {
        using var certificate = Certificate();
        await using var scp = new ScpDouble(
            Inside(certificate, protocol, wantsCertificate: false) with
            {
                Find = (_, identifier, _) => Rows(identifier),
            }
        );
        var seen = await Probing.ObserveAsync(scp.Target, Probing.Plan(Rung.IdentifyingFields));
        Assert.True(seen.IsTls);
        Assert.True(seen.RecordsVisible);
        Assert.Equal(
            new(CountUnit.Studies, CountKind.ExactOverDated, 1, "C-FIND by Study Date"),
            seen.Records?.Totals[0]
        );
        Assert.Equal(["PatientName"], seen.IdentifyingFields);
        Assert.All(await scp.EndsAsync(), end => Assert.Equal(AssociationEndKind.Released, end));
    }

    [Fact]
    public async Task ACarrierThatBreaksAtItsEndDoesNotKeepTheHostsTurn()
    {
        using var certificate = Certificate();
        await using var scp = new ScpDouble(
            Inside(certificate, SslProtocols.Tls13, wantsCertificate: false) with
            {
                Find = (_, identifier, _) => Rows(identifier),
            }
        );
        var dialer = Probing.Dialer();
        var probe = new DicomProbe(dialer, TimeProvider.System, Probing.Times, BreakingCarrier);
        var plan = Probing.Plan(Rung.CountRecords);
        var seen = await probe.ObserveAsync(scp.Target, plan, null, TestContext.Current.CancellationToken);
        Assert.Equal(Answer.Open, seen.At(Rung.CountRecords).Answer);
        Assert.Equal(0, dialer.Turns.Taken);

        static CarrierProcess BreakingCarrier()
        {
            var carrier = Probing.CarrierInThisProcess();
            return carrier with { Input = new BreakingStream(carrier.Input) };
        }
    }

    [Fact]
    public async Task WithoutACarrierNoRecordIsAskedForInsideTls()
    {
        using var certificate = Certificate();
        await using var scp = new ScpDouble(Inside(certificate, SslProtocols.Tls13, wantsCertificate: false));
        var probe = new DicomProbe(Probing.Dialer(), TimeProvider.System, Probing.Times, () => null);
        var plan = Probing.Plan(Rung.IdentifyingFields);
        var seen = await probe.ObserveAsync(scp.Target, plan, null, TestContext.Current.CancellationToken);
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Unknown, seen.At(Rung.CountRecords).Answer);
        Assert.Equal(2, scp.Requests.Count);
    }

    [Fact]
    public async Task ACertificateOfManyKilobytesCostsNoMoreThanItsLimit()
    {
        using var certificate = Certificate(names: 4_000);
        await using var scp = new ScpDouble(Inside(certificate, SslProtocols.Tls13, wantsCertificate: false));
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.Connect).Answer);
        Assert.NotEqual(Answer.Closed, seen.Rungs.FirstOrDefault(answer => answer.Rung == Rung.NullQuery)?.Answer);
    }

    [Fact]
    public async Task ADeviceIsGreetedInTlsOnlyWhereItAnswersInTls()
    {
        await using var server = new RawServer(async connection =>
        {
            // A TLS hello is no PDU; its first bytes are enough.
            var first = new byte[6];
            await connection.Stream.ReadExactlyAsync(first, connection.Stop);
            await connection.SendAsync(new byte[] { 0x15, 3, 3, 0, 2, 2, 70 });
        });
        await Probing.ObserveAsync(server.Target, Probing.Plan(Rung.Identify));
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task ATlsServerThatStallsIsLeft()
    {
        var greeted = 0;
        await using var server = new RawServer(async connection =>
        {
            if (greeted++ == 0)
            {
                await connection.ReceiveAsync();
                await connection.SendAsync(new byte[] { 0x15, 3, 3, 0, 2, 2, 70 });
                return;
            }

            // A record that claims to be long, and comes a byte at a time.
            await connection.SendAsync(new byte[] { 0x16, 3, 3, 0x3F, 0xFF });
            while (true)
            {
                await connection.SendAsync(new byte[] { 2 });
                await Task.Delay(20, connection.Stop);
            }
        });
        var seen = await Probing.ObserveAsync(
            server.Target,
            times: Probing.Times with
            {
                Tls = TimeSpan.FromMilliseconds(500),
            }
        );
        Assert.False(seen.SpeaksDicom);
        Assert.Equal(2, server.Connections);
    }

    private static async IAsyncEnumerable<CFindResponse> Rows(DataSet identifier)
    {
        await Task.Yield();
        var isNull = identifier.GetString(DicomTag.StudyInstanceUID) is { Length: > 0 };
        var key = identifier.GetString(DicomTag.StudyDate) ?? "";
        if (
            isNull
            || !(
                key.Length == 0
                || (string.CompareOrdinal(key, "20200131") <= 0 && string.CompareOrdinal(key[9..], "20200131") >= 0)
            )
        )
        {
            yield break;
        }

        var row = new DataSet();
        row.SetString(DicomTag.StudyInstanceUID, "1.2.3");
        row.SetString(DicomTag.StudyDate, "20200131");
        row.SetString(DicomTag.PatientName, "Made^Up");
        yield return CFindResponse.Match(row);
    }

    private static Personality Inside(X509Certificate2 certificate, SslProtocols protocol, bool wantsCertificate) =>
        new()
        {
            Wrap = async stream =>
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = certificate,
                        EnabledSslProtocols = protocol,
                        ClientCertificateRequired = wantsCertificate,
                        RemoteCertificateValidationCallback = (_, shown, _, _) =>
                            !wantsCertificate || shown is not null,
                    }
                );
                return tls;
            },
        };

    /// <summary>The input of a process that is gone: closing it fails.</summary>
    private sealed class BreakingStream(Stream inner) : ForwardOnlyStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => inner.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
            throw new IOException("broken pipe");
        }
    }

    private static X509Certificate2 Certificate(int names = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=archive.invalid", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        for (var i = 0; i < names; i++)
        {
            alternatives.AddDnsName($"archive-{i}.invalid");
        }

        request.CertificateExtensions.Add(alternatives.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
