using System.Buffers;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Reads the attributes of a stored instance, without its pixel data.</summary>
internal static class RecordHeaders
{
    /// <summary>Attributes longer than this are not taken in: 16 MiB.</summary>
    public const int BytesMax = 16 << 20;

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
        // A deflated data set lies in this run as a whole; the others end before the pixel data.
        var bytes = await record.ReadRunAsync(
            RecordRun.Attributes,
            syntax.IsDeflated ? int.MaxValue : BytesMax,
            cancellationToken
        );
        return DataSetReader.Read(
            new ReadOnlySequence<byte>(bytes),
            syntax,
            Limits,
            syntax.IsDeflated ? DicomTag.FloatPixelData : null
        );
    }
}
