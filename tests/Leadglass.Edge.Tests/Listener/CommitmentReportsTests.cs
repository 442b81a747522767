using System.Net;
using System.Net.Sockets;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Edge.Tests.Forwarding;
using Leadglass.Sealing;
using Leadglass.Testing.Processes;

namespace Leadglass.Edge.Tests.Listener;

/// <summary>A scanner that has left is called where it listens, with the edge as the SCP (PS3.4 J.3.3).</summary>
public sealed class CommitmentReportsTests : IDisposable
{
    private readonly ScratchFolder _scratch = new("edge-reports");
    private readonly StringWriter _log = new();

    public void Dispose()
    {
        _scratch.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task AScannerThatListensIsCalled()
    {
        await using var scanner = new ListeningScanner();
        await using var archive = new StubArchive();
        var (reports, _) = Open(archive, $"127.0.0.1:{scanner.Port}");
        Assert.True(await reports.DeliverAsync(Answer("CT1"), CancellationToken.None));
        var (type, transaction) = Assert.Single(scanner.Reports);
        Assert.Equal((1, "2.25.42"), (type, transaction));
    }

    [Fact]
    public async Task AReportThatTheScannerDoesNotAcceptIsKept()
    {
        await using var scanner = new ListeningScanner { Status = DimseStatus.ProcessingFailure };
        await using var archive = new StubArchive();
        var (reports, _) = Open(archive, $"127.0.0.1:{scanner.Port}");
        Assert.False(await reports.DeliverAsync(Answer("CT1"), CancellationToken.None));
    }

    [Fact]
    public async Task AScannerThatDoesNotListenIsWaitedFor()
    {
        await using var archive = new StubArchive();
        var (reports, _) = Open(archive, listensAt: null);
        Assert.False(await reports.DeliverAsync(Answer("CT1"), CancellationToken.None));
    }

    [Fact]
    public async Task AScannerThatIsNotThereIsTriedAgain()
    {
        await using var archive = new StubArchive();
        var (reports, _) = Open(archive, $"127.0.0.1:{FreePort.Next()}");
        Assert.False(await reports.DeliverAsync(Answer("CT1"), CancellationToken.None));
    }

    [Fact]
    public async Task WhoIsNotListedAnyMoreGetsNothing()
    {
        await using var scanner = new ListeningScanner();
        await using var archive = new StubArchive();
        var (reports, _) = Open(archive, $"127.0.0.1:{scanner.Port}");
        Assert.True(await reports.DeliverAsync(Answer("CT9"), CancellationToken.None));
        Assert.Empty(scanner.Reports);
    }

    private (CommitmentReports Reports, EdgeIdentity Identity) Open(StubArchive archive, string? listensAt)
    {
        archive.Scanners = new ScannerList(
            "one",
            [new ScannerEntry("CT1", ["CT1"], ["127.0.0.1"], [ScannerService.Store]) { ListensAt = listensAt }]
        );
        var folder = DurableFolder.Open(_scratch.File("data"));
        archive.Enrol(
            folder,
            TimeProvider.System.GetUtcNow().AddHours(-1),
            TimeProvider.System.GetUtcNow().AddHours(1)
        );
        var identity = EdgeIdentity.Open(folder);
        return (
            new CommitmentReports(
                identity,
                new ScannerDirectory(folder),
                TimeProvider.System,
                new EdgeLog(_log, TimeProvider.System)
            ),
            identity
        );
    }

    private static CommitmentAnswer Answer(string scanner)
    {
        var information = new DataSet();
        information.SetString(DicomTag.TransactionUID, "2.25.42");
        var encoded = new System.Buffers.ArrayBufferWriter<byte>();
        DataSetWriter.Write(information, TransferSyntax.ExplicitVrLittleEndian, encoded);
        return new CommitmentAnswer(Guid.NewGuid(), scanner, "CT1", 1, encoded.WrittenSpan.ToArray());
    }

    /// <summary>A scanner as the SCU of storage commitment whom the SCP calls.</summary>
    private sealed class ListeningScanner : IAsyncDisposable, IAssociationHandlerFactory
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public ListeningScanner()
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _serving = ServeAsync();
        }

        public int Port { get; }

        public DimseStatus Status { get; init; } = DimseStatus.Success;

        public List<(int Type, string? Transaction)> Reports { get; } = [];

        public IAssociationHandler Create(IAssociation association) => new Handler(this);

        public ValueTask DisposeAsync()
        {
            _listener.Dispose();
            return new(_serving);
        }

        private async Task ServeAsync()
        {
            try
            {
                using var socket = await _listener.AcceptSocketAsync();
                await using var transport = new ScannerTransport(socket);
                await new AssociationAcceptor(new AcceptorOptions(), TimeProvider.System).RunAsync(transport, this);
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // Nobody called.
            }
        }

        private sealed class Handler(ListeningScanner scanner) : IAssociationHandler
        {
            public ValueTask<AssociationDecision> NegotiateAsync(
                AAssociateRequest request,
                CancellationToken cancellationToken
            ) =>
                new(
                    TransferSyntaxChoice.Negotiate(
                        request,
                        _ =>
                            new(
                                [TransferSyntax.ImplicitVrLittleEndian],
                                RequestorMayBeScu: false,
                                RequestorMayBeScp: true
                            )
                    )
                );

            public ValueTask<DimseStatus> EventReportAsync(
                NEventReportRequest request,
                DataSet? information,
                PresentationContext context,
                CancellationToken cancellationToken
            )
            {
                scanner.Reports.Add((request.EventTypeId, information?.GetString(DicomTag.TransactionUID)));
                return new(scanner.Status);
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
