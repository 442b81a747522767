using System.Buffers;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>What whoever transcodes has to carry over besides header and frames.</content>
public sealed partial class OpenedInstance
{
    private const int DelimiterBytes = 8;
    private const int PlainPieceBytes = 64 << 10;
    private const int DeflatedPieceBytes = 4 << 10;

    /// <summary>Bulk data of the top level that is too long for <see cref="ReadHeaderAsync"/>, in the order of its tags.</summary>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    public async ValueTask<IReadOnlyList<BulkData>> ReadLongValuesAsync(CancellationToken cancellationToken) =>
        [
            .. (await StoredHeaderAsync(cancellationToken))
                .LongValues.OrderBy(pair => pair.Key)
                .Select(pair => new BulkData(pair.Key, pair.Value.Vr, pair.Value.Length, null)),
        ];

    /// <summary>The attributes that stand behind the pixel data; empty where there are none.</summary>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    /// <exception cref="DicomFormatException">They are no data set, or longer than 16 MiB.</exception>
    public async ValueTask<DataSet> ReadTrailerAsync(CancellationToken cancellationToken)
    {
        if ((await StoredHeaderAsync(cancellationToken)).PixelData is not { } pixels)
        {
            return new DataSet();
        }

        var trailer = TransferSyntax.IsDeflated
            ? await ReadDeflatedTrailerAsync(cancellationToken)
            : await ReadPlainTrailerAsync(pixels, cancellationToken);
        return Instance.Correction is null ? trailer : WithoutFormerPatient(trailer);
    }

    private static DataSet WithoutFormerPatient(DataSet trailer)
    {
        var kept = new DataSet();
        foreach (var element in trailer.Where(element => !PatientAttributes.IsOfFormerPatient(element.Tag)))
        {
            kept.Set(RowContent.Copy(element));
        }

        return kept;
    }

    private async ValueTask<DataSet> ReadPlainTrailerAsync(PixelDataLayout pixels, CancellationToken cancellationToken)
    {
        var start = pixels.ValueOffset - pixels.Offset;
        if (pixels.Length is { } native)
        {
            start += native;
        }
        else
        {
            var items = new RunPixelSource(_record, start, _record.RunLength(RecordRun.PixelData) - start);
            var (table, fragments) = await FragmentsAsync(items, cancellationToken);
            start +=
                fragments.Count == 0
                    ? DelimiterBytes + table.Length + DelimiterBytes
                    : fragments[^1].Offset + fragments[^1].Length + DelimiterBytes;
        }

        var length = _record.RunLength(RecordRun.PixelData) - start;
        if (length <= 0)
        {
            return new DataSet();
        }

        if (length > RecordHeaders.BytesMax)
        {
            throw new DicomFormatException("What stands behind the pixel data is too long", start, null, "PS3.5 7.1");
        }

        var bytes = new byte[length];
        await _record.ReadAsync(RecordRun.PixelData, start, bytes, cancellationToken);
        return DataSetReader.Read(new ReadOnlySequence<byte>(bytes), TransferSyntax, RecordHeaders.Limits);
    }

    private async ValueTask<DataSet> ReadDeflatedTrailerAsync(CancellationToken cancellationToken)
    {
        using var reader = new InstanceReader(TransferSyntax, RecordHeaders.Limits);
        await using var stored = new RecordStream(_record);
        var piece = new byte[DeflatedPieceBytes];
        for (int count; (count = await stored.ReadAsync(piece, cancellationToken)) > 0; )
        {
            reader.Feed(piece.AsSpan(0, count));
        }

        reader.Complete();
        return reader.Trailer!;
    }

    private async ValueTask<(byte[] OffsetTable, IReadOnlyList<FragmentRange> Fragments)> FragmentsAsync(
        RunPixelSource items,
        CancellationToken cancellationToken
    ) =>
        await FragmentTable.ReadAsync(_record, items, cancellationToken)
        ?? await FragmentScan.RunAsync(items, cancellationToken);
}
