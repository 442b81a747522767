using System.Globalization;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Turns a decision into changes of the index: the same when it is made and whenever it is replayed.</summary>
internal sealed class DecisionProjection(ArchiveKeys keys, IStudyIndex index)
{
    /// <summary>The studies whose rows have to be gathered anew once the changes are applied.</summary>
    public HashSet<Token> Studies { get; } = [];

    /// <summary>Appends what the decision removes.</summary>
    public async ValueTask AddAsync(Decision decision, List<IndexChange> changes, CancellationToken cancellationToken)
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
            if (await index.FindStudyAsync(token, cancellationToken) is { } study)
            {
                await GatherAsync(study, changes, cancellationToken);
            }
        }
    }

    private async ValueTask GatherAsync(StudyRow study, List<IndexChange> changes, CancellationToken cancellationToken)
    {
        var rows = keys.RowsOf(study.Key);
        List<string> modalities = [];
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
            classesOfSeries.ForEach(sopClass => Add(classes, sopClass));
            content.SetString(DicomTag.SOPClassesInStudy, [.. classesOfSeries]);
            changes.Add(
                new IndexChange.PutSeries(series with { Sealed = RowContent.Seal(rows, series.Token, content) })
            );
        }

        var ofStudy = RowContent.Open(rows, study.Token, study.Sealed);
        ofStudy.SetString(DicomTag.SOPClassesInStudy, [.. classes]);
        ofStudy.SetString(DicomTag.ModalitiesInStudy, [.. modalities]);
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
