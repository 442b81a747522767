using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Server.Peers;
using Leadglass.Server.Tests.Listeners;

namespace Leadglass.Server.Tests.Associations;

/// <summary>A device as the archive meets it: it calls over TLS, and takes calls when it listens.</summary>
internal sealed class TestPeer : IDimseHandler, IAsyncDisposable
{
    private readonly ServedArchive _archive;
    private readonly X509Certificate2 _certificate;
    private readonly CancellationTokenSource _stop = new();
    private TcpListener? _listener;
    private Task _listening = Task.CompletedTask;

    private TestPeer(ServedArchive archive, string title, X509Certificate2 certificate)
    {
        _archive = archive;
        Title = AeTitle.Parse(title);
        _certificate = certificate;
    }

    public AeTitle Title { get; }

    /// <summary>What came by C-STORE: UID to data set as it came.</summary>
    public ConcurrentDictionary<string, (TransferSyntax Syntax, byte[] Bytes)> Received { get; } = new();

    /// <summary>What came by N-EVENT-REPORT.</summary>
    public BufferedReports Reports { get; } = new();

    /// <summary>How many associations the archive asked this peer for.</summary>
    public int AssociationsTaken { get; private set; }

    public DimseStatus StoreStatus { get; set; } = DimseStatus.Success;

    /// <summary>After so many instances it aborts in the middle of the next.</summary>
    public int? AbortsAfter { get; set; }

    private IAssociation? Taken { get; set; }

    public static async Task<TestPeer> EnrolAsync(
        ServedArchive archive,
        string name,
        DeviceRights rights,
        bool listens = false,
        string? answersAs = null,
        params string[] movesTo
    )
    {
        var issued = archive.Host.Authority.IssueDevice(name, "127.0.0.1");
        var peer = new TestPeer(archive, name.ToUpperInvariant(), ListenerFixture.Load(issued));
        await archive.Host.Devices.AddAsync(
            new Device
            {
                Name = name,
                AeTitles = [peer.Title],
                Rights = rights,
                Certificates = [issued.Certificate],
                MoveDestinations = [.. movesTo],
                Address = listens ? peer.Listen(answersAs) : null,
            },
            CancellationToken.None
        );
        return peer;
    }

    public Task<TestAssociation> CallAsync(params (string SopClass, TransferSyntax Syntax)[] wanted) =>
        CallAsync(title: null, wanted);

    public async Task<TestAssociation> CallAsync(string? title, (string SopClass, TransferSyntax Syntax)[] wanted)
    {
        var (connection, result) = await TryCallAsync(title, wanted);
        Assert.True(result.Association is not null, $"no association: {result.Failure}");
        return new TestAssociation(connection, result.Association);
    }

    public async Task<(PeerConnection Connection, ConnectResult Result)> TryCallAsync(
        string? title,
        (string SopClass, TransferSyntax Syntax)[] wanted,
        IReadOnlyList<CommonExtendedNegotiation>? common = null
    )
    {
        var connection = await PeerConnection.ConnectTlsAsync(
            "127.0.0.1",
            _archive.Server.Dicom.Port,
            _certificate,
            PeerTrust.Of([_archive.Host.Authority.Certificate], "127.0.0.1", TimeProvider.System),
            CancellationToken.None
        );
        var result = await DicomClientAssociation.ConnectAsync(
            connection.Transport,
            new RequestorOptions
            {
                CallingAeTitle = title is null ? Title : AeTitle.Parse(title),
                CalledAeTitle = AeTitle.Parse("LEADGLASS"),
                PresentationContexts =
                [
                    .. wanted.Select(
                        (pair, place) =>
                            new ProposedPresentationContext((byte)((2 * place) + 1), pair.SopClass, [pair.Syntax.Uid])
                    ),
                ],
                RoleSelections =
                [
                    .. wanted
                        .Select(pair => pair.SopClass)
                        .Where(uid => UidRegistry.StorageScopeOf(uid) == StorageScope.PatientStudy)
                        .Distinct(StringComparer.Ordinal)
                        .Select(uid => new RoleSelection(uid, RequestorIsScu: true, RequestorIsScp: true)),
                ],
                CommonExtendedNegotiations = common ?? [],
            },
            TimeProvider.System,
            this
        );
        return (connection, result);
    }

    public ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(new Arriving(this, request.SopInstance, context.TransferSyntax));

    public ValueTask<DimseStatus> EventReportAsync(
        NEventReportRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        Reports.Add(request.EventTypeId, information!);
        return new(DimseStatus.Success);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener?.Dispose();
        await _listening;
        _certificate.Dispose();
        _stop.Dispose();
    }

