using System.Globalization;
using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Turns a decision into changes of the index: the same when it is made and whenever it is replayed.</summary>
internal sealed class DecisionProjection(ArchiveKeys keys, IStudyIndex index)
{
    /// <summary>The studies whose rows have to be gathered anew once the changes are applied.</summary>
    public HashSet<Token> Studies { get; } = [];

    /// <summary>The studies that the decision is about; more than <see cref="Studies"/>.</summary>
    public HashSet<Token> Touched { get; } = [];

    /// <summary>Appends what the decision removes, hides, shows or changes.</summary>
    public async ValueTask AddAsync(
        DecisionRecord record,
        List<IndexChange> changes,
        CancellationToken cancellationToken
    )
    {
        await RemoveAsync(record.Decision, changes, cancellationToken);
        if (record.Study is { } uid)
        {
            await AddOfStudyAsync(record, keys.Of(uid), changes, cancellationToken);
        }

        Touched.UnionWith(Studies);
    }

    private async ValueTask AddOfStudyAsync(
        DecisionRecord record,
        Token study,
        List<IndexChange> changes,
        CancellationToken cancellationToken
    )
    {
        if (await index.FindStudyAsync(study, cancellationToken) is not { } row)
        {
            return;
        }

        Touched.Add(study);
        var decision = record.Decision;
        if (decision.Rejects is { } rejects && RejectionReasons.Find(rejects.Code) is { } reason)
        {
            changes.Add(new IndexChange.AddDecision(record.ToRow(DecisionKind.Rejection, study, keys)));
            await ShowAsync(study, rejects.Instances, reason, changes, cancellationToken);
        }

        if (decision.Restores is { } restored)
        {
            await ShowAsync(study, restored, null, changes, cancellationToken);
        }

        if (decision.Corrects is { } patient)
        {
            Correct(record, row, patient, changes);
        }

        if (decision.Deletes is { IsEmpty: true })
        {
            changes.Add(new IndexChange.RemoveStudy(study));
        }
        else if (decision.Deletes is { } deleted)
        {
            await foreach (var instance in InStudyAsync(study, deleted, cancellationToken))
            {
                changes.Add(new IndexChange.RemoveInstance(instance));
                Studies.Add(study);
            }
        }
    }

    private void Correct(DecisionRecord record, StudyRow row, PatientCorrection patient, List<IndexChange> changes)
    {
        var rows = keys.RowsOf(row.Key);
        var content = RowContent.Open(rows, row.Token, row.Sealed);
        var current = keys.OfPatient(new PatientKey(patient.PatientId, patient.Issuer ?? ""), record.Study!.Value);
        RowCorrections.Apply(content, patient, row.Patient, current);
        changes.Add(new IndexChange.AddDecision(record.ToRow(DecisionKind.Correction, row.Token, keys)));
        changes.Add(
            new IndexChange.PutStudy(row with { Patient = current, Sealed = RowContent.Seal(rows, row.Token, content) })
        );
        changes.Add(new IndexChange.ForgetMetadata(row.Token));
    }

    private async ValueTask ShowAsync(
        Token study,
        IEnumerable<DecidedInstance> instances,
        RejectionReason? reason,
        List<IndexChange> changes,
        CancellationToken cancellationToken
    )
    {
        await foreach (var instance in InStudyAsync(study, instances, cancellationToken))
        {
            changes.Add(new IndexChange.RejectInstance(instance, reason));
            Studies.Add(study);
        }
    }

    /// <summary>Those that the study has: whatever a decision names, it decides about its own study only.</summary>
    private async IAsyncEnumerable<Token> InStudyAsync(
        Token study,
        IEnumerable<DecidedInstance> instances,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var named in instances)
        {
            if (
                SopInstanceUid.TryParse(named.Instance, out var uid)
                && await index.FindInstanceAsync(keys.Of(uid), cancellationToken) is { } row
                && await index.FindSeriesAsync(row.Series, cancellationToken) is { } series
                && series.Study == study
            )
            {
                yield return row.Token;
            }
        }
    }

    private async ValueTask RemoveAsync(
        Decision decision,
        List<IndexChange> changes,
        CancellationToken cancellationToken
    )
    {
        foreach (var content in decision.DiscardedContents)
        {
            changes.Add(new IndexChange.RemoveQuarantined(Parse(content)));
        }

        if (decision.DeletedStudy is { } deleted)
        {
            changes.Add(new IndexChange.RemoveStudy(Parse(deleted)));
            Studies.Add(Parse(deleted));
        }

        foreach (var instance in decision.DeletedInstances.Select(Parse))
        {
            if (
                await index.FindInstanceAsync(instance, cancellationToken) is { } row
                && await index.FindSeriesAsync(row.Series, cancellationToken) is { } series
            )
            {
                changes.Add(new IndexChange.RemoveInstance(instance));
                Studies.Add(series.Study);
            }
        }
    }

    /// <summary>
    /// Appends what the rows of those studies say anew: modalities and SOP classes of what is left. To be called when the
    /// removals are applied.
    /// </summary>
    public async ValueTask GatherAsync(List<IndexChange> changes, CancellationToken cancellationToken)
    {
        foreach (var token in Studies)
        {
            if (await index.FindStudyAsync(token, cancellationToken) is { InstanceCount: > 0 } study)
            {
                await GatherAsync(study, changes, cancellationToken);
            }
        }
    }

    private async ValueTask GatherAsync(StudyRow study, List<IndexChange> changes, CancellationToken cancellationToken)
    {
        var rows = keys.RowsOf(study.Key);
        List<string> modalities = [];
        List<string> departments = [];
        List<string> classes = [];
        await foreach (var series in index.SeriesOfAsync(study.Token, cancellationToken))
        {
            var content = RowContent.Open(rows, series.Token, series.Sealed);
            List<string> classesOfSeries = [];
            await foreach (var instance in index.InstancesOfAsync(series.Token, cancellationToken))
            {
                Add(
                    classesOfSeries,
                    RowContent.Open(rows, instance.Token, instance.Sealed).GetString(DicomTag.SOPClassUID)
                );
            }

            Add(modalities, content.GetString(DicomTag.Modality));
            Add(departments, content.GetString(DicomTag.InstitutionalDepartmentName));
            classesOfSeries.ForEach(sopClass => Add(classes, sopClass));
            content.SetString(DicomTag.SOPClassesInStudy, [.. classesOfSeries]);
            changes.Add(
                new IndexChange.PutSeries(series with { Sealed = RowContent.Seal(rows, series.Token, content) })
            );
        }

        var ofStudy = RowContent.Open(rows, study.Token, study.Sealed);
        ofStudy.SetString(DicomTag.SOPClassesInStudy, [.. classes]);
        ofStudy.SetString(DicomTag.ModalitiesInStudy, [.. modalities]);
        RowDepartments.Set(ofStudy, departments);
        changes.Add(new IndexChange.PutStudy(study with { Sealed = RowContent.Seal(rows, study.Token, ofStudy) }));
    }

    private static void Add(List<string> values, string? value)
    {
        if (value is { Length: > 0 } && !values.Contains(value))
        {
            values.Add(value);
        }
    }

    private static Token Parse(string hexadecimal) =>
        UInt128.TryParse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value)
            ? new Token(value)
            : throw new BlobDamagedException("a decision names no token");
}
