using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// The one component that opens what is sealed in order to release it. Everything it gives out is of a study that the
/// grant covers; pixel data and whole attributes only after the trail has a durable record of the study.
/// </summary>
internal sealed class ContentOpener(IBlobStore blobs, ArchiveKeys keys)
{
    /// <summary>Opens a study's row; null if the grant does not cover the study, or it is erased.</summary>
    /// <exception cref="AccessRefusedException">The grant holds no longer: what is left out would look as if it were not there.</exception>
    public OpenedStudy? OpenStudy(AccessGrant grant, StudyRow row)
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

    /// <summary>Opens a series' row; null if the grant does not cover this part of the study.</summary>
    /// <exception cref="AccessRefusedException">The grant holds no longer.</exception>
    public static OpenedSeries? OpenSeries(AccessGrant grant, OpenedStudy study, SeriesRow row)
    {
        var content = RowContent.Open(study.Rows, row.Token, row.Sealed);
        var facts = study.Facts with { Modalities = content.GetString(DicomTag.Modality) is { } one ? [one] : [] };
        return Covers(grant, facts) ? new OpenedSeries(row, content, facts) : null;
    }

    private static bool Covers(AccessGrant grant, StudyFacts facts) =>
        grant.Covers(facts) || (grant.Voided is { } reason ? throw new AccessRefusedException(reason) : false);

    /// <summary>Opens an instance's row.</summary>
    public static DataSet OpenInstance(OpenedStudy study, InstanceRow row) =>
        RowContent.Open(study.Rows, row.Token, row.Sealed);

    /// <summary>Opens a record for release, once the trail has it that the study is released.</summary>
    /// <exception cref="AccessRefusedException">The grant does not hold or cover the study, or the trail fails.</exception>
    /// <exception cref="SealingException">The record is damaged or erased.</exception>
    public async ValueTask<(RecordOpener Record, RecordDescriptor Descriptor)> OpenRecordAsync(
        AccessGrant grant,
        StudyFacts facts,
        Token instance,
        BlobLocation location,
        CancellationToken cancellationToken
    )
    {
        if (grant.Operation is not (Operation.Retrieve or Operation.Move or Operation.Export))
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        await grant.AuthorizeAsync(facts, cancellationToken);
        var source = new BlobSource(blobs, location);
        var header = await RecordOpener.ReadHeaderAsync(source, cancellationToken);
        var record = await RecordOpener.OpenAsync(source, keys.Ring.Find(header.KeyId), cancellationToken);
        try
        {
            if (record.Instance != instance)
            {
                throw new SealBrokenException($"record {header.RecordId} is of another instance than the index says");
            }

            var descriptor = RecordDescriptor.Parse(
                await record.ReadRunAsync(RecordRun.Descriptor, RecordDescriptor.BytesMax, cancellationToken)
            );
            return descriptor.Kind is RecordKind.Instance && keys.Of(StudyOf(descriptor)) == keys.Of(facts.Study)
                ? (record, descriptor)
                : throw new SealBrokenException($"record {header.RecordId} is of another study than the index says");
        }
        catch
        {
            record.Dispose();
            throw;
        }
    }

    private static StudyInstanceUid StudyOf(RecordDescriptor descriptor) =>
        StudyInstanceUid.TryParse(descriptor.Study, out var study) ? study : default;

    private static StudyFacts FactsOf(DataSet content) =>
        new()
        {
            Study = StudyInstanceUid.TryParse(content.GetString(DicomTag.StudyInstanceUID), out var study)
                ? study
                : default,
            Patient = content.GetString(DicomTag.PatientID) is { } id
                ? new PatientKey(id, content.GetString(DicomTag.IssuerOfPatientID) ?? "")
                : null,
            Modalities = [.. content.GetStrings(DicomTag.ModalitiesInStudy)],
        };
}

/// <summary>A study that a grant covers, opened.</summary>
internal sealed record OpenedStudy(StudyRow Row, DataSet Content, StudyFacts Facts, RowSealer Rows)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "study";
}

/// <summary>A series that a grant covers, opened.</summary>
internal sealed record OpenedSeries(SeriesRow Row, DataSet Content, StudyFacts Facts)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "series";
}
