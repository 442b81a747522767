using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Gives instances out (PS3.4 C.4.2, C.4.3): what a request names, then each as a stream. Everything is of studies that
/// the grant covers, and leaves after the trail has a durable record of its study.
/// </summary>
public sealed partial class InstanceRetrieval
{
    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly StudyDirectory _directory;
    private readonly ContentOpener _opener;
    private readonly MetadataKeeper _metadata;
    private readonly DecisionCount _decisions;
    private readonly ArchiveOptions _options;

    internal InstanceRetrieval(
        IStudyIndex index,
        ArchiveKeys keys,
        StudyDirectory directory,
        ContentOpener opener,
        MetadataKeeper metadata,
        DecisionCount decisions,
        ArchiveOptions options
    )
    {
        (_index, _keys, _directory, _opener) = (index, keys, directory, opener);
        (_metadata, _decisions, _options) = (metadata, decisions, options);
    }

    /// <summary>
    /// The instances that a retrieve request names by its unique keys, hierarchically or relationally; UIDs may be lists.
    /// Studies outside the grant's scope are as if they were not there.
    /// </summary>
    /// <param name="grant">Leave to retrieve, move or export.</param>
    /// <param name="request">The identifier: level and unique keys. Other keys are not looked at.</param>
    /// <exception cref="SearchRefusedException">The identifier is wrong, or names too much.</exception>
    /// <exception cref="AccessRefusedException">The grant is for something else.</exception>
    public async ValueTask<IReadOnlyList<ArchivedInstance>> SelectAsync(
        AccessGrant grant,
        SearchRequest request,
        CancellationToken cancellationToken
    )
    {
        RequireRelease(grant);
        var keys = RetrieveKeys.Of(request);
        var selected = new Selection(_decisions.Value);
        foreach (var token in await StudiesAsync(keys, cancellationToken))
        {
            if (
                await _index.FindStudyAsync(token, cancellationToken) is { } row
                && _opener.OpenStudy(grant, row) is { } study
                && keys.MatchesPatient(study.Content)
            )
            {
                await SelectAsync(grant, study, keys, selected, cancellationToken);
            }
        }

        return selected.Instances;
    }

    /// <summary>Opens one instance, as the decisions taken until now have it.</summary>
    /// <param name="grant">Leave to retrieve, move or export.</param>
    /// <param name="instance">One that <see cref="SelectAsync(AccessGrant, SearchRequest, CancellationToken)"/> gave.</param>
    /// <exception cref="AccessRefusedException">The grant does not hold or cover it, or the trail fails.</exception>
    /// <exception cref="SealingException">The record is damaged, or was erased meanwhile.</exception>
    /// <exception cref="BlobDamagedException">The record is missing.</exception>
    /// <exception cref="InstanceWithdrawnException">It was rejected, or became another's, since it was selected.</exception>
    public async ValueTask<OpenedInstance> OpenAsync(
        AccessGrant grant,
        ArchivedInstance instance,
        CancellationToken cancellationToken
    )
    {
        if (instance.Decisions != _decisions.Value)
        {
            instance =
                await FindAsync(grant, instance.Facts.Study, instance.Series, instance.SopInstance, cancellationToken)
                ?? throw new InstanceWithdrawnException();
        }

        var (record, descriptor) = await _opener.OpenRecordAsync(
            grant,
            instance.Facts,
            instance.Token,
            instance.Location,
            cancellationToken
        );
        return new OpenedInstance(instance, record, descriptor, VersionOf(instance));
    }

    private async ValueTask SelectAsync(
        AccessGrant grant,
        OpenedStudy study,
        RetrieveKeys keys,
        Selection selected,
        CancellationToken cancellationToken
    )
    {
        var wantedSeries = Wanted(keys.Series, uid => _keys.Of(uid));
        var wantedInstances = Wanted(keys.Instances, uid => _keys.Of(uid));
        await foreach (var row in _index.SeriesOfAsync(study.Row.Token, cancellationToken))
        {
            if (
                wantedSeries?.Contains(row.Token) == false
                || ContentOpener.OpenSeries(grant, study, row) is not { } series
            )
            {
                continue;
            }

            await AddInstancesAsync(study, series, wantedInstances, selected, cancellationToken);
        }
    }

    private async ValueTask<IReadOnlyList<Token>> StudiesAsync(RetrieveKeys keys, CancellationToken cancellationToken)
    {
        if (keys.Studies.Count > 0)
        {
            return [.. keys.Studies.Select(study => _keys.Of(study)).Distinct()];
        }

        List<Token> studies = [];
        if (keys.Series.Count > 0)
        {
            foreach (var uid in keys.Series)
            {
                if (await _index.FindSeriesAsync(_keys.Of(uid), cancellationToken) is { } series)
                {
                    studies.Add(series.Study);
                }
            }
        }
        else if (keys.Instances.Count > 0)
        {
            foreach (var uid in keys.Instances)
            {
                if (
                    await _index.FindInstanceAsync(_keys.Of(uid), cancellationToken) is { } instance
                    && await _index.FindSeriesAsync(instance.Series, cancellationToken) is { } series
                )
                {
                    studies.Add(series.Study);
                }
            }
        }
        else
        {
            studies.AddRange(_directory.Where(entry => entry.PatientId == keys.PatientId).Select(entry => entry.Token));
        }

        return [.. studies.Distinct()];
    }

    /// <summary>What was selected so far, knowing of so many decisions: their number is read before the index is.</summary>
    private sealed record Selection(long Decisions)
    {
        public List<ArchivedInstance> Instances { get; } = [];
    }

    private static HashSet<Token>? Wanted<T>(IReadOnlyList<T> uids, Func<T, Token> token) =>
        uids.Count == 0 ? null : [.. uids.Select(token)];
}
