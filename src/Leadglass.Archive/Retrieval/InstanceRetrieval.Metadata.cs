using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>Metadata (PS3.18 10.4.1.1.2).</content>
public sealed partial class InstanceRetrieval
{
    /// <summary>Instances whose metadata one answer may hold: 100,000.</summary>
    public const int MetadataInstancesMax = 100_000;

    /// <summary>
    /// The metadata of a series; null where there is none that the grant covers. It lies ready unless the series changed
    /// moments ago; then it is made, and kept ready.
    /// </summary>
    /// <param name="grant">Leave to retrieve.</param>
    /// <exception cref="SearchRefusedException">It has too many instances.</exception>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="SealingException">A record is damaged, or was erased meanwhile.</exception>
    public async ValueTask<ReadyMetadata?> MetadataAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid series,
        CancellationToken cancellationToken
    ) => await MetadataOfSeriesAsync(grant, study, series, cancellationToken).FirstOrDefaultAsync(cancellationToken);

    /// <summary>
    /// The metadata of all series of a study that the grant covers, in the order of their arrival, an array for each.
    /// </summary>
    /// <inheritdoc cref="MetadataAsync(AccessGrant, StudyInstanceUid, SeriesInstanceUid, CancellationToken)" />
    public async ValueTask<IReadOnlyList<ReadyMetadata>> MetadataAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        CancellationToken cancellationToken
    ) => await MetadataOfSeriesAsync(grant, study, null, cancellationToken).ToListAsync(cancellationToken);

    /// <summary>The metadata of one instance; null where there is none that the grant covers.</summary>
    /// <inheritdoc cref="MetadataAsync(AccessGrant, StudyInstanceUid, SeriesInstanceUid, CancellationToken)" />
    public async ValueTask<ReadyMetadata?> MetadataAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid series,
        SopInstanceUid instance,
        CancellationToken cancellationToken
    ) =>
        await MetadataOfAsync(
            grant,
            await FindAsync(grant, study, (SeriesInstanceUid?)series, instance, cancellationToken),
            cancellationToken
        );

    private async ValueTask<ReadyMetadata?> MetadataOfAsync(
        AccessGrant grant,
        IReadOnlyList<ArchivedInstance> instances,
        CancellationToken cancellationToken
    )
    {
        if (instances.Count == 0)
        {
            return null;
        }

        await using var document = new MetadataDocument(_keys);
        foreach (var instance in instances)
        {
            using var opened = await OpenAsync(grant, instance, cancellationToken);
            await document.AddAsync(
                await opened.WholeHeaderAsync(cancellationToken),
                MetadataJson.PathOf(instance.Facts.Study.Value, instance.Series.Value, instance.SopInstance.Value),
                opened.Version,
                cancellationToken
            );
        }

        return await document.FinishAsync(cancellationToken);
    }

    private async IAsyncEnumerable<ReadyMetadata> MetadataOfSeriesAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid? series,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        RequireRelease(grant);
        var decisions = _decisions.Value;
        if (
            await _index.FindStudyAsync(_keys.Of(study), cancellationToken) is not { } row
            || _opener.OpenStudy(grant, row) is not { } opened
        )
        {
            yield break;
        }

        await foreach (var part in SeriesAsync(grant, opened, series, cancellationToken))
        {
            if (await _index.FindMetadataAsync(part.Row.Token, cancellationToken) is { } ready)
            {
                yield return await ContentOpener.OpenMetadataAsync(grant, opened, part, ready, cancellationToken);
                continue;
            }

            if (part.Row.InstanceCount > MetadataInstancesMax)
            {
                throw new SearchRefusedException(
                    QueryStatus.UnableToCountMatches,
                    "too many instances: ask for less at once"
                );
            }

            var selected = new Selection(decisions);
            await AddInstancesAsync(opened, part, null, selected, cancellationToken);
            if (await MetadataOfAsync(grant, selected.Instances, cancellationToken) is { } made)
            {
                // Kept for the next one; this one need not wait for that.
                _ = _metadata.KeepAsync(row, part.Row, made);
                yield return made;
            }
        }
    }
}
