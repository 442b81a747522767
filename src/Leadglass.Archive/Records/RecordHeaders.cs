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
        var syntax =
            TransferSyntax.Find(descriptor.TransferSyntax ?? "")
            ?? throw new BlobDamagedException("a descriptor without a transfer syntax known here");
        using var reader = new InstanceReader(syntax, Limits);
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

        if (reader.Header is null)
        {
            reader.Complete();
        }

        return reader.Header!;
    }
}