    private DeviceAddress Listen(string? answersAs)
    {
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        _listening = AcceptAsync(_listener, answersAs);
        return new DeviceAddress("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
    }

    private async Task AcceptAsync(TcpListener listener, string? answersAs)
    {
        using var other = answersAs is null
            ? null
            : ListenerFixture.Load(_archive.Host.Authority.IssueDevice(answersAs, "127.0.0.1"));
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var socket = await listener.AcceptSocketAsync(_stop.Token);
                await using var tls = new SslStream(new NetworkStream(socket));
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = other ?? _certificate,
                        ClientCertificateRequired = true,
                        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                    },
                    _stop.Token
                );
                await new AssociationAcceptor(new AcceptorOptions(), TimeProvider.System).RunAsync(
                    new Duplex(PipeReader.Create(tls), PipeWriter.Create(tls)),
                    new Factory(this),
                    aborting: _stop.Token
                );
            }
            catch (Exception failure)
                when (failure is OperationCanceledException or IOException or ObjectDisposedException or SocketException
                )
            {
                // The archive did not like the certificate, or the test is over.
            }
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Factory(TestPeer peer) : IAssociationHandlerFactory
    {
        public IAssociationHandler Create(IAssociation association)
        {
            peer.AssociationsTaken++;
            peer.Taken = association;
            return new Handler(peer);
        }
    }

    /// <summary>Takes every context that is proposed, in the role that is proposed.</summary>
    private sealed class Handler(TestPeer peer) : IAssociationHandler
    {
        public ValueTask<AssociationDecision> NegotiateAsync(
            AAssociateRequest request,
            CancellationToken cancellationToken
        ) =>
            new(
                TransferSyntaxChoice.Negotiate(
                    request,
                    _ => new AcceptedAbstractSyntax(TransferSyntax.All.ToList(), true, RequestorMayBeScp: true)
                )
            );

        public ValueTask<IIncomingInstance> BeginStoreAsync(
            CStoreRequest request,
            PresentationContext context,
            CancellationToken cancellationToken
        ) => peer.BeginStoreAsync(request, context, cancellationToken);

        public ValueTask<DimseStatus> EventReportAsync(
            NEventReportRequest request,
            DataSet? information,
            PresentationContext context,
            CancellationToken cancellationToken
        ) => peer.EventReportAsync(request, information, context, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Arriving(TestPeer peer, SopInstanceUid instance, TransferSyntax syntax) : IIncomingInstance
    {
        private readonly MemoryStream _bytes = new();

        public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
        {
            _bytes.Write(fragment.ToArray());
            if (peer.AbortsAfter == peer.Received.Count)
            {
                peer.Taken?.Abort();
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
        {
            peer.Received[instance.Value] = (syntax, _bytes.ToArray());
            return new(peer.StoreStatus);
        }

        public ValueTask AbandonAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>Reports, to be awaited.</summary>
internal sealed class BufferedReports
{
    private readonly ConcurrentQueue<(ushort Type, DataSet Information)> _reports = new();
    private readonly SemaphoreSlim _came = new(0);

    public void Add(ushort type, DataSet information)
    {
        _reports.Enqueue((type, information));
        _came.Release();
    }

    public async Task<(ushort Type, DataSet Information)> NextAsync()
    {
        Assert.True(await _came.WaitAsync(TimeSpan.FromSeconds(30)), "no report came");
        Assert.True(_reports.TryDequeue(out var report));
        return report;
    }
}

/// <summary>An association with its connection.</summary>
internal sealed class TestAssociation(PeerConnection connection, DicomClientAssociation dicom) : IAsyncDisposable
{
    public DicomClientAssociation Dicom { get; } = dicom;

    public async ValueTask DisposeAsync()
    {
        await Dicom.DisposeAsync();
        await connection.DisposeAsync();
    }
}

/// <summary>An instance to send.</summary>
internal sealed class TestInstance(DataSet dataSet, TransferSyntax syntax) : IOutgoingInstance
{
    public const string CtImage = "1.2.840.10008.5.1.4.1.1.2";

    public byte[] Bytes { get; } = Encode(dataSet, syntax);

    public SopClassUid SopClass { get; init; } = SopClassUid.Parse(dataSet.GetString(DicomTag.SOPClassUID));

    public SopInstanceUid SopInstance { get; init; } = SopInstanceUid.Parse(dataSet.GetString(DicomTag.SOPInstanceUID));

    public IReadOnlyList<TransferSyntax> TransferSyntaxes { get; } = [syntax];

    public string Study { get; } = dataSet.GetString(DicomTag.StudyInstanceUID)!;

    public static TestInstance Make(string name, int number, string sopClass = CtImage, int pixels = 64)
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SOPClassUID, sopClass);
        dataSet.SetString(DicomTag.SOPInstanceUID, $"1.2.826.0.1.3680043.10.999.{name.Length}.1.{number}");
        dataSet.SetString(DicomTag.Modality, "CT");
        dataSet.SetString(DicomTag.PatientName, $"{name}^Test");
        dataSet.SetString(DicomTag.PatientID, $"ID-{name}");
        dataSet.SetString(DicomTag.StudyInstanceUID, $"1.2.826.0.1.3680043.10.999.{name.Length}");
        dataSet.SetString(DicomTag.SeriesInstanceUID, $"1.2.826.0.1.3680043.10.999.{name.Length}.1");
        dataSet.SetUInt16(DicomTag.Rows, (ushort)pixels);
        dataSet.SetUInt16(DicomTag.Columns, (ushort)pixels);
        dataSet.SetUInt16(DicomTag.BitsAllocated, 16);
        dataSet.SetUInt16(DicomTag.BitsStored, 16);
        dataSet.SetUInt16(DicomTag.HighBit, 15);
        dataSet.SetUInt16(DicomTag.PixelRepresentation, 0);
        dataSet.SetUInt16(DicomTag.SamplesPerPixel, 1);
        var pixelData = new byte[pixels * pixels * 2];
        new Random(number).NextBytes(pixelData);
        dataSet.SetBytes(DicomTag.PixelData, ValueRepresentation.OW, pixelData);
        return new TestInstance(dataSet, TransferSyntax.ExplicitVrLittleEndian);
    }

    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    ) => await sink.WriteAsync(Bytes, cancellationToken);

    private static byte[] Encode(DataSet dataSet, TransferSyntax syntax)
    {
        var buffer = new ArrayBufferWriter<byte>();
        DataSetWriter.Write(dataSet, syntax, buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
