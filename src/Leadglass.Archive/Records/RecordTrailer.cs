using System.Buffers;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Reads the attributes that stand behind the pixel data of a stored instance, and nothing of the pixel data.</summary>
internal static class RecordTrailer
{
    private const int DelimiterBytes = 8;
    private const int DeflatedPieceBytes = 4 << 10;

    /// <summary>The attributes; empty where there are none, null where they are longer than may be held.</summary>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    /// <exception cref="DicomFormatException">They are no data set.</exception>
    public static async ValueTask<DataSet?> ReadAsync(
        RecordOpener record,
        TransferSyntax syntax,
        PixelDataLayout pixels,
        int bytesMax,
        CancellationToken cancellationToken
    )
    {
        if (syntax.IsDeflated)
        {
            return await ReadDeflatedAsync(record, syntax, cancellationToken);
        }

        if (await StartAsync(record, pixels, cancellationToken) is not { } start)
        {
            return new DataSet();
        }

        var length = record.RunLength(RecordRun.PixelData) - start;
        if (length <= 0)
        {
            return new DataSet();
        }

        if (length > bytesMax)
        {
            return null;
        }

        var bytes = new byte[length];
        await record.ReadAsync(RecordRun.PixelData, start, bytes, cancellationToken);
        return DataSetReader.Read(new ReadOnlySequence<byte>(bytes), syntax, RecordHeaders.Limits);
    }

    /// <summary>The Basic Offset Table and the fragments, counted from its item.</summary>
    /// <exception cref="FrameUnavailableException">These are no items, or too many.</exception>
    public static async ValueTask<(byte[] OffsetTable, IReadOnlyList<FragmentRange> Fragments)> FragmentsAsync(
        RecordOpener record,
        RunPixelSource items,
        CancellationToken cancellationToken
    ) =>
        await FragmentTable.ReadAsync(record, items, cancellationToken)
        ?? await FragmentScan.RunAsync(items, cancellationToken);

    /// <summary>Null where fragments do not end as their headers say: nothing can be told of what follows.</summary>
    private static async ValueTask<long?> StartAsync(
        RecordOpener record,
        PixelDataLayout pixels,
        CancellationToken cancellationToken
    )
    {
        var value = pixels.ValueOffset - pixels.Offset;
        if (pixels.Length is { } native)
        {
            return value + native;
        }

        var items = new RunPixelSource(record, value, record.RunLength(RecordRun.PixelData) - value);
        try
        {
            var (table, fragments) = await FragmentsAsync(record, items, cancellationToken);
            return value
                + (
                    fragments.Count == 0
                        ? DelimiterBytes + table.Length + DelimiterBytes
                        : fragments[^1].Offset + fragments[^1].Length + DelimiterBytes
                );
        }
        catch (FrameUnavailableException)
        {
            return null;
        }
    }

    private static async ValueTask<DataSet> ReadDeflatedAsync(
        RecordOpener record,
        TransferSyntax syntax,
        CancellationToken cancellationToken
    )
    {
        using var reader = new InstanceReader(syntax, RecordHeaders.Limits);
        await using var stored = new RecordStream(record);
        var piece = new byte[DeflatedPieceBytes];
        for (int count; (count = await stored.ReadAsync(piece, cancellationToken)) > 0; )
        {
            reader.Feed(piece.AsSpan(0, count));
        }

        reader.Complete();
        return reader.Trailer!;
    }
}
