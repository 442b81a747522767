using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Finds studies, series and instances by keyed tokens and keeps their sealed rows. It sees tokens, ciphertext, sizes and
/// times only, and can be rebuilt from the blob store at any time. Look-ups see what the last returned
/// <see cref="ApplyAsync"/> left; they may run beside it.
/// </summary>
public interface IStudyIndex : IAsyncDisposable
{
    /// <summary>Everything that was committed to the blob store before this mark is in the index.</summary>
    BlobMark Mark { get; }

    /// <summary>
    /// Applies the changes in their order and moves the mark, in one transaction: all of it or nothing. Called by one
    /// caller at a time. Changes that were applied before (after a crash) change nothing.
    /// </summary>
    /// <exception cref="IndexFullException">No room; nothing was applied.</exception>
    ValueTask ApplyAsync(IReadOnlyList<IndexChange> changes, BlobMark mark, CancellationToken cancellationToken);

    /// <summary>One study, or null. A study whose instances are all rejected is found too, and counts none.</summary>
    ValueTask<StudyRow?> FindStudyAsync(Token study, CancellationToken cancellationToken);

    /// <summary>One series, or null. A series whose instances are all rejected is found too, and counts none.</summary>
    ValueTask<SeriesRow?> FindSeriesAsync(Token series, CancellationToken cancellationToken);

    /// <summary>One instance, or null. A rejected one is found too, and says so.</summary>
    ValueTask<InstanceRow?> FindInstanceAsync(Token instance, CancellationToken cancellationToken);

    /// <summary>All studies that show anything, in the order of their arrival.</summary>
    IAsyncEnumerable<StudyRow> StudiesAsync(CancellationToken cancellationToken);

    /// <summary>The series of a study that show anything, in the order of their arrival.</summary>
    IAsyncEnumerable<SeriesRow> SeriesOfAsync(Token study, CancellationToken cancellationToken);

    /// <summary>The instances of a series that are not rejected, in the order of their commits.</summary>
    IAsyncEnumerable<InstanceRow> InstancesOfAsync(Token series, CancellationToken cancellationToken);

    /// <summary>The metadata of a series as it was made ready; null where there is none that is current.</summary>
    ValueTask<MetadataRow?> FindMetadataAsync(Token series, CancellationToken cancellationToken);

    /// <summary>What was decided about a study, in the order of the commits.</summary>
    IAsyncEnumerable<DecisionRow> DecisionsOfAsync(Token study, CancellationToken cancellationToken);

    /// <summary>What was decided about all studies, in the order of the commits.</summary>
    IAsyncEnumerable<DecisionRow> DecisionsAsync(CancellationToken cancellationToken);

    /// <summary>What is quarantined, in the order of arrival.</summary>
    IAsyncEnumerable<QuarantineRow> QuarantinedAsync(CancellationToken cancellationToken);

    /// <summary>Quarantined content with this content token, or null: the same conflict sent again is kept once.</summary>
    ValueTask<QuarantineRow?> FindQuarantinedAsync(Token content, CancellationToken cancellationToken);

    /// <summary>How much of one device's is quarantined.</summary>
    ValueTask<QuarantineUse> QuarantineUseAsync(Token device, CancellationToken cancellationToken);
}

/// <summary>The index has no room for a transaction. Nothing of it is kept; it may be tried again.</summary>
public sealed class IndexFullException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>The index is damaged or of another version; it can be rebuilt with <c>leadglass rebuild-index</c>.</summary>
public sealed class IndexDamagedException(string message, Exception? inner = null) : IOException(message, inner);
