using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>How a test's archive treats a stranger.</summary>
internal sealed record Personality
{
    /// <summary>The only called title that it takes; null takes any.</summary>
    public string? CalledAeTitle { get; init; }

    /// <summary>The only calling title that it takes; null takes any.</summary>
    public string? CallingAeTitle { get; init; }

    /// <summary>Which SOP classes it accepts.</summary>
    public Func<string, bool> Offers { get; init; } = uid => uid != ProbeProposal.Invented;

    public Func<AAssociateRequest, AAssociateReject?> Rejects { get; init; } = _ => null;

    public Func<IAssociation, DimseStatus> Echo { get; init; } = _ => DimseStatus.Success;

    public Func<IAssociation, DataSet, CancellationToken, IAsyncEnumerable<CFindResponse>> Find { get; init; } =
        (_, _, _) => AsyncEnumerable.Empty<CFindResponse>();

    public Func<IAssociation, DataSet, RetrievePlan> Get { get; init; } = (_, _) => new RetrievePlan();

    public string ImplementationClassUid { get; init; } = "1.2.3.4";

    /// <summary>Wraps each connection: TLS.</summary>
    public Func<Stream, Task<Stream>>? Wrap { get; init; }
}

/// <summary>An archive of the tests' own on loopback, with whatever personality a test needs.</summary>
internal sealed class ScpDouble : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _served = [];
    private readonly List<AssociationEndKind> _ends = [];
    private readonly Lock _lock = new();
    private readonly Personality _personality;
    private readonly AssociationAcceptor _acceptor;
    private readonly Task _accepting;

    public ScpDouble(Personality personality)
    {
        _personality = personality;
        _acceptor = new AssociationAcceptor(
            new AcceptorOptions
            {
                ImplementationClassUid = personality.ImplementationClassUid,
                ImplementationVersionName = "SCPDOUBLE",
            },
            TimeProvider.System
        );
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public ProbeTarget Target => new(IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>Requests for an association, in order.</summary>
    public List<AAssociateRequest> Requests { get; } = [];

    /// <summary>How the associations ended, once all have.</summary>
    public async Task<IReadOnlyList<AssociationEndKind>> EndsAsync()
    {
        await Task.WhenAll(_served);
        return _ends;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        await Task.WhenAll(_served);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                _served.Add(ServeAsync(socket));
            }
            catch (Exception problem)
                when (problem is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            stream = _personality.Wrap is { } wrap ? await wrap(stream) : stream;
            var end = await _acceptor.RunAsync(new StreamPipe(stream), new Factory(this), aborting: _stop.Token);
            lock (_lock)
            {
                _ends.Add(end.Kind);
            }
        }
        catch (Exception problem)
            when (problem is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The peer did not want TLS, or not ours.
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    private sealed class StreamPipe(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    private sealed class Factory(ScpDouble scp) : IAssociationHandlerFactory
    {
        public IAssociationHandler Create(IAssociation association) => new Handler(scp, association);
    }

    private sealed class Handler(ScpDouble scp, IAssociation association) : IAssociationHandler
    {
        private static readonly TransferSyntax[] Syntaxes =
        [
            TransferSyntax.ExplicitVrLittleEndian,
            TransferSyntax.ImplicitVrLittleEndian,
        ];

        public ValueTask<AssociationDecision> NegotiateAsync(
            AAssociateRequest request,
            CancellationToken cancellationToken
        )
        {
            lock (scp._lock)
            {
                scp.Requests.Add(request);
            }

            var personality = scp._personality;
            if (personality.CalledAeTitle is { } own && request.CalledAeTitle != own)
            {
                return new(new AssociationDecision.Rejected(AAssociateReject.CalledAeTitleNotRecognized));
            }

            if (personality.CallingAeTitle is { } required && request.CallingAeTitle != required)
            {
                return new(new AssociationDecision.Rejected(AAssociateReject.CallingAeTitleNotRecognized));
            }

            return personality.Rejects(request) is { } reject
                ? new(new AssociationDecision.Rejected(reject))
                : new(
                    TransferSyntaxChoice.Negotiate(
                        request,
                        uid => personality.Offers(uid) ? new(Syntaxes, RequestorMayBeScp: true) : null
                    )
                );
        }

        public ValueTask<DimseStatus> EchoAsync(
            CEchoRequest request,
            PresentationContext context,
            CancellationToken cancellationToken
        ) => new(scp._personality.Echo(association));

        public IAsyncEnumerable<CFindResponse> FindAsync(
            CFindRequest request,
            DataSet identifier,
            PresentationContext context,
            CancellationToken cancellationToken
        ) => scp._personality.Find(association, identifier, cancellationToken);

        public ValueTask<RetrievePlan> GetAsync(
            CGetRequest request,
            DataSet identifier,
            PresentationContext context,
            CancellationToken cancellationToken
        ) => new(scp._personality.Get(association, identifier));

        public ValueTask DisposeAsync() => default;
    }
}
