using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Exposure;

namespace Leadglass.Server.SelfExamination;

/// <summary>
/// The auditor's way to the archive's own listeners and nowhere else: its scope holds no other address and port. Where a
/// certificate is given, the connection is inside TLS with that certificate before a probe has it.
/// </summary>
/// <param name="gate">The scope of the archive's own listeners.</param>
/// <param name="looks">Where connections are noted as the archive's own.</param>
/// <param name="patience">How long a connection may live.</param>
/// <param name="shown">What the stranger shows; null: nothing, and TLS is the probe's affair.</param>
internal sealed class OwnListenerDialer(
    ScopeGate gate,
    OwnLooks looks,
    TimeSpan patience,
    TimeProvider clock,
    X509Certificate2? shown = null
) : IProbeDialer
{
    /// <summary>Whether a connection did not come about or did not end in time, so that what was seen says nothing.</summary>
    public bool RanOutOfTime { get; private set; }

    /// <summary>Whether any connection came about.</summary>
    public bool Connected { get; private set; }

    public async ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel)
    {
        var decision = gate.Decide(target.Address, target.Port, rung);
        if (!decision.IsAdmitted)
        {
            throw new OutOfScopeException(target, rung, decision.Reason);
        }

        var connection = new OwnConnection(target, looks, patience, clock, () => RanOutOfTime = true);
        try
        {
            await connection.ConnectAsync(cancel);
            Connected = true;
            if (shown is not null)
            {
                await connection.SecureAsync(shown, cancel);
            }
            return new Dialled(DialOutcome.Connected, connection);
        }
        catch (Exception failure)
            when (failure is SocketException or IOException or AuthenticationException
                || (failure is OperationCanceledException && !cancel.IsCancellationRequested)
            )
        {
            await connection.DisposeAsync();
            return new Dialled(RanOutOfTime ? DialOutcome.Silent : DialOutcome.Refused, null);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private sealed class OwnConnection : ProbeConnection
    {
        private const int ClosingReadsMax = 64;
        private static readonly TimeSpan ClosingTime = TimeSpan.FromMilliseconds(500);

        private readonly Socket _socket;
        private readonly IPEndPoint _local;
        private readonly OwnLooks _looks;
        private readonly TimeProvider _clock;
        private readonly CancellationTokenSource _deadline;
        private Stream? _stream;
        private PipePair? _pipe;
        private bool _isDisposed;

        public OwnConnection(ProbeTarget target, OwnLooks looks, TimeSpan patience, TimeProvider clock, Action onRanOut)
        {
            Target = target;
            _looks = looks;
            _clock = clock;
            _socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            // Bound first: the listener must know the port before it sees the connection.
            _socket.Bind(new IPEndPoint(target.Address, 0));
            _local = (IPEndPoint)_socket.LocalEndPoint!;
            looks.Begin(_local);
            _deadline = new CancellationTokenSource(patience, clock);
            _deadline.Token.Register(() =>
            {
                onRanOut();
                End();
            });
        }

        public override ProbeTarget Target { get; }

        public override Stream Stream => _stream ?? throw new InvalidOperationException("not connected");

        public override IDuplexPipe Pipe => _pipe ??= new PipePair(Stream);

        public async ValueTask ConnectAsync(CancellationToken cancel)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _deadline.Token);
            await _socket.ConnectAsync(Target.Address, Target.Port, either.Token);
            _stream = new NetworkStream(_socket, ownsSocket: false);
        }

        [SuppressMessage(
            "Security",
            "CA5359",
            Justification = "A stranger trusts anybody, and nothing of worth is sent."
        )]
        public async ValueTask SecureAsync(X509Certificate2 shown, CancellationToken cancel)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _deadline.Token);
            var tls = new SslStream(Stream, leaveInnerStreamOpen: false);
            _stream = tls;
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = Target.Address.ToString(),
                    ClientCertificateContext = SslStreamCertificateContext.Create(shown, null, offline: true),
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        DisableCertificateDownloads = true,
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                },
                either.Token
            );
        }

        public override async ValueTask DisposeAsync()
        {
            if (_isDisposed)
            {
                return;
            }
            _isDisposed = true;
            if (_pipe is not null)
            {
                await _pipe.CompleteAsync();
            }
            await (_stream?.DisposeAsync() ?? ValueTask.CompletedTask);
            _deadline.Dispose();
            await EndPolitelyAsync();
            _socket.Dispose();
            _looks.End(_local);
        }

        /// <summary>
        /// Waits a moment for the listener to end too: what it says of this connection, it says while it is still known as
        /// the archive's own.
        /// </summary>
        private async ValueTask EndPolitelyAsync()
        {
            using var closing = new CancellationTokenSource(ClosingTime, _clock);
            try
            {
                _socket.Shutdown(SocketShutdown.Send);
                var rest = new byte[1024];
                for (var i = 0; i < ClosingReadsMax; i++)
                {
                    if (await _socket.ReceiveAsync(rest, SocketFlags.None, closing.Token) == 0)
                    {
                        return;
                    }
                }
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException)
            {
                // It is closed in any case.
            }
        }

        private void End()
        {
            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // It was not connected, or is gone already.
            }
        }
    }

    private sealed class PipePair(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));

        public async ValueTask CompleteAsync()
        {
            await Input.CompleteAsync();
            try
            {
                await Output.CompleteAsync();
            }
            catch (IOException)
            {
                // What it still held was for a listener that is gone.
            }
        }
    }
}
