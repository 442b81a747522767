using System.Buffers;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Reads the attributes of a stored instance, without its pixel data.</summary>
internal static class RecordHeaders
{
    /// <summary>Attributes longer than this are not taken in: 16 MiB.</summary>
    public const int BytesMax = 16 << 20;

    // What deflates badly grows a little; twice the limit is enough for any attributes within it.
    private const int DeflatedBytesMax = 2 * BytesMax;

    /// <summary>What ingest and replay read with: a deflated instance may inflate to 64 GiB.</summary>
    public static ReadLimits Limits { get; } = new() { HeldBytesMax = BytesMax, TotalBytesMax = 64L << 30 };

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
        var bytes = syntax.IsDeflated
            ? await ReadDeflatedAsync(record, cancellationToken)
            : await record.ReadRunAsync(RecordRun.Attributes, BytesMax, cancellationToken);
        return DataSetReader.Read(
            new ReadOnlySequence<byte>(bytes),
            syntax,
            Limits,
            syntax.IsDeflated ? DicomTag.FloatPixelData : null
        );
    }

    /// <summary>
    /// A deflated data set lies in this run as a whole, pixel data included; its attributes are in the first part of it.
    /// </summary>
    private static async ValueTask<byte[]> ReadDeflatedAsync(RecordOpener record, CancellationToken cancellationToken)
    {
        var bytes = new byte[Math.Min(record.RunLength(RecordRun.Attributes), DeflatedBytesMax)];
        await record.ReadAsync(RecordRun.Attributes, 0, bytes, cancellationToken);
        return bytes;
    }
}
