using System.Buffers;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Seals one data set as it arrives: in memory while it is short and the ingest budget lasts, else into a stream of the
/// blob store, so that memory stays flat whatever the length.
/// </summary>
internal sealed class SealedRecordWriter : IAsyncDisposable
{
    private const int StagedBytesMax = 256 << 10;

    // What one piece of 64 KiB can make the sealer put out: it may hold a chunk, and ends runs.
    private const int PutOutBytesMax = 136 << 10;

    private readonly IngestContext _context;
    private readonly long _attributesEnd;
    private readonly RecordSealer _sealer;
    private readonly SwitchedWriter _output;
    private long _position;

    /// <param name="attributesEnd">Where in the data set the pixel data begins; beyond its end if there is none.</param>
    /// <param name="lengthExpected">Bytes that the header makes likely; a wrong one costs time or memory, nothing else.</param>
    public SealedRecordWriter(
        IngestContext context,
        DataKey key,
        Token instance,
        long attributesEnd,
        long lengthExpected
    )
    {
        (_context, Key, _attributesEnd) = (context, key, attributesEnd);
        _output = new SwitchedWriter(new BlockBuffer(context.Budget));
        if (lengthExpected > context.Options.BufferedInstanceBytesMax || !_output.Buffer.TryReserve(PutOutBytesMax))
        {
            BeginStaging();
        }

        _sealer = new RecordSealer(key, instance, _output);
    }

    /// <summary>The key that it is sealed under.</summary>
    public DataKey Key { get; }

    /// <summary>The whole record, if it stayed in memory; empty if it went to <see cref="Stream"/>.</summary>
    public ReadOnlySequence<byte> Whole => Stream is null ? _output.Buffer.Written : ReadOnlySequence<byte>.Empty;

    /// <summary>The stream that it went to; null if it stayed in memory.</summary>
    public IBlobStream? Stream { get; private set; }

    // A small buffer of its own, beside the budget, that is emptied into the stream again and again.
    private bool IsStaging { get; set; }

    /// <summary>Seals the next bytes of the data set, at most 64 KiB.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await MakeRoomAsync(cancellationToken);
        var attributes = (int)Math.Clamp(_attributesEnd - _position, 0, piece.Length);
        if (attributes > 0)
        {
            _sealer.Write(RecordRun.Attributes, piece.Span[..attributes]);
        }

        if (attributes < piece.Length)
        {
            _sealer.Write(RecordRun.PixelData, piece.Span[attributes..]);
        }

        _position += piece.Length;
    }

    /// <summary>Seals the descriptor and ends the record; a streamed one is flushed.</summary>
    /// <param name="fragments">Where the fragments of encapsulated pixel data lie; empty for none.</param>
    public async ValueTask CompleteAsync(
        RecordDescriptor descriptor,
        ReadOnlyMemory<byte> fragments,
        CancellationToken cancellationToken
    )
    {
        await WriteRunAsync(RecordRun.Extra, fragments, cancellationToken);
        await WriteRunAsync(RecordRun.Descriptor, descriptor.ToBytes(), cancellationToken);
        await MakeRoomAsync(cancellationToken);
        _sealer.Complete();
        if (Stream is not null || IsStaging)
        {
            await EmptyAsync(cancellationToken);
            await Stream!.FlushAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _sealer.Dispose();
        _output.Buffer.Dispose();
        if (Stream is not null)
        {
            await Stream.DisposeAsync();
        }
    }

    private async ValueTask WriteRunAsync(
        RecordRun run,
        ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken
    )
    {
        for (var rest = content; !rest.IsEmpty; )
        {
            await MakeRoomAsync(cancellationToken);
            var piece = rest[..Math.Min(rest.Length, 64 << 10)];
            _sealer.Write(run, piece.Span);
            rest = rest[piece.Length..];
        }
    }

    private async ValueTask MakeRoomAsync(CancellationToken cancellationToken)
    {
        if (IsStaging)
        {
            if (!_output.Buffer.TryReserve(PutOutBytesMax) || _output.Buffer.Length > StagedBytesMax)
            {
                await EmptyAsync(cancellationToken);
            }

            return;
        }

        if (
            _output.Buffer.Length + PutOutBytesMax <= _context.Options.BufferedInstanceBytesMax
            && _output.Buffer.TryReserve(PutOutBytesMax)
        )
        {
            return;
        }

        await EmptyAsync(cancellationToken);
        BeginStaging();
    }

    private void BeginStaging()
    {
        _output.Replace(new BlockBuffer(_context.Staging));
        if (!_output.Buffer.TryReserve(PutOutBytesMax))
        {
            throw new BlobStoreFullException("too many long instances at once");
        }

        IsStaging = true;
    }

    private async ValueTask EmptyAsync(CancellationToken cancellationToken)
    {
        Stream ??= await _context.Blobs.BeginStreamAsync(cancellationToken);
        foreach (var part in _output.Buffer.Written)
        {
            await Stream.WriteAsync(part, cancellationToken);
        }

        _output.Buffer.Clear();
    }

    /// <summary>Lets the sealer write to one buffer after another.</summary>
    private sealed class SwitchedWriter(BlockBuffer first) : IBufferWriter<byte>
    {
        public BlockBuffer Buffer { get; private set; } = first;

        public void Replace(BlockBuffer next)
        {
            Buffer.Dispose();
            Buffer = next;
        }

        public void Advance(int count) => Buffer.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) => Buffer.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => Buffer.GetSpan(sizeHint);
    }
}
