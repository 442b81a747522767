using System.Buffers;

namespace Leadglass.Archive;

/// <summary>
/// Keeps sealed records durably, in one order of commits. It sees ciphertext, sizes and times only. The contract suite in
/// <c>tests/Leadglass.Contract</c> holds every adapter to these words.
/// </summary>
public interface IBlobStore : IAsyncDisposable
{
    /// <summary>The position after the last committed record.</summary>
    BlobMark End { get; }

    /// <summary>
    /// Appends the records as one batch: one write, one commit record, one flush. When it returns, all of them are on
    /// stable storage, in the order given; when it throws, none of them is located in this opening.
    /// </summary>
    /// <exception cref="BlobStoreFullException">No room. Nothing is kept; reading goes on; a later call may succeed.</exception>
    /// <exception cref="BlobStorePoisonedException">
    /// A flush failed: nobody knows what is on the disk. No later call succeeds. After the next opening the batch may turn
    /// up, whole, and then counts as committed.
    /// </exception>
    ValueTask<IReadOnlyList<BlobLocation>> AppendAsync(
        IReadOnlyList<ReadOnlySequence<byte>> sealedRecords,
        CancellationToken cancellationToken
    );

    /// <summary>Begins a record too large to be kept in memory, in a pack of its own. Others go on meanwhile.</summary>
    /// <exception cref="BlobStoreFullException">No room.</exception>
    /// <exception cref="BlobStorePoisonedException">An earlier flush failed.</exception>
    ValueTask<IBlobStream> BeginStreamAsync(CancellationToken cancellationToken);

    /// <summary>Reads bytes of a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="offset">From the first byte of the record.</param>
    /// <param name="buffer">Filled as far as the record goes.</param>
    /// <returns>Bytes read; less than the buffer's length only at the record's end.</returns>
    /// <exception cref="BlobDamagedException">The pack or the range is missing.</exception>
    ValueTask<int> ReadAsync(
        BlobLocation record,
        long offset,
        Memory<byte> buffer,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// The committed records from a mark to the end (as it was at the call), in the order of their commits. Damage before a
    /// valid commit record is an entry of its own, never an early end.
    /// </summary>
    IAsyncEnumerable<BlobEntry> ReplayAsync(BlobMark from, CancellationToken cancellationToken);

    /// <summary>The same without reading the records: damage inside of one is not told.</summary>
    IAsyncEnumerable<BlobEntry> ListAsync(BlobMark from, CancellationToken cancellationToken);
}

/// <summary>A large record on its way into the store. Disposing it before the commit leaves nothing behind.</summary>
public interface IBlobStream : IAsyncDisposable
{
    /// <summary>Bytes written so far.</summary>
    long Length { get; }

    /// <summary>Appends sealed bytes; they are not durable yet.</summary>
    /// <exception cref="BlobStoreFullException">No room.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> sealedBytes, CancellationToken cancellationToken);

    /// <summary>Brings everything written so far to stable storage; the slow part, done before the commit's turn.</summary>
    /// <exception cref="BlobStorePoisonedException">The flush failed.</exception>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Makes the record part of the order of commits, durably. Flushes first if that was not done.</summary>
    /// <exception cref="BlobStoreFullException">No room for the commit record.</exception>
    /// <exception cref="BlobStorePoisonedException">A flush failed.</exception>
    ValueTask<BlobLocation> CommitAsync(CancellationToken cancellationToken);
}

/// <summary>What a replay meets.</summary>
/// <param name="Location">Where it lies.</param>
/// <param name="Next">The mark after it: a replay from here goes on with the next one.</param>
/// <param name="Damage">Null for a sound record; else what is wrong, without any content.</param>
public sealed record BlobEntry(BlobLocation Location, BlobMark Next, string? Damage = null);

/// <summary>Shorter words for the same.</summary>
public static class BlobStoreExtensions
{
    /// <summary>Appends records that each lie in one piece.</summary>
    public static ValueTask<IReadOnlyList<BlobLocation>> AppendAsync(
        this IBlobStore store,
        IReadOnlyList<ReadOnlyMemory<byte>> sealedRecords,
        CancellationToken cancellationToken
    ) => store.AppendAsync([.. sealedRecords.Select(record => new ReadOnlySequence<byte>(record))], cancellationToken);
}
