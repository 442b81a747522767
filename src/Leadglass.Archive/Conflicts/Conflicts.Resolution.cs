using System.Buffers;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>Looking at quarantined content, and taking it in after all.</content>
public sealed partial class Conflicts
{
    private const int DifferencesMax = 1000;
    private const int PieceBytesMax = 64 << 10;

    /// <summary>
    /// In which attributes quarantined content differs from what it contradicts: from the stored instance of its UID, else
    /// from what is known of the patient and the study.
    /// </summary>
    /// <param name="grant">Leave to resolve conflicts: values come out.</param>
    /// <returns>Null: it is no longer in quarantine, or the grant does not cover both sides.</returns>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="SealingException">A record is damaged or erased.</exception>
    public async ValueTask<ConflictComparison?> CompareAsync(
        AccessGrant grant,
        QuarantinedInstance quarantined,
        CancellationToken cancellationToken
    )
    {
        RequireResolve(grant);
        if (
            await _index.FindQuarantinedAsync(quarantined.Content, cancellationToken) is not { } row
            || _keys.Ring.StateOf(row.Key) != KeyState.Held
        )
        {
            return null;
        }

        var (record, descriptor) = await _opener.OpenQuarantinedAsync(grant, row, cancellationToken);
        using (record)
        {
            var incoming = await RecordHeaders.ReadAsync(record, descriptor, cancellationToken);
            return await StoredAsync(grant, row, descriptor, cancellationToken) is { } stored
                ? new ConflictComparison(
                    Differences(stored.Header, incoming, stored.IsWhole),
                    stored.Digest is { } digest && digest.PixelData != descriptor.Digest.PixelData
                )
                : null;
        }
    }

    /// <summary>
    /// Takes quarantined content in: in place of the stored instance of its UID, or into a study of another patient, whose
    /// patient it then carries. Returns when that is durable.
    /// </summary>
    /// <param name="grant">Leave to resolve conflicts.</param>
    /// <param name="reason">Why; sealed with the decision.</param>
    /// <returns>
    /// False: it is no longer in quarantine, the grant does not cover it, or it cannot be: its series belongs to another
    /// study. Nothing changed then.
    /// </returns>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">
    /// It cannot be taken in, or what is stored cannot make way for it; the message says what to do. Nothing changed.
    /// </exception>
    /// <exception cref="SealingException">Its record is damaged or erased. Nothing changed.</exception>
    /// <exception cref="CommitFailedException">
    /// It could not be written. It is in quarantine still, and what was not done is done when it is tried again.
    /// </exception>
    public async Task<bool> AcceptAsync(
        AccessGrant grant,
        QuarantinedInstance quarantined,
        string reason,
        CancellationToken cancellationToken
    )
    {
        RequireResolve(grant);
        if (
            await _index.FindQuarantinedAsync(quarantined.Content, cancellationToken) is not { } row
            || _keys.Ring.StateOf(row.Key) != KeyState.Held
        )
        {
            return false;
        }

        var (record, descriptor) = await _opener.OpenQuarantinedAsync(grant, row, cancellationToken);
        using (record)
        {
            var uids = InstanceUids.Of(descriptor);
            var study = await _index.FindStudyAsync(_keys.Of(uids.Study), cancellationToken);
            var opened = study is null ? null : _opener.OpenStudyForRecords(grant, study);
            if ((study is not null && opened is null) || await IsOfOtherStudyAsync(uids, cancellationToken))
            {
                return false;
            }

            await RequireWayAsync(grant, uids, descriptor, cancellationToken);
            await RequireFitAsync(grant, record, descriptor, opened?.Facts.Patient, cancellationToken);
            if (!await MakeWayAsync(grant, uids, reason, cancellationToken))
            {
                return false;
            }

            if (opened is not null)
            {
                await CarryPatientAsync(grant, opened, descriptor, reason, cancellationToken);
            }

            var outcome = await TakeInAsync(grant, record, descriptor, opened?.Facts.Patient, cancellationToken);
            if (outcome.Result is not (IngestResult.Stored or IngestResult.AlreadyStored))
            {
                throw new CommitFailedException(outcome.Comment ?? "it still contradicts what is stored");
            }
        }

        await DiscardAsync(grant, [quarantined], reason, cancellationToken);
        return true;
    }

    private async ValueTask<bool> IsOfOtherStudyAsync(InstanceUids uids, CancellationToken cancellationToken) =>
        await _index.FindSeriesAsync(_keys.Of(uids.Series), cancellationToken) is { } series
        && series.Study != _keys.Of(uids.Study);

    /// <summary>Deletes the stored instance of the same UID; false if the grant does not cover it.</summary>
    private async ValueTask<bool> MakeWayAsync(
        AccessGrant grant,
        InstanceUids uids,
        string reason,
        CancellationToken cancellationToken
    )
    {
        if (
            await _index.FindInstanceAsync(_keys.Of(uids.Instance), cancellationToken) is not { } stored
            || await _index.FindSeriesAsync(stored.Series, cancellationToken) is not { } series
            || await _index.FindStudyAsync(series.Study, cancellationToken) is not { } study
        )
        {
            return true;
        }

        return _opener.OpenStudyForRecords(grant, study) is { } opened
            && await DeleteAsync(grant, opened.Facts.Study, [uids.Instance], reason, cancellationToken);
    }

