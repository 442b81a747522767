using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// The one component that opens what is sealed in order to release it. Everything it gives out is of a study that the
/// grant covers; pixel data and whole attributes only after the trail has a durable record of the study.
/// </summary>
internal sealed partial class ContentOpener(IBlobStore blobs, ArchiveKeys keys)
{
    /// <summary>Opens a study's row; null if the grant does not cover the study, or it is rejected whole or erased.</summary>
    /// <exception cref="AccessRefusedException">The grant holds no longer: what is left out would look as if it were not there.</exception>
    public OpenedStudy? OpenStudy(AccessGrant grant, StudyRow row) =>
        row.InstanceCount == 0 ? null : OpenStudyForRecords(grant, row);

    /// <summary>Opens a series' row; null if the grant does not cover this part of the study, or it is rejected.</summary>
    /// <exception cref="AccessRefusedException">The grant holds no longer.</exception>
    public static OpenedSeries? OpenSeries(AccessGrant grant, OpenedStudy study, SeriesRow row)
    {
        if (row.InstanceCount == 0)
        {
            return null;
        }

        var content = RowContent.Open(study.Rows, row.Token, row.Sealed);
        var facts = study.Facts with { Modalities = content.GetString(DicomTag.Modality) is { } one ? [one] : [] };
        return Covers(grant, facts) ? new OpenedSeries(row, content, facts, study.Correction) : null;
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
        return await OpenRecordAsync(facts, instance, location, RecordKind.Instance, cancellationToken);
    }

    /// <summary>Opens quarantined content for whoever resolves conflicts, once the trail has it.</summary>
    /// <exception cref="AccessRefusedException">The grant does not hold or cover the study, or the trail fails.</exception>
    /// <exception cref="SealingException">The record is damaged or erased.</exception>
    public async ValueTask<(RecordOpener Record, RecordDescriptor Descriptor)> OpenQuarantinedAsync(
        AccessGrant grant,
        QuarantineRow row,
        CancellationToken cancellationToken
    )
    {
        if (grant.Operation is not Operation.ResolveConflict)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        var facts = FactsOf(QuarantineRows.Open(row, keys));
        await grant.AuthorizeAsync(facts, cancellationToken);
        return await OpenRecordAsync(facts, row.Instance, row.Location, RecordKind.Quarantined, cancellationToken);
    }

    /// <summary>Opens a stored instance to compare quarantined content with, once the trail has it.</summary>
    /// <inheritdoc cref="OpenQuarantinedAsync" />
    public async ValueTask<(RecordOpener Record, RecordDescriptor Descriptor)> OpenForComparisonAsync(
        AccessGrant grant,
        OpenedStudy study,
        InstanceRow row,
        CancellationToken cancellationToken
    )
    {
        if (grant.Operation is not Operation.ResolveConflict)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        await grant.AuthorizeAsync(study.Facts, cancellationToken);
        return await OpenRecordAsync(study.Facts, row.Token, row.Location, RecordKind.Instance, cancellationToken);
    }

    /// <summary>What quarantined content says whose it is.</summary>
    public static StudyFacts FactsOf(RecordDescriptor descriptor) =>
        new()
        {
            Study = StudyOf(descriptor),
            Patient = descriptor.PatientId is { Length: > 0 } id ? new PatientKey(id, descriptor.Issuer ?? "") : null,
        };

    private async ValueTask<(RecordOpener Record, RecordDescriptor Descriptor)> OpenRecordAsync(
        StudyFacts facts,
        Token instance,
        BlobLocation location,
        RecordKind kind,
        CancellationToken cancellationToken
    )
    {
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
            return descriptor.Kind == kind && keys.Of(StudyOf(descriptor)) == keys.Of(facts.Study)
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
            Referring = ReferringPhysician.Of(content),
        };
}

/// <summary>A study that a grant covers, opened.</summary>
internal sealed record OpenedStudy(StudyRow Row, DataSet Content, StudyFacts Facts, RowSealer Rows)
{
    /// <summary>Whose what leaves is; null where it is as it came.</summary>
    public PatientCorrection? Correction { get; } = RowCorrections.Of(Content);

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "study";
}

/// <summary>A series that a grant covers, opened.</summary>
internal sealed record OpenedSeries(SeriesRow Row, DataSet Content, StudyFacts Facts, PatientCorrection? Correction)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "series";
}
