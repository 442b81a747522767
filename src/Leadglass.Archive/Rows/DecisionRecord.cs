using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>A decision as the log has it.</summary>
/// <param name="Descriptor">Who decided what.</param>
/// <param name="Record">The record's id.</param>
/// <param name="Key">Which key it is sealed under: its study's, or the archive's.</param>
internal sealed record DecisionRecord(RecordDescriptor Descriptor, RecordId Record, KeyId Key)
{
    /// <exception cref="BlobDamagedException">The descriptor is of no decision.</exception>
    public Decision Decision =>
        Descriptor.Decision ?? throw new BlobDamagedException("a descriptor without the decision that it is of");

    /// <summary>The study that it is about; null for a decision about the archive as a whole.</summary>
    public StudyInstanceUid? Study => StudyInstanceUid.TryParse(Descriptor.Study, out var study) ? study : null;

    /// <summary>For lists: what the descriptor says, sealed under the study's key.</summary>
    public DecisionRow ToRow(DecisionKind kind, Token study, ArchiveKeys keys)
    {
        var record = new Token(Record.Value);
        return new DecisionRow(record, kind, study, Key, keys.RowsOf(Key).Seal(Descriptor.ToBytes(), record.ToArray()));
    }

    /// <summary>What a row says.</summary>
    /// <exception cref="SealBrokenException">The row is not as it was sealed.</exception>
    public static RecordDescriptor Open(DecisionRow row, ArchiveKeys keys) =>
        RecordDescriptor.Parse(keys.RowsOf(row.Key).Open(row.Sealed.Span, row.Record.ToArray()));

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "decision";
}
