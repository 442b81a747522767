using System.Text;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>The metadata of a series as the index keeps it: sealed under the study's key, bound to the series.</summary>
internal static class MetadataRows
{
    /// <summary>Longer metadata is not kept ready: 16 MiB when compressed.</summary>
    public const int CompressedBytesMax = 16 << 20;

    private const int VersionBytes = 22;

    /// <summary>Null for what is too long to be kept.</summary>
    public static MetadataRow? Of(SeriesRow series, ReadyMetadata metadata, RowSealer rows)
    {
        if (metadata.Compressed.Length > CompressedBytesMax)
        {
            return null;
        }

        var plain = new byte[VersionBytes + metadata.Compressed.Length];
        Encoding.ASCII.GetBytes(metadata.Version, plain);
        metadata.Compressed.Span.CopyTo(plain.AsSpan(VersionBytes));
        return new MetadataRow(
            series.Token,
            series.Changes,
            metadata.InstanceCount,
            metadata.UncompressedLength,
            rows.Seal(plain, AssociatedWith(series.Token))
        );
    }

    /// <exception cref="SealBrokenException">It was sealed for another series or is not as it was sealed.</exception>
    public static ReadyMetadata Open(MetadataRow row, RowSealer rows)
    {
        var plain = rows.Open(row.Sealed.Span, AssociatedWith(row.Series));
        return new ReadyMetadata(
            Encoding.ASCII.GetString(plain, 0, VersionBytes),
            plain.AsMemory(VersionBytes),
            row.Length,
            row.Instances
        );
    }

    // No series row passes for metadata, and the other way round.
    private static byte[] AssociatedWith(Token series) => [.. "metadata"u8, .. series.ToArray()];
}
