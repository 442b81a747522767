using System.Buffers;
using System.Runtime.CompilerServices;

namespace Leadglass.Contract;

/// <summary>A blob store in memory that keeps the port's words, and can be told to fail as a disk would.</summary>
public sealed class MemoryBlobStore : IBlobStore
{
    private readonly Lock gate = new();
    private readonly List<(byte[] Record, BlobLocation Location)> committed = [];
    private readonly Dictionary<(int Pack, long Offset), byte[]> byLocation = [];
    private long mainOffset;
    private int lastStreamPack = 1;

    /// <summary>Bytes that still fit; null: no limit.</summary>
    public long? Room { get; set; }

    /// <summary>True: the next flush fails, and the store takes nothing more.</summary>
    public bool FailNextFlush { get; set; }

    /// <summary>True after a failed flush.</summary>
    public bool Poisoned { get; private set; }

    /// <summary>How many batches were appended.</summary>
    public int Appends { get; private set; }

    /// <summary>Awaited before each append, so that a test decides when it happens.</summary>
    public Func<Task>? BeforeAppend { get; set; }

    /// <summary>Called before each commit of a stream; what it throws is what the commit fails with.</summary>
    public Action? BeforeStreamCommit { get; set; }

    public BlobMark End
    {
        get
        {
            lock (gate)
            {
                return new BlobMark(1, mainOffset);
            }
        }
    }

    /// <summary>Turns over one bit of a record, as a bad disk would.</summary>
    public void Damage(BlobLocation location, long offset)
    {
        lock (gate)
        {
            byLocation[(location.Pack, location.Offset)][offset] ^= 1;
        }
    }

    public async ValueTask<IReadOnlyList<BlobLocation>> AppendAsync(
        IReadOnlyList<ReadOnlySequence<byte>> sealedRecords,
        CancellationToken cancellationToken
    )
    {
        if (BeforeAppend is { } wait)
        {
            await wait();
        }

        lock (gate)
        {
            Take(sealedRecords.Sum(record => record.Length));
            Appends++;
            return [.. sealedRecords.Select(record => Commit(record.ToArray(), pack: 1))];
        }
    }

    public ValueTask<IBlobStream> BeginStreamAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Take(0);
            return ValueTask.FromResult<IBlobStream>(new Stream(this, ++lastStreamPack));
        }
    }

    public ValueTask<int> ReadAsync(
        BlobLocation record,
        long offset,
        Memory<byte> buffer,
        CancellationToken cancellationToken
    )
    {
        lock (gate)
        {
            if (
                !byLocation.TryGetValue((record.Pack, record.Offset), out var bytes)
                || bytes.Length != record.Length
                || offset > bytes.Length
            )
            {
                throw new BlobDamagedException("no such record");
            }

            var length = (int)Math.Min(buffer.Length, bytes.Length - offset);
            bytes.AsSpan((int)offset, length).CopyTo(buffer.Span);
            return ValueTask.FromResult(length);
        }
    }

    public async IAsyncEnumerable<BlobEntry> ReplayAsync(
        BlobMark from,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        List<BlobLocation> locations;
        lock (gate)
        {
            locations = [.. committed.Skip((int)from.Offset).Select(record => record.Location)];
        }

        for (var i = 0; i < locations.Count; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return new BlobEntry(locations[i], new BlobMark(1, from.Offset + i + 1));
        }
    }

    public IAsyncEnumerable<BlobEntry> ListAsync(BlobMark from, CancellationToken cancellationToken) =>
        ReplayAsync(from, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Take(long bytes)
    {
        if (Poisoned)
        {
            throw new BlobStorePoisonedException("an earlier flush failed");
        }

        if (Room < bytes)
        {
            throw new BlobStoreFullException("no room");
        }

        if (FailNextFlush && bytes > 0)
        {
            Poisoned = true;
            throw new BlobStorePoisonedException("the flush failed");
        }

        Room -= bytes;
    }

    // Marks count records here: any order of commits will do.
    private BlobLocation Commit(byte[] bytes, int pack)
    {
        var location = new BlobLocation(pack, pack == 1 ? mainOffset : 0, bytes.Length);
        committed.Add((bytes, location));
        byLocation.Add((location.Pack, location.Offset), bytes);
        mainOffset++;
        return location;
    }

    private sealed class Stream(MemoryBlobStore store, int pack) : IBlobStream
    {
        private readonly MemoryStream bytes = new();

        public long Length => bytes.Length;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> sealedBytes, CancellationToken cancellationToken)
        {
            lock (store.gate)
            {
                store.Take(sealedBytes.Length);
            }

            bytes.Write(sealedBytes.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask<BlobLocation> CommitAsync(CancellationToken cancellationToken)
        {
            store.BeforeStreamCommit?.Invoke();
            lock (store.gate)
            {
                store.Take(0);
                return ValueTask.FromResult(store.Commit(bytes.ToArray(), pack));
            }
        }

        public ValueTask DisposeAsync() => bytes.DisposeAsync();
    }
}
