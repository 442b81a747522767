using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Server.Listeners;

namespace Leadglass.Server.Peers;

/// <summary>The peer could not be reached, or is not who it should be. The message bears no patient data.</summary>
public sealed class PeerUnavailableException(bool isRefusal, string message, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>Whether the peer, or our judgement of it, refused; else it could not be reached.</summary>
    public bool IsRefusal { get; } = isRefusal;
}

/// <summary>A connection of ours to a DICOM peer, ready for an association.</summary>
public sealed class PeerConnection : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    // As large as the listener's blocks, for the same reason.
    private const int BufferLengthBytes = 128 * 1024;

    private readonly Stream _stream;

    private PeerConnection(Stream stream, Socket socket)
    {
        _stream = stream;
        Address = (socket.RemoteEndPoint as IPEndPoint)?.Address;
        Transport = new StreamTransport(stream);
    }

    /// <summary>The deciphered bytes, both ways.</summary>
    public IDuplexPipe Transport { get; }

    /// <summary>What the peer showed and was judged by; null in clear.</summary>
    public X509Certificate2? Certificate => (_stream as SslStream)?.RemoteCertificate as X509Certificate2;

    /// <summary>Where the peer is.</summary>
    public IPAddress? Address { get; }

    /// <summary>Connects over TLS (BCP 195).</summary>
    /// <param name="certificate">Ours, with its key.</param>
    /// <param name="judge">Whether the peer's certificate is the right one; it has a key that the peer proved to hold.</param>
    /// <exception cref="PeerUnavailableException">It cannot be reached, or TLS fails on either side.</exception>
    public static async Task<PeerConnection> ConnectTlsAsync(
        string host,
        int port,
        X509Certificate2 certificate,
        Func<X509Certificate2, bool> judge,
        CancellationToken cancel
    )
    {
        var socket = await DialAsync(host, port, cancel);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await stream.AuthenticateAsClientAsync(
                TlsProfile.Client(host, certificate, (_, shown, _, _) => shown is X509Certificate2 peer && judge(peer)),
                limit.Token
            );
            return new PeerConnection(stream, socket);
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException or OperationCanceledException)
        {
            await stream.DisposeAsync();
            cancel.ThrowIfCancellationRequested();
            throw new PeerUnavailableException(
                failure is AuthenticationException,
                $"no TLS with {host}:{port}: {Reason(failure)}",
                failure
            );
        }
    }

    /// <summary>Connects in clear, to this machine only.</summary>
    /// <exception cref="PeerUnavailableException">The host is not loopback, or cannot be reached.</exception>
    public static async Task<PeerConnection> ConnectClearAsync(string host, int port, CancellationToken cancel)
    {
        var socket = await DialAsync(host, port, cancel);
        if (socket.RemoteEndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address))
        {
            return new PeerConnection(new NetworkStream(socket, ownsSocket: true), socket);
        }

        socket.Dispose();
        throw new PeerUnavailableException(
            isRefusal: true,
            $"{host} is another machine, and patient data does not cross a network in clear: give --key, --cert and --ca"
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync();
        try
        {
            await Transport.Output.CompleteAsync();
        }
        catch (IOException)
        {
            // The peer has closed already.
        }

        await _stream.DisposeAsync();
    }

    private static async Task<Socket> DialAsync(string host, int port, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(host, port, limit.Token);
            return socket;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw new PeerUnavailableException(
                isRefusal: false,
                $"cannot connect to {host}:{port}: {Reason(failure)}",
                failure
            );
        }
    }

    private static string Reason(Exception failure) =>
        failure switch
        {
            OperationCanceledException => "no answer in time",
            { InnerException: { } inner } => $"{failure.Message.TrimEnd('.')} ({inner.Message.TrimEnd('.')})",
            _ => failure.Message.TrimEnd('.'),
        };

    private sealed class StreamTransport(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } =
            PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferLengthBytes, leaveOpen: true));

        public PipeWriter Output { get; } =
            PipeWriter.Create(
                stream,
                new StreamPipeWriterOptions(minimumBufferSize: BufferLengthBytes, leaveOpen: true)
            );
    }
}
