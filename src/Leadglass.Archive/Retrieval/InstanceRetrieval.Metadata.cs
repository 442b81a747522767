using System.IO.Compression;
using System.Text.Json;
using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <content>Metadata (PS3.18 10.4.1.1.2).</content>
public sealed partial class InstanceRetrieval
{
    /// <summary>Instances whose metadata one answer may hold: 100,000.</summary>
    public const int MetadataInstancesMax = 100_000;

    /// <summary>The metadata of a series; null where there is none that the grant covers.</summary>
    /// <param name="grant">Leave to retrieve.</param>
    /// <exception cref="SearchRefusedException">It has too many instances.</exception>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    public async ValueTask<ReadyMetadata?> MetadataAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid series,
        CancellationToken cancellationToken
    ) =>
        await MetadataOfAsync(grant, await FindAsync(grant, study, series, null, cancellationToken), cancellationToken);

    /// <summary>The metadata of all series of a study that the grant covers, in the order of their arrival.</summary>
    /// <inheritdoc cref="MetadataAsync(AccessGrant, StudyInstanceUid, SeriesInstanceUid, CancellationToken)" />
    public async ValueTask<IReadOnlyList<ReadyMetadata>> MetadataAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        CancellationToken cancellationToken
    ) =>
        await MetadataOfAsync(grant, await FindAsync(grant, study, null, null, cancellationToken), cancellationToken)
            is { } found
            ? [found]
            : [];

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

        if (instances.Count > MetadataInstancesMax)
        {
            throw new SearchRefusedException(
                QueryStatus.UnableToCountMatches,
                "too many instances: ask for less at once"
            );
        }

        using var compressed = new MemoryStream();
        using var digest = _keys.BeginDigest();
        long length;
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        await using (var writer = new Utf8JsonWriter(gzip, DicomJson.WriterOptions))
        {
            writer.WriteStartArray();
            foreach (var instance in instances)
            {
                using var opened = await OpenAsync(grant, instance, cancellationToken);
                MetadataJson.Write(
                    writer,
                    await opened.StoredHeaderAsync(cancellationToken),
                    MetadataJson.PathOf(instance.Facts.Study.Value, instance.Series.Value, instance.SopInstance.Value)
                );
                digest.AppendData(System.Text.Encoding.ASCII.GetBytes(opened.Version));
                await writer.FlushAsync(cancellationToken);
            }

            writer.WriteEndArray();
            await writer.FlushAsync(cancellationToken);
            length = writer.BytesCommitted;
        }

        return new ReadyMetadata(TextOf(digest), compressed.ToArray(), length, instances.Count);
    }
}
