using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Sealing;

namespace Leadglass.Edge.Tests.Forwarding;

/// <summary>The archive's side of the wire in this process: takes envelopes over mutual TLS and answers what a test wants.</summary>
internal sealed class StubArchive : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly RecipientKeyPair _key = RecipientKeyPair.Create();
    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _server;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;

    /// <param name="serverName">The host that its certificate names.</param>
    /// <param name="showsDevice">Its certificate is that of an enrolled device.</param>
    public StubArchive(string serverName = "127.0.0.1", bool showsDevice = false)
    {
        ShowsDevice = showsDevice;
        _authority = MakeAuthority();
        _server = Issue(
            serverName,
            TimeProvider.System.GetUtcNow().AddDays(-1),
            TimeProvider.System.GetUtcNow().AddDays(1),
            out _
        );
        _listener.Start();
        _accepting = AcceptAsync();
    }

    private bool ShowsDevice { get; }

    public Guid Id { get; } = Guid.NewGuid();

    public Guid EdgeId { get; } = Guid.NewGuid();

    /// <summary>Envelopes that were opened whole, in order, with their data sets.</summary>
    public ConcurrentQueue<(EnvelopeDescription Description, byte[] DataSet)> Taken { get; } = [];

    public ConcurrentQueue<EdgeReport> Reports { get; } = [];

    /// <summary>Serial numbers of the certificates that edges showed.</summary>
    public ConcurrentQueue<string> Shown { get; } = [];

    /// <summary>The answer to each envelope, given how many came before.</summary>
    public Func<int, DimseStatus> Answer { get; set; } = _ => DimseStatus.Success;

    /// <summary>The answer by what an envelope bears, where it is a failure.</summary>
    public Func<EnvelopeDescription, DimseStatus> AnswerTo { get; set; } = _ => DimseStatus.Success;

    public int Attempts;

    public ScannerList Scanners { get; set; } =
        new("one", [new ScannerEntry("CT1", ["CT1"], ["127.0.0.1"], [ScannerService.Store])]);

    /// <summary>What enrolment gives an edge whose certificate has this validity.</summary>
    public void Enrol(
        IDurableFolder folder,
        DateTimeOffset from,
        DateTimeOffset until,
        X509Certificate2? authority = null
    )
    {
        using var certificate = Issue("edge", from, until, out var key);
        EdgeIdentity.Create(
            folder,
            "127.0.0.1",
            new EnrolmentGrant(
                Id,
                EdgeId,
                "EDGE1",
                "EDGE1",
                "LEADGLASS",
                ((IPEndPoint)_listener.LocalEndpoint).Port,
                _key.PublicKey.Export(),
                certificate.ExportCertificatePem(),
                (authority ?? _authority).ExportCertificatePem(),
                Scanners
            ),
            key
        );
    }

    public static X509Certificate2 MakeAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=stub authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-2),
            TimeProvider.System.GetUtcNow().AddDays(2)
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
        _key.Dispose();
        _server.Dispose();
        _authority.Dispose();
    }

    private X509Certificate2 Issue(string name, DateTimeOffset from, DateTimeOffset until, out string keyPem)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        keyPem = key.ExportPkcs8PrivateKeyPem();
        using var certificate = Sign(
            new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256),
            name,
            from,
            until
        );
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
    }

    private X509Certificate2 Sign(CertificateRequest request, string name, DateTimeOffset from, DateTimeOffset until)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        if (ShowsDevice)
        {
            names.AddUri(new Uri("urn:leadglass:device:ct1"));
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false)
        );
        return request.Create(_authority, from, until, RandomNumberGenerator.GetBytes(12));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _connections.Add(ServeAsync(client));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            await using var tls = new SslStream(client.GetStream());
            try
            {
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _server,
                        ClientCertificateRequired = true,
                        RemoteCertificateValidationCallback = (_, shown, _, _) => IsGood(shown as X509Certificate2),
                    },
                    _stop.Token
                );
            }
            catch (Exception refused)
                when (refused
                        is IOException
                            or System.Security.Authentication.AuthenticationException
                            or OperationCanceledException
                )
            {
                return;
            }

            await new AssociationAcceptor(new AcceptorOptions(), TimeProvider.System).RunAsync(
                new Transport(tls),
                new Handler(this),
                aborting: _stop.Token
            );
        }
    }

    private bool IsGood(X509Certificate2? shown)
    {
        if (shown is null || shown.NotAfter.ToUniversalTime() < TimeProvider.System.GetUtcNow().UtcDateTime)
        {
            return false;
        }

        Shown.Enqueue(shown.SerialNumber);
        return true;
    }

    private sealed class Transport(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    private sealed class Handler(StubArchive archive) : IAssociationHandlerFactory, IAssociationHandler
    {
        public IAssociationHandler Create(IAssociation association) => this;

        public ValueTask DisposeAsync() => default;

        public ValueTask<AssociationDecision> NegotiateAsync(
            AAssociateRequest request,
            CancellationToken cancellationToken
        ) =>
            new(
                TransferSyntaxChoice.Negotiate(
                    request,
                    _ => new([TransferSyntax.LeadglassEnvelope, TransferSyntax.ExplicitVrLittleEndian])
                )
            );

        public ValueTask<IIncomingInstance> BeginStoreAsync(
            CStoreRequest request,
            PresentationContext context,
            CancellationToken cancellationToken
        ) => new(new Incoming(archive, EdgeServices.EnvelopeOf(request.SopInstance)!.Value));

        public ValueTask<ActionReply> ActionWithReplyAsync(
            NActionRequest request,
            DataSet? information,
            PresentationContext context,
            CancellationToken cancellationToken
        ) =>
            new(
                new ActionReply(
                    DimseStatus.Success,
                    request.ActionTypeId switch
                    {
                        EdgeServices.ReportAction => Report(information),
                        EdgeServices.RenewAction => Renew(information),
                        _ => WireJson.ToDataSet(new CommitmentAnswers([]), WireJson.Default.CommitmentAnswers),
                    }
                )
            );

        private DataSet Report(DataSet? information)
        {
            archive.Reports.Enqueue(WireJson.FromDataSet(information, WireJson.Default.EdgeReport));
            return WireJson.ToDataSet(new EdgeInstructions(null, false), WireJson.Default.EdgeInstructions);
        }

        private DataSet Renew(DataSet? information)
        {
            var asked = WireJson.FromDataSet(information, WireJson.Default.CertificateRenewal);
            var request = CertificateRequest.LoadSigningRequestPem(asked.SigningRequest, HashAlgorithmName.SHA256);
            using var certificate = archive.Sign(
                new CertificateRequest(
                    new X500DistinguishedName("CN=edge"),
                    request.PublicKey,
                    HashAlgorithmName.SHA256
                ),
                "edge",
                TimeProvider.System.GetUtcNow().AddMinutes(-1),
                TimeProvider.System.GetUtcNow().AddDays(1)
            );
            return WireJson.ToDataSet(
                new RenewedCertificate(certificate.ExportCertificatePem(), archive._authority.ExportCertificatePem()),
                WireJson.Default.RenewedCertificate
            );
        }
    }

    private sealed class Incoming(StubArchive archive, Guid envelope) : IIncomingInstance
    {
        private readonly EnvelopeReader _reader = new(
            archive._key,
            new EnvelopeIds(archive.Id, archive.EdgeId, envelope)
        );
        private readonly ArrayBufferWriter<byte> _dataSet = new();

        public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
        {
            _reader.Write(fragment, _dataSet);
            return default;
        }

        public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
        {
            _reader.Complete(_dataSet);
            var status = archive.Answer(Interlocked.Increment(ref archive.Attempts));
            status = status.IsDone ? archive.AnswerTo(_reader.Description!) : status;
            if (status.IsDone)
            {
                archive.Taken.Enqueue((_reader.Description!, _dataSet.WrittenSpan.ToArray()));
            }

            return new(status);
        }

        public ValueTask AbandonAsync()
        {
            _reader.Dispose();
            return default;
        }
    }
}
