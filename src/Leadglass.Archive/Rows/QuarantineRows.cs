using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Rows of quarantined content, the same from ingest and from a replay.</summary>
internal static class QuarantineRows
{
    public static QuarantineRow Of(RecordDescriptor descriptor, DataKey key, BlobLocation location, ArchiveKeys keys)
    {
        var instance = InstanceUids.Of(descriptor).Instance;
        var content = keys.OfContent(instance, descriptor.Digest);
        // The list shows what the descriptor says; the row keeps it, so that a list opens no records.
        var shown = keys.RowsOf(key.Id).Seal(descriptor.ToBytes(), content.ToArray());
        return new QuarantineRow(
            content,
            keys.OfDevice(descriptor.Source),
            keys.Of(instance),
            descriptor.Conflict ?? ConflictReason.OtherContent,
            key.Id,
            location,
            shown
        );
    }

    /// <exception cref="SealBrokenException">The row is not as it was sealed.</exception>
    public static RecordDescriptor Open(QuarantineRow row, ArchiveKeys keys) =>
        RecordDescriptor.Parse(keys.RowsOf(row.Key).Open(row.Sealed.Span, row.Content.ToArray()));
}
