using System.IO.Pipelines;

namespace Leadglass.Exposure;

/// <summary>In the process that reads a row: the one connection, which another process holds.</summary>
internal sealed class TunnelDialer(Stream input, Stream output) : IProbeDialer
{
    private bool _isUsed;

    public ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel)
    {
        if (_isUsed)
        {
            return new(new Dialled(DialOutcome.Exhausted, Connection: null));
        }

        _isUsed = true;
        return new(new Dialled(DialOutcome.Connected, new TunnelConnection(target, input, output)));
    }

    private sealed class TunnelConnection(ProbeTarget target, Stream input, Stream output) : ProbeConnection
    {
        public override ProbeTarget Target => target;

        public override Stream Stream { get; } = new TunnelStream(input, output);

        public override IDuplexPipe Pipe => throw new NotSupportedException("TLS and HTTP take the stream.");

        public override ValueTask DisposeAsync() => Stream.DisposeAsync();
    }

    private sealed class TunnelStream(Stream input, Stream output) : ForwardOnlyStream
    {
        private readonly byte[] _frame = new byte[RowFrames.LengthMax];
        private int _begin;
        private int _end;
        private bool _isAtEnd;

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            while (_begin == _end && !_isAtEnd)
            {
                var (kind, length) = await RowFrames.ReadAsync(input, _frame, cancellationToken);
                _isAtEnd = kind == RowFrameKind.End;
                (_begin, _end) = (0, kind == RowFrameKind.Data ? length : 0);
            }

            var count = Math.Min(buffer.Length, _end - _begin);
            _frame.AsMemory(_begin, count).CopyTo(buffer);
            _begin += count;
            return count;
        }

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            for (var rest = buffer; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, RowFrames.LengthMax)..])
            {
                var part = rest[..Math.Min(rest.Length, RowFrames.LengthMax)];
                await RowFrames.WriteAsync(output, RowFrameKind.Data, part, cancellationToken);
            }
        }
    }
}
