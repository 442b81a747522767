using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>Values by the path of their attribute (PS3.18 10.4.1.1.5).</content>
public sealed partial class OpenedInstance
{
    private const int PathBytesMax = 512;
    private const int PlainPieceBytes = 64 << 10;
    private const int DeflatedPieceBytes = 4 << 10;

    /// <summary>What a value is, by the path of its attribute; null where there is none.</summary>
    /// <param name="path">
    /// Tags and item numbers from 0, as the metadata's BulkDataURI has them: 7FE00010, 00400555/0/00400A13.
    /// </param>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    public async ValueTask<BulkData?> ReadBulkDataAsync(string path, CancellationToken cancellationToken)
    {
        var header = await StoredHeaderAsync(cancellationToken);
        if (ParsePath(path) is not { } steps)
        {
            return null;
        }

        if (steps is [(var only, null)])
        {
            if (header.PixelData is { } pixels && pixels.Tag == only)
            {
                return new BulkData(only, pixels.Vr, pixels.Length, null);
            }

            if (header.LongValues.TryGetValue(only, out var value))
            {
                return new BulkData(only, value.Vr, value.Length, null);
            }
        }

        return (Find(header.DataSet, steps) ?? Find(await ReadTrailerAsync(cancellationToken), steps)) is { } found
            ? new BulkData(found.Tag, found.Vr, found.Bytes.Length, found.LittleEndianBytes)
            : null;
    }

    /// <summary>Writes a range of a value, numbers in little endian order.</summary>
    /// <param name="value">What <see cref="ReadBulkDataAsync"/> gave.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">How many; offset and length lie within the value.</param>
    /// <exception cref="NotSupportedException">It is encapsulated pixel data, which is given by frames.</exception>
    public async ValueTask CopyBulkDataAsync(
        BulkData value,
        long offset,
        long length,
        PipeWriter sink,
        CancellationToken cancellationToken
    )
    {
        if (value.Length is not { } whole)
        {
            throw new NotSupportedException("encapsulated pixel data is given by frames");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, whole - offset);
        if (value.Held is { } held)
        {
            await sink.WriteAsync(held.Slice((int)offset, (int)length), cancellationToken);
            return;
        }

        if (_header!.PixelData is { } pixels && pixels.Tag == value.Tag && !TransferSyntax.IsBigEndian)
        {
            await CopyPixelsAsync(PixelsOf(pixels, whole), offset, length, sink, cancellationToken);
            return;
        }

        await CopyLongValueAsync(value.Tag, offset, length, sink, cancellationToken);
    }

    private static async ValueTask CopyPixelsAsync(
        IPixelSource pixels,
        long offset,
        long length,
        PipeWriter sink,
        CancellationToken cancellationToken
    )
    {
        for (var end = offset + length; offset < end; )
        {
            var piece = sink.GetMemory((int)Math.Min(PieceBytes, end - offset));
            piece = piece[..(int)Math.Min(piece.Length, end - offset)];
            await pixels.ReadAsync(offset, piece, cancellationToken);
            sink.Advance(piece.Length);
            offset += piece.Length;
            if ((await sink.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Reads the instance as ingest did and lets the range of this one value through.</summary>
    private async ValueTask CopyLongValueAsync(
        DicomTag tag,
        long offset,
        long length,
        PipeWriter sink,
        CancellationToken cancellationToken
    )
    {
        var range = new RangeSink(tag, offset, length, sink);
        using var reader = new InstanceReader(TransferSyntax, RecordHeaders.Limits, range);
        await using var stored = new RecordStream(_record);
        var piece = ArrayPool<byte>.Shared.Rent(PlainPieceBytes);
        try
        {
            // What is deflated may become a thousand times as long.
            var room = piece.AsMemory(0, TransferSyntax.IsDeflated ? DeflatedPieceBytes : PlainPieceBytes);
            for (int count; range.Left > 0 && (count = await stored.ReadAsync(room, cancellationToken)) > 0; )
            {
                reader.Feed(room.Span[..count]);
                if ((await sink.FlushAsync(cancellationToken)).IsCompleted)
                {
                    return;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece, clearArray: true);
        }
    }

    private static ValueElement? Find(DataSet dataSet, IReadOnlyList<(DicomTag Tag, int? Item)> steps)
    {
        foreach (var (tag, item) in steps)
        {
            switch (dataSet.Find(tag))
            {
                case ValueElement value when item is null:
                    return value;
                case SequenceElement sequence when item is { } number && number < sequence.Items.Count:
                    dataSet = sequence.Items[number];
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>Null for what is no path; the last step has no item, all others have one.</summary>
    private static List<(DicomTag Tag, int? Item)>? ParsePath(string path)
    {
        var parts = path.Length > PathBytesMax ? [] : path.Split('/');
        if (parts.Length % 2 == 0)
        {
            return null;
        }

        List<(DicomTag, int?)> steps = [];
        for (var i = 0; i < parts.Length; i += 2)
        {
            var item = 0;
            if (
                parts[i].Length != 8
                || !uint.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var tag)
                || (
                    i + 1 < parts.Length
                    && !int.TryParse(parts[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out item)
                )
            )
            {
                return null;
            }

            steps.Add((new DicomTag((ushort)(tag >> 16), (ushort)tag), i + 1 < parts.Length ? item : null));
        }

        return steps;
    }

    private sealed class RangeSink(DicomTag tag, long offset, long length, PipeWriter sink) : IInstanceSink
    {
        private long _skip = offset;

        public long Left { get; private set; } = length;

        public void Value(DicomTag valueTag, ValueRepresentation vr, ReadOnlySpan<byte> piece)
        {
            if (valueTag != tag)
            {
                return;
            }

            var skipped = (int)Math.Min(_skip, piece.Length);
            _skip -= skipped;
            piece = piece[skipped..];
            piece = piece[..(int)Math.Min(piece.Length, Left)];
            if (!piece.IsEmpty)
            {
                piece.CopyTo(sink.GetSpan(piece.Length));
                sink.Advance(piece.Length);
                Left -= piece.Length;
            }
        }

        public void Fragment(int index, ReadOnlySpan<byte> piece) { }
    }
}

/// <summary>A value that is given by itself.</summary>
/// <param name="Tag">Its attribute.</param>
/// <param name="Vr">How it is to be read.</param>
/// <param name="Length">In bytes; null for encapsulated pixel data, which is given by frames.</param>
public sealed record BulkData(DicomTag Tag, ValueRepresentation Vr, long? Length)
{
    internal BulkData(DicomTag tag, ValueRepresentation vr, long? length, ReadOnlyMemory<byte>? held)
        : this(tag, vr, length) => Held = held;

    internal ReadOnlyMemory<byte>? Held { get; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"{Tag} {Length}";
}