    /// <summary>What leaves of the study has to name the study's patient, whatever the accepted content says.</summary>
    private async Task CarryPatientAsync(
        AccessGrant grant,
        OpenedStudy study,
        RecordDescriptor descriptor,
        string reason,
        CancellationToken cancellationToken
    )
    {
        if (
            study.Correction is not null
            || ContentOpener.FactsOf(descriptor).Patient == study.Facts.Patient
            || study.Facts.Patient is not { } patient
        )
        {
            return;
        }

        await _decisions.DecideAsync(
            study.Facts.Study,
            new Decision
            {
                Corrects = new PatientCorrection
                {
                    PatientId = patient.PatientId,
                    Issuer = patient.Issuer.Length == 0 ? null : patient.Issuer,
                    Name = study.Content.GetString(DicomTag.PatientName),
                    BirthDate = study.Content.GetString(DicomTag.PatientBirthDate),
                    Sex = study.Content.GetString(DicomTag.PatientSex),
                },
                Reason = reason,
            },
            grant.Identity.Key,
            cancellationToken
        );
    }

    /// <summary>The same way in as for what a device sends, so that it is checked and sealed like that.</summary>
    private async Task<IngestOutcome> TakeInAsync(
        AccessGrant grant,
        RecordOpener record,
        RecordDescriptor descriptor,
        PatientKey? patient,
        CancellationToken cancellationToken
    )
    {
        await using var incoming = new IncomingInstance(_context, grant, RequestOf(descriptor, patient), refusal: null);
        await using var stored = new RecordStream(record);
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytesMax);
        try
        {
            for (int count; (count = await stored.ReadAsync(piece, cancellationToken)) > 0; )
            {
                await incoming.WriteAsync(new ReadOnlySequence<byte>(piece, 0, count), cancellationToken);
            }

            return await incoming.CompleteAsync(cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece, clearArray: true);
        }
    }

    private async ValueTask<(DataSet Header, bool IsWhole, ContentDigest? Digest)?> StoredAsync(
        AccessGrant grant,
        QuarantineRow row,
        RecordDescriptor descriptor,
        CancellationToken cancellationToken
    )
    {
        if (
            await _index.FindInstanceAsync(row.Instance, cancellationToken) is { } instance
            && await _index.FindSeriesAsync(instance.Series, cancellationToken) is { } series
            && await _index.FindStudyAsync(series.Study, cancellationToken) is { } ofInstance
            && _opener.OpenStudyForRecords(grant, ofInstance) is { } opened
        )
        {
            var (record, known) = await _opener.OpenForComparisonAsync(grant, opened, instance, cancellationToken);
            using (record)
            {
                return (await RecordHeaders.ReadAsync(record, known, cancellationToken), true, known.Digest);
            }
        }

        return await OpenAsync(grant, InstanceUids.Of(descriptor).Study, cancellationToken) is { } study
            ? (study.Content, false, null)
            : null;
    }

    /// <param name="isWhole">The stored side is an instance, not a row: what it lacks is a difference too.</param>
    private static List<ConflictingAttribute> Differences(DataSet stored, DataSet incoming, bool isWhole)
    {
        List<ConflictingAttribute> differences = [];
        var tags = isWhole
            ? stored.Concat(incoming).Select(element => element.Tag).Distinct().Order()
            : QueryAttributes.Patient.Concat(QueryAttributes.Study);
        foreach (var tag in tags)
        {
            var (one, other) = (TextOf(stored, tag), TextOf(incoming, tag));
            if (one != other && differences.Count < DifferencesMax)
            {
                differences.Add(new ConflictingAttribute(tag, one, other));
            }
        }

        return differences;
    }

    private static string TextOf(DataSet dataSet, DicomTag tag) =>
        dataSet.Find(tag) switch
        {
            null => "",
            ValueElement { Vr.IsText: true } => string.Join('\\', dataSet.GetStrings(tag)),
            ValueElement value => Convert.ToHexString(value.LittleEndianBytes.Span[..Math.Min(64, value.Bytes.Length)]),
            SequenceElement sequence => $"{sequence.Items.Count} items #{DigestOf(sequence)}",
            _ => "",
        };

    private static string DigestOf(SequenceElement sequence)
    {
        var part = new DataSet();
        part.Set(RowContent.Copy(sequence));
        return Convert.ToHexString(
            System.Security.Cryptography.SHA256.HashData(
                DataSetWriter.ToBytes(part, TransferSyntax.ExplicitVrLittleEndian).Span
            ),
            0,
            4
        );
    }
}

/// <summary>What quarantined content says otherwise than what it contradicts.</summary>
/// <param name="Attributes">Attributes that differ, at most 1,000.</param>
/// <param name="PixelDataDiffers">The pixel data differs, or is compressed in another way.</param>
public sealed record ConflictComparison(IReadOnlyList<ConflictingAttribute> Attributes, bool PixelDataDiffers)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"{Attributes.Count} attributes differ";
}

/// <summary>An attribute that differs.</summary>
/// <param name="Tag">Which.</param>
/// <param name="Stored">What is stored, as text; of what is no text the first bytes in hexadecimal digits.</param>
/// <param name="Incoming">What the quarantined content says.</param>
public sealed record ConflictingAttribute(DicomTag Tag, string Stored, string Incoming)
{
    /// <summary>Reveals nothing of the values.</summary>
    public override string ToString() => Tag.ToString();
}
