using System.Net.Sockets;

namespace Leadglass.Exposure;

/// <summary>Why the scope does not allow a rung at a target; null where it does.</summary>
public delegate string? ScopeRefusal(ProbeTarget target, Rung rung);

/// <summary>
/// Makes the sockets of the auditor, and nothing else does. In this order: the scope is asked; the host must have something
/// left of its share; its turn is waited for, so that no host has two connections; then the rate.
/// </summary>
public sealed class ProbeDialer : IProbeDialer
{
    private readonly ScopeRefusal _refusal;
    private readonly ConnectionLimits _limits;
    private readonly TimeProvider _clock;
    private readonly HostBudgets _budgets;

    /// <param name="refusal">The scope, which is asked before anything is sent.</param>
    public ProbeDialer(ScopeRefusal refusal, ConnectionLimits limits, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _refusal = refusal;
        _limits = limits.Bounded();
        _clock = clock;
        _budgets = new HostBudgets(_limits.HostBytesMax, _limits.HostTime);
        Rates = new ConnectionRates(_limits.PerSecond, _limits.PerNetworkPerSecond, clock);
    }

    internal HostTurns Turns { get; } = new();

    internal ConnectionRates Rates { get; }

    /// <inheritdoc/>
    public async ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (_refusal(target, rung) is { } reason)
        {
            throw new OutOfScopeException(target, rung, reason);
        }
        var host = target.Address;
        await Turns.TakeAsync(host, cancel);
        var isConnected = false;
        try
        {
            var (bytes, time) = _budgets.LeftFor(host);
            if (bytes <= 0 || time <= TimeSpan.Zero)
            {
                return new Dialled(DialOutcome.Exhausted, null);
            }
            await Rates.TakeAsync(host, cancel);
            var (outcome, socket) = await ConnectAsync(target, cancel);
            if (socket is null)
            {
                return new Dialled(outcome, null);
            }
            isConnected = true;
            var connection = new SocketConnection(
                target,
                socket,
                Math.Min(bytes, _limits.ConnectionBytesMax),
                time < _limits.ConnectionTime ? time : _limits.ConnectionTime,
                _clock,
                (used, lived) =>
                {
                    _budgets.Use(host, used, lived);
                    Turns.Release(host);
                }
            );
            return new Dialled(DialOutcome.Connected, connection);
        }
        finally
        {
            if (!isConnected)
            {
                Turns.Release(host);
            }
        }
    }

    private async ValueTask<(DialOutcome Outcome, Socket? Socket)> ConnectAsync(
        ProbeTarget target,
        CancellationToken cancel
    )
    {
        using var late = new CancellationTokenSource(_limits.ConnectTime, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        var socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target.Address, target.Port, either.Token);
            var connected = socket;
            socket = null;
            return (DialOutcome.Connected, connected);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (DialOutcome.Silent, null);
        }
        catch (SocketException failure)
        {
            return (OutcomeOf(failure.SocketErrorCode), null);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private static DialOutcome OutcomeOf(SocketError error) =>
        error switch
        {
            SocketError.ConnectionRefused or SocketError.ConnectionReset => DialOutcome.Refused,
            SocketError.TimedOut => DialOutcome.Silent,
            _ => DialOutcome.Unreachable,
        };
}
