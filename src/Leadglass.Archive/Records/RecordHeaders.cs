using System.Buffers;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Reads the attributes of a stored instance, without its pixel data.</summary>
internal static class RecordHeaders
{
    /// <summary>Attributes longer than this are not taken in: 16 MiB.</summary>
    public const int BytesMax = 16 << 20;

    private const int PieceBytesMax = 256 << 10;
    private const int ElementHeaderBytesMax = 12;
    private const int TrailerBytesMax = 1 << 20;

    /// <summary>What ingest and replay read with: a deflated instance may inflate to 64 GiB.</summary>
    public static ReadLimits Limits { get; } = new() { HeldBytesMax = BytesMax, TotalBytesMax = 64L << 30 };

    /// <summary>
    /// Reads as ingest did, so that whatever was let in can be indexed anew: long bulk data is passed over, however long.
    /// </summary>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    /// <exception cref="DicomFormatException">The attributes are not what ingest let in.</exception>
    public static async ValueTask<DataSet> ReadAsync(
        RecordOpener record,
        RecordDescriptor descriptor,
        CancellationToken cancellationToken
    )
    {
        using var reader = new InstanceReader(SyntaxOf(descriptor), Limits);
        await FeedAttributesAsync(record, reader, cancellationToken);
        if (reader.Header is null)
        {
            reader.Complete();
        }

        return reader.Header!;
    }

    /// <summary>The same, with where long bulk data and pixel data lie.</summary>
    /// <inheritdoc cref="ReadAsync" />
    public static async ValueTask<StoredHeader> ReadStoredAsync(
        RecordOpener record,
        RecordDescriptor descriptor,
        CancellationToken cancellationToken
    )
    {
        var sink = new LengthSink();
        using var reader = new InstanceReader(SyntaxOf(descriptor), Limits, sink);
        await FeedAttributesAsync(record, reader, cancellationToken);
        if (reader.Header is null && record.RunLength(RecordRun.PixelData) > 0)
        {
            // The header of the element is enough to know what lies there.
            var start = new byte[ElementHeaderBytesMax];
            var count = await record.ReadAsync(RecordRun.PixelData, 0, start, cancellationToken);
            reader.Feed(start.AsSpan(0, count));
        }

        if (reader.Header is null)
        {
            reader.Complete();
        }

        return new StoredHeader(reader.Header!, sink.Values, reader.PixelData);
    }

    /// <summary>The same, with what stands behind the pixel data unless it is longer than 1 MiB.</summary>
    /// <inheritdoc cref="ReadAsync" />
    public static async ValueTask<StoredHeader> ReadWholeAsync(
        RecordOpener record,
        RecordDescriptor descriptor,
        CancellationToken cancellationToken
    )
    {
        var stored = await ReadStoredAsync(record, descriptor, cancellationToken);
        return stored.PixelData is { } pixels
            ? stored with
            {
                Trailer = await RecordTrailer.ReadAsync(
                    record,
                    SyntaxOf(descriptor),
                    pixels,
                    TrailerBytesMax,
                    cancellationToken
                ),
            }
            : stored;
    }

    private static TransferSyntax SyntaxOf(RecordDescriptor descriptor) =>
        TransferSyntax.Find(descriptor.TransferSyntax ?? "")
        ?? throw new BlobDamagedException("a descriptor without a transfer syntax known here");

    private static async ValueTask FeedAttributesAsync(
        RecordOpener record,
        InstanceReader reader,
        CancellationToken cancellationToken
    )
    {
        var length = record.RunLength(RecordRun.Attributes);
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytesMax);
        try
        {
            // A deflated data set lies in this run as a whole: its pixel data is not of interest.
            for (long offset = 0; offset < length && reader.Header is null; )
            {
                var count = await record.ReadAsync(
                    RecordRun.Attributes,
                    offset,
                    piece.AsMemory(0, PieceBytesMax),
                    cancellationToken
                );
                reader.Feed(piece.AsSpan(0, count));
                offset += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece, clearArray: true);
        }
    }

    /// <summary>Measures what is not kept.</summary>
    private sealed class LengthSink : IInstanceSink
    {
        public Dictionary<DicomTag, LongValue> Values { get; } = [];

        public void Value(DicomTag tag, ValueRepresentation vr, ReadOnlySpan<byte> piece)
        {
            if (!IsPixelData(tag))
            {
                Values[tag] = new LongValue(vr, Values.GetValueOrDefault(tag).Length + piece.Length);
            }
        }

        public void Fragment(int index, ReadOnlySpan<byte> piece) { }

        private static bool IsPixelData(DicomTag tag) =>
            tag == DicomTag.PixelData
            || tag == DicomTag.FloatPixelData
            || tag == DicomTag.DoubleFloatPixelData
            || tag == DicomTag.SpectroscopyData;
    }
}
