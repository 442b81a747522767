using System.Buffers.Binary;
using System.IO.Pipelines;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>Attributes and single frames, without the rest of the pixel data.</content>
public sealed partial class OpenedInstance
{
    private StoredHeader? _header;
    private IFramePlaces? _frames;

    /// <summary>The pixel data is compressed: frames leave as their fragments, joined.</summary>
    public bool IsEncapsulated => TransferSyntax.IsEncapsulated;

    /// <summary>
    /// The attributes that stand before the pixel data, as they leave. Bulk data of the top level beyond 1 MiB is not among
    /// them: <see cref="ReadBulkDataAsync"/> has it.
    /// </summary>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    public async ValueTask<DataSet> ReadHeaderAsync(CancellationToken cancellationToken) =>
        (await StoredHeaderAsync(cancellationToken)).DataSet;

    /// <summary>How many frames there are: Number of Frames (0028,0008), 1 without it, 0 without pixel data.</summary>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    public async ValueTask<int> CountFramesAsync(CancellationToken cancellationToken) =>
        FrameCountOf(await StoredHeaderAsync(cancellationToken));

    /// <summary>Bytes of a frame as it leaves.</summary>
    /// <param name="frame">From 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="FrameUnavailableException">It cannot be given by itself.</exception>
    public async ValueTask<long> FrameLengthAsync(int frame, CancellationToken cancellationToken) =>
        await (await FramesAsync(frame, cancellationToken)).LengthAsync(frame, cancellationToken);

    /// <summary>
    /// Writes one frame: of native pixel data its bits from the lowest of the first byte on, words in little endian order
    /// whatever the transfer syntax; of encapsulated pixel data its fragments, joined.
    /// </summary>
    /// <inheritdoc cref="FrameLengthAsync" />
    public async ValueTask CopyFrameAsync(int frame, PipeWriter sink, CancellationToken cancellationToken) =>
        await (await FramesAsync(frame, cancellationToken)).CopyAsync(frame, sink, cancellationToken);

    private static int FrameCountOf(StoredHeader header) =>
        header.PixelData is null || header.PixelData.Tag == DicomTag.SpectroscopyData
            ? 0
            : (int)Math.Clamp(header.DataSet.GetInt64(DicomTag.NumberOfFrames) ?? 1, 1, int.MaxValue);

    private async ValueTask<StoredHeader> StoredHeaderAsync(CancellationToken cancellationToken) =>
        _header ??= (await RecordHeaders.ReadStoredAsync(_record, _descriptor, cancellationToken)).Corrected(
            Instance.Correction
        );

    /// <summary>For metadata.</summary>
    internal async ValueTask<StoredHeader> WholeHeaderAsync(CancellationToken cancellationToken) =>
        (await RecordHeaders.ReadWholeAsync(_record, _descriptor, cancellationToken)).Corrected(Instance.Correction);

    private async ValueTask<IFramePlaces> FramesAsync(int frame, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frame, 1);
        var header = await StoredHeaderAsync(cancellationToken);
        var count = FrameCountOf(header);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frame, count);
        return _frames ??= header.PixelData!.IsEncapsulated
            ? await EncapsulatedAsync(header, count, cancellationToken)
            : NativeFrames.Of(
                header.DataSet,
                PixelsOf(header.PixelData, header.PixelData.Length ?? 0),
                count,
                TransferSyntax.IsBigEndian ? WordSizeOf(header.PixelData.Vr) : 1
            );
    }

    private IPixelSource PixelsOf(PixelDataLayout layout, long length) =>
        TransferSyntax.IsDeflated
            ? new DeflatedPixelSource(_record, layout.ValueOffset, length)
            : new RunPixelSource(_record, layout.ValueOffset - layout.Offset, length);

    private async ValueTask<IFramePlaces> EncapsulatedAsync(
        StoredHeader header,
        int count,
        CancellationToken cancellationToken
    )
    {
        var start = header.PixelData!.ValueOffset - header.PixelData.Offset;
        var items = new RunPixelSource(_record, start, _record.RunLength(RecordRun.PixelData) - start);
        var (table, fragments) = await RecordTrailer.FragmentsAsync(_record, items, cancellationToken);
        if (fragments.Count == 0)
        {
            throw new FrameUnavailableException("the pixel data has no fragments");
        }

        return await EncapsulatedFrames.OfAsync(
            items,
            fragments,
            StartsOf(header.DataSet, table, count),
            count,
            cancellationToken
        );
    }

    /// <summary>Where frames begin by the Extended or the Basic Offset Table (PS3.3 C.7.6.3.1.8, PS3.5 A.4).</summary>
    private static List<long> StartsOf(DataSet header, ReadOnlySpan<byte> basic, int count)
    {
        List<long> starts = [];
        if (
            header.Find(DicomTag.ExtendedOffsetTable) is ValueElement extended
            && extended.Bytes.Length == (long)count * sizeof(ulong)
        )
        {
            var bytes = extended.LittleEndianBytes.Span;
            for (var i = 0; i < count; i++)
            {
                starts.Add(BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(ulong))..]));
            }
        }
        else if (basic.Length == (long)count * sizeof(uint))
        {
            for (var i = 0; i < count; i++)
            {
                starts.Add(BinaryPrimitives.ReadUInt32LittleEndian(basic[(i * sizeof(uint))..]));
            }
        }

        return starts;
    }

    private static int WordSizeOf(ValueRepresentation vr) =>
        vr switch
        {
            ValueRepresentation.OW => 2,
            ValueRepresentation.OF or ValueRepresentation.OL => 4,
            ValueRepresentation.OD or ValueRepresentation.OV => 8,
            _ => 1,
        };
}
