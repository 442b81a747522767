using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>What a path names: study, series, instance (PS3.18 10.4).</content>
public sealed partial class InstanceRetrieval
{
    /// <summary>
    /// The instances of a study, of one of its series, or one of them; series and instances in the order of their arrival.
    /// Empty where there is none, or none that the grant covers.
    /// </summary>
    /// <param name="grant">Leave to retrieve, move or export.</param>
    /// <exception cref="SearchRefusedException">The study has more instances than one retrieve may comprise.</exception>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold.</exception>
    public async ValueTask<IReadOnlyList<ArchivedInstance>> FindAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid? series,
        SopInstanceUid? instance,
        CancellationToken cancellationToken
    )
    {
        RequireRelease(grant);
        var all = new Selection(_decisions.Value);
        if (
            await _index.FindStudyAsync(_keys.Of(study), cancellationToken) is not { } row
            || _opener.OpenStudy(grant, row) is not { } opened
        )
        {
            return [];
        }

        if (instance is { } one)
        {
            await AddInstanceAsync(grant, opened, series, one, all, cancellationToken);
            return all.Instances;
        }

        await foreach (var part in SeriesAsync(grant, opened, series, cancellationToken))
        {
            await AddInstancesAsync(opened, part, null, all, cancellationToken);
        }

        return all.Instances;
    }

    /// <summary>One instance, or null where there is none that the grant covers.</summary>
    /// <inheritdoc cref="FindAsync(AccessGrant, StudyInstanceUid, SeriesInstanceUid?, SopInstanceUid?, CancellationToken)"/>
    public async ValueTask<ArchivedInstance?> FindAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid series,
        SopInstanceUid instance,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(grant, study, (SeriesInstanceUid?)series, instance, cancellationToken) is [var found]
            ? found
            : null;

    private static void RequireRelease(AccessGrant grant)
    {
        if (grant.Operation is not (Operation.Retrieve or Operation.Move or Operation.Export))
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
    }

    private async ValueTask AddInstanceAsync(
        AccessGrant grant,
        OpenedStudy study,
        SeriesInstanceUid? series,
        SopInstanceUid instance,
        Selection selected,
        CancellationToken cancellationToken
    )
    {
        if (
            await _index.FindInstanceAsync(_keys.Of(instance), cancellationToken) is { Rejected: null } row
            && (series is not { } named || _keys.Of(named) == row.Series)
            && await _index.FindSeriesAsync(row.Series, cancellationToken) is { } seriesRow
            && seriesRow.Study == study.Row.Token
            && ContentOpener.OpenSeries(grant, study, seriesRow) is { } opened
        )
        {
            Add(selected, study, row, opened);
        }
    }

    private static void Add(Selection selected, OpenedStudy study, InstanceRow row, OpenedSeries series) =>
        selected.Instances.Add(
            ArchivedInstance.Of(row, ContentOpener.OpenInstance(study, row), series, selected.Decisions)
        );

    /// <summary>The series of a study that the grant covers, or the one that is named.</summary>
    private async IAsyncEnumerable<OpenedSeries> SeriesAsync(
        AccessGrant grant,
        OpenedStudy study,
        SeriesInstanceUid? named,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (named is { } uid)
        {
            if (
                await _index.FindSeriesAsync(_keys.Of(uid), cancellationToken) is { } one
                && one.Study == study.Row.Token
                && ContentOpener.OpenSeries(grant, study, one) is { } series
            )
            {
                yield return series;
            }

            yield break;
        }

        await foreach (var row in _index.SeriesOfAsync(study.Row.Token, cancellationToken))
        {
            if (ContentOpener.OpenSeries(grant, study, row) is { } series)
            {
                yield return series;
            }
        }
    }

    private async ValueTask AddInstancesAsync(
        OpenedStudy study,
        OpenedSeries series,
        HashSet<Token>? wanted,
        Selection selected,
        CancellationToken cancellationToken
    )
    {
        await foreach (var row in _index.InstancesOfAsync(series.Row.Token, cancellationToken))
        {
            if (wanted?.Contains(row.Token) == false)
            {
                continue;
            }

            if (selected.Instances.Count >= _options.RetrievedInstancesMax)
            {
                throw new SearchRefusedException(
                    QueryStatus.UnableToCountMatches,
                    "too many instances: retrieve less at once"
                );
            }

            Add(selected, study, row, series);
        }
    }

    private string VersionOf(ArchivedInstance instance) =>
        InstanceVersion.Of(instance.Token, instance.Location, instance.Correction, _keys);
}
