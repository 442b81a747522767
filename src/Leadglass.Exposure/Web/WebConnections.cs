using System.Runtime.ExceptionServices;

namespace Leadglass.Exposure;

/// <summary>
/// Makes the connections of one client, one at a time, and leaves none behind. The framework lets a connection that nobody
/// waits for any more come about behind our back: here it is waited for, and ended.
/// </summary>
internal sealed class WebConnections(IProbeDialer dialer, ProbeTarget target, bool isTls, Rung rung, TimeProvider time)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly SemaphoreSlim _one = new(1, 1);
    private ConnectionStream? _current;

    /// <summary>The rung that the scope is asked about.</summary>
    public Rung Rung => rung;

    /// <summary>The time of the exchange under way.</summary>
    public ServerTime? Exchange { get; set; }

    /// <summary>Why the last dial brought no connection; null where it did.</summary>
    public DialOutcome? FailedDial { get; private set; }

    /// <summary>That the scope does not allow it; null where it does.</summary>
    public ExceptionDispatchInfo? OutOfScope { get; private set; }

    /// <summary>What the last handshake showed; null without one.</summary>
    public TlsLooked? Looked { get; private set; }

    /// <summary>Whether a server answered a request in clear with an alert of TLS (RFC 8446 6).</summary>
    public bool HasSeenTlsAlert => _current?.BeganWithTlsAlert == true;

    /// <summary>Dials and, inside TLS, shakes hands.</summary>
    /// <exception cref="IOException">There is no connection, or no TLS.</exception>
    /// <exception cref="OperationCanceledException">The audit stops, or nobody waits for it any more.</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            ObjectDisposedException.ThrowIf(_over.IsCancellationRequested, this);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, cancel);
            await EndAsync();
            var connection = await DialAsync(either.Token);
            _current = connection;
            return isTls ? await GreetAsync(connection, either.Token) : connection;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Ends the connection, also one that is still on its way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _one.WaitAsync(CancellationToken.None);
        await EndAsync();
        // Whoever comes from now on finds it closed.
        _one.Dispose();
        _over.Dispose();
    }

    private async ValueTask<ConnectionStream> DialAsync(CancellationToken cancel)
    {
        FailedDial = null;
        try
        {
            var dialled = Exchange is { } exchange
                ? await exchange.DialAsync(dialer, target, rung, cancel)
                : await dialer.DialAsync(target, rung, cancel);
            if (dialled.Connection is not null)
            {
                return new ConnectionStream(dialled.Connection);
            }

            FailedDial = dialled.Outcome;
            throw new IOException("there is no connection");
        }
        catch (OutOfScopeException refusal)
        {
            OutOfScope = ExceptionDispatchInfo.Capture(refusal);
            throw;
        }
    }

    private async ValueTask<Stream> GreetAsync(ConnectionStream connection, CancellationToken cancel)
    {
        Looked = await TlsLook.ConnectAsync(connection, target.Name, WebLimits.HandshakeTime, time, cancel);
        return Looked.Stream ?? throw new IOException("TLS did not come about");
    }

    private async ValueTask EndAsync()
    {
        if (_current is { } current)
        {
            await current.EndAsync();
        }
    }
}
