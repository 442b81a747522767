using System.IO.Pipelines;

namespace Leadglass.Exposure;

/// <summary>
/// The one way to a connection. It asks the scope first (and records what was decided), waits for the rate, keeps to one
/// connection per host at a time, and bounds what the connection may bring and how long it may live.
/// </summary>
public interface IProbeDialer
{
    /// <summary>Opens a connection.</summary>
    /// <exception cref="OutOfScopeException">The scope does not allow this target, or this rung at it. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel);
}

/// <summary>What came of dialling.</summary>
public enum DialOutcome
{
    /// <summary>Connected.</summary>
    Connected,

    /// <summary>The port answers that nothing listens.</summary>
    Refused,

    /// <summary>No answer in time.</summary>
    Silent,

    /// <summary>The network says that the host cannot be reached.</summary>
    Unreachable,

    /// <summary>The host has used up its share of bytes or time; nothing was sent.</summary>
    Exhausted,
}

/// <summary>What came of dialling, with the connection where there is one.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Connection">The connection; null unless <see cref="DialOutcome.Connected"/>.</param>
public readonly record struct Dialled(DialOutcome Outcome, ProbeConnection? Connection);

/// <summary>
/// A connection to a target. Reading more than its budget of bytes, or beyond its time, fails with an <see cref="IOException"/>
/// that says so; whatever it held is cleared when it is disposed of, and the host is free for the next.
/// </summary>
public abstract class ProbeConnection : IAsyncDisposable
{
    /// <summary>Where it leads.</summary>
    public abstract ProbeTarget Target { get; }

    /// <summary>The bytes, for TLS and HTTP.</summary>
    public abstract Stream Stream { get; }

    /// <summary>The same bytes as a pipe, for an association in clear. Use either this or <see cref="Stream"/>.</summary>
    public abstract IDuplexPipe Pipe { get; }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>A target, or a rung at it, that the scope does not allow.</summary>
public sealed class OutOfScopeException(ProbeTarget target, Rung rung, string reason)
    : Exception($"{target} is not probed at rung {(int)rung}: {reason}")
{
    /// <summary>The rung that was asked about.</summary>
    public Rung Rung { get; } = rung;

    /// <summary>The rule that forbids it.</summary>
    public string Reason { get; } = reason;
}
