using System.Net.Sockets;

namespace Leadglass.Exposure;

/// <summary>The bytes of a connection, within its budget of bytes and time. Reads into the caller's memory, keeps nothing.</summary>
internal sealed class BudgetedStream(Socket socket, long bytesMax, CancellationToken deadline) : ForwardOnlyStream
{
    private readonly NetworkStream _inner = new(socket, ownsSocket: false);
    private long _read;

    /// <summary>Bytes that came.</summary>
    public long BytesRead => Interlocked.Read(ref _read);

    /// <summary>Whether the other side has said that nothing more comes.</summary>
    public bool IsAtEnd { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var left = bytesMax - BytesRead;
        if (left <= 0)
        {
            throw new OverBudgetException(
                $"the target sent more than the {bytesMax} bytes that a connection may bring"
            );
        }
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline, cancellationToken);
            var count = await _inner.ReadAsync(buffer[..(int)Math.Min(left, buffer.Length)], either.Token);
            IsAtEnd |= count == 0 && buffer.Length > 0;
            Interlocked.Add(ref _read, count);
            return count;
        }
        catch (OperationCanceledException) when (IsLate(cancellationToken))
        {
            throw Late();
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline, cancellationToken);
            await _inner.WriteAsync(buffer, either.Token);
        }
        catch (OperationCanceledException) when (IsLate(cancellationToken))
        {
            throw Late();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }
        base.Dispose(disposing);
    }

    private static OverBudgetException Late() => new("the connection took longer than it may");

    private bool IsLate(CancellationToken caller) =>
        deadline.IsCancellationRequested && !caller.IsCancellationRequested;
}

/// <summary>A connection brought more than it may, or took longer: it was our limit that ended it, not the target.</summary>
internal sealed class OverBudgetException(string message) : IOException(message);
