using System.IO.Pipelines;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>Counts what is read over the connections of another dialer.</summary>
internal sealed class MeasuringDialer(IProbeDialer inner) : IProbeDialer
{
    private long _read;

    public long BytesRead => Interlocked.Read(ref _read);

    public async ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel)
    {
        var dialled = await inner.DialAsync(target, rung, cancel);
        return dialled.Connection is { } connection
            ? new Dialled(dialled.Outcome, new Connection(connection, count => Interlocked.Add(ref _read, count)))
            : dialled;
    }

    private sealed class Connection(ProbeConnection inner, Action<int> read) : ProbeConnection
    {
        public override ProbeTarget Target => inner.Target;

        public override Stream Stream { get; } = new Measured(inner.Stream, read);

        public override IDuplexPipe Pipe => inner.Pipe;

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Measured(Stream inner, Action<int> read) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            read(count);
            return count;
        }

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => inner.WriteAsync(buffer, cancellationToken);

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
