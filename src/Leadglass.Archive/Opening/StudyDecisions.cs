using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>Opens what was decided about a study, for lists, and metadata that lies ready.</content>
internal sealed partial class ContentOpener
{
    /// <summary>What a decision says, with whose study it is about; null if the grant does not cover the study, or it is erased.</summary>
    /// <exception cref="AccessRefusedException">The grant holds no longer.</exception>
    public (RecordDescriptor Descriptor, StudyFacts Study)? OpenDecision(
        AccessGrant grant,
        DecisionRow row,
        StudyRow study
    )
    {
        if (keys.Ring.StateOf(row.Key) != KeyState.Held || keys.Ring.StateOf(study.Key) != KeyState.Held)
        {
            return null;
        }

        var facts = FactsOf(RowContent.Open(keys.RowsOf(study.Key), study.Token, study.Sealed));
        return Covers(grant, facts) ? (DecisionRecord.Open(row, keys), facts) : null;
    }

    /// <summary>Opens a study's row even when all of it is rejected: for whoever keeps the records.</summary>
    /// <inheritdoc cref="OpenStudy" />
    public OpenedStudy? OpenStudyForRecords(AccessGrant grant, StudyRow row)
    {
        if (keys.Ring.StateOf(row.Key) != KeyState.Held)
        {
            return null;
        }

        var rows = keys.RowsOf(row.Key);
        var content = RowContent.Open(rows, row.Token, row.Sealed);
        var facts = FactsOf(content);
        return Covers(grant, facts) ? new OpenedStudy(row, content, facts, rows) : null;
    }

    /// <summary>Opens metadata for release, once the trail has it that the study is released.</summary>
    /// <exception cref="AccessRefusedException">The grant does not hold or cover the study, or the trail fails.</exception>
    /// <exception cref="SealBrokenException">It is not as it was sealed.</exception>
    public static async ValueTask<ReadyMetadata> OpenMetadataAsync(
        AccessGrant grant,
        OpenedStudy study,
        OpenedSeries series,
        MetadataRow row,
        CancellationToken cancellationToken
    )
    {
        await grant.AuthorizeAsync(series.Facts, cancellationToken);
        return MetadataRows.Open(row, study.Rows);
    }

    /// <summary>What a record is, without its content; null for one that is erased.</summary>
    /// <exception cref="SealingException">The record is damaged.</exception>
    public async ValueTask<RecordDescriptor?> OpenDescriptorAsync(
        BlobLocation location,
        CancellationToken cancellationToken
    )
    {
        var source = new BlobSource(blobs, location);
        var header = await RecordOpener.ReadHeaderAsync(source, cancellationToken);
        if (header.KeyId != keys.Archive.Id && keys.Ring.StateOf(header.KeyId) != KeyState.Held)
        {
            return null;
        }

        var key = header.KeyId == keys.Archive.Id ? keys.Archive : keys.Ring.Find(header.KeyId);
        using var record = await RecordOpener.OpenAsync(source, key, cancellationToken);
        return RecordDescriptor.Parse(
            await record.ReadRunAsync(RecordRun.Descriptor, RecordDescriptor.BytesMax, cancellationToken)
        );
    }

    /// <summary>Whether the grant covers a study that is no longer here, by what a record of it says.</summary>
    /// <exception cref="AccessRefusedException">The grant holds no longer.</exception>
    public bool CoversFormer(AccessGrant grant, RecordDescriptor descriptor) => Covers(grant, FactsOf(descriptor));
}
