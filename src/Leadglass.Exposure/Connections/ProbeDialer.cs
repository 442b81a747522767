using System.Net;
using System.Net.Sockets;

namespace Leadglass.Exposure;

/// <summary>Why the scope does not allow a rung at a target; null where it does.</summary>
public delegate string? ScopeRefusal(ProbeTarget target, Rung rung);

/// <summary>Why nothing at all may be sent now: the hours of the scope are over, or it is; null where it may.</summary>
public delegate string? ScopePause();

/// <summary>
/// Makes the sockets of the auditor, and nothing else does. In this order: the scope is asked; the host must have something
/// left of its share; its turn is waited for, so that no host has two connections; then the rate.
/// </summary>
public sealed class ProbeDialer : IProbeDialer
{
    // The scope's time-out is for ports that are silent in discovery; what is probed was seen open, so that a machine under
    // load does not turn its own delay into silence of the target.
    private static readonly TimeSpan ConnectTimeMin = TimeSpan.FromSeconds(3);

    private readonly HostBudgets _budgets;

    private readonly ScopePause? _pause;

    /// <param name="refusal">The scope, which is asked before anything is sent.</param>
    /// <param name="pause">Asked once more after waiting for a turn, which may last until the scope's hours are over; null for never.</param>
    public ProbeDialer(ScopeRefusal refusal, ConnectionLimits limits, TimeProvider clock, ScopePause? pause = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _pause = pause;
        Refusal = refusal;
        Limits = limits.Bounded();
        Clock = clock;
        _budgets = new HostBudgets(Limits.HostBytesMax, Limits.HostTime);
        Rates = new ConnectionRates(Limits.PerSecond, Limits.PerNetworkPerSecond, clock);
    }

    internal ScopeRefusal Refusal { get; }

    internal ConnectionLimits Limits { get; }

    internal TimeProvider Clock { get; }

    /// <summary>Told when a host begins and ends waiting for its turn and the rate: that is not the host's time.</summary>
    internal Action<IPAddress, bool>? Waiting { get; set; }

    /// <summary>Told of a target that was not asked, since its host has used up its share.</summary>
    internal Action<ProbeTarget>? ShareUsedUp { get; set; }

    /// <summary>Told of each connection that came about.</summary>
    internal Action<ProbeTarget>? Connected { get; set; }

    internal HostTurns Turns { get; } = new();

    internal ConnectionRates Rates { get; }

    /// <inheritdoc/>
    public async ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (Refusal(target, rung) is { } reason)
        {
            throw new OutOfScopeException(target, rung, reason);
        }
        var host = target.Address;
        await WaitAsync(host, () => Turns.TakeAsync(host, cancel));
        var isConnected = false;
        try
        {
            var (bytes, time) = _budgets.LeftFor(host);
            if (bytes <= 0 || time <= TimeSpan.Zero)
            {
                ShareUsedUp?.Invoke(target);
                return new Dialled(DialOutcome.Exhausted, null);
            }
            await WaitAsync(host, () => Rates.TakeAsync(host, cancel));
            if (_pause?.Invoke() is { } closed)
            {
                throw new OutOfScopeException(target, rung, closed);
            }
            var began = Clock.GetTimestamp();
            var (outcome, socket) = await ConnectAsync(target, cancel);
            if (socket is null)
            {
                _budgets.Use(host, 0, Clock.GetElapsedTime(began));
                return new Dialled(outcome, null);
            }
            isConnected = true;
            Connected?.Invoke(target);
            var connection = new SocketConnection(
                target,
                socket,
                Math.Min(bytes, Limits.ConnectionBytesMax),
                time < Limits.ConnectionTime ? time : Limits.ConnectionTime,
                Clock,
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

    private async ValueTask WaitAsync(IPAddress host, Func<ValueTask> wait)
    {
        Waiting?.Invoke(host, true);
        try
        {
            await wait();
        }
        finally
        {
            Waiting?.Invoke(host, false);
        }
    }

    private async ValueTask<(DialOutcome Outcome, Socket? Socket)> ConnectAsync(
        ProbeTarget target,
        CancellationToken cancel
    )
    {
        using var late = new CancellationTokenSource(
            Limits.ConnectTime > ConnectTimeMin ? Limits.ConnectTime : ConnectTimeMin,
            Clock
        );
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
