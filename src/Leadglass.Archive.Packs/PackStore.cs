using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Leadglass.Sealing;

namespace Leadglass.Archive.Packs;

/// <summary>
/// Keeps sealed records in append-only pack files. One batch at a time goes to the log: commit record and records in one
/// write, one flush. It knows no key: what it stores is ciphertext, and what it adds are sizes, places, checksums over
/// ciphertext and times of writing.
/// </summary>
public sealed class PackStore : IBlobStore
{
    // Eight CT slices: what a group commit of eight associations has at once.
    private const int WriterBytes = 4 << 20;

    private const int StreamWriterBytes = 1 << 20;
    private const int StreamBuffersMax = 8;

    private readonly PackFolder _packs;
    private readonly PackStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly bool _isReadOnly;
    private readonly Lock _gate = new();
    private readonly BlockWriter _writer = new(new BlockBuffer(WriterBytes));
    private readonly ConcurrentBag<BlockBuffer> _streamBuffers = [];
    private IDurableFile? _log;
    private LogEnd _end;
    private int _lastNumber;
    private volatile Exception? _poison;

    private PackStore(PackFolder packs, PackStoreOptions options, TimeProvider time, LogEnd end, bool isReadOnly)
    {
        _packs = packs;
        _options = options;
        _time = time;
        _end = end;
        _isReadOnly = isReadOnly;
        var (logs, larges, parts) = packs.List();
        _lastNumber = logs.Concat(larges).Concat(parts).DefaultIfEmpty().Max();
    }

    /// <inheritdoc/>
    public BlobMark End
    {
        get
        {
            lock (_gate)
            {
                return _end.End;
            }
        }
    }

    /// <summary>
    /// Opens the packs of a folder for reading and writing. What a crash left unfinished is removed; what was committed
    /// and is damaged now is kept and reported by <see cref="ReplayAsync"/>.
    /// </summary>
    /// <param name="folder">The packs folder; whoever opens it for writing is the only one.</param>
    /// <param name="indexed">What the index knows to be committed: never cut off, whatever it looks like.</param>
    /// <exception cref="DurableIOException">The folder cannot be read or made ready.</exception>
    public static PackStore Open(
        IDurableFolder folder,
        PackStoreOptions options,
        TimeProvider time,
        BlobMark indexed = default
    )
    {
        var packs = new PackFolder(folder);
        try
        {
            return new PackStore(packs, options, time, PackRecovery.Repair(packs, indexed), isReadOnly: false);
        }
        catch
        {
            packs.Dispose();
            throw;
        }
    }

    /// <summary>Opens the packs for reading only, beside a running writer; sees what is committed at this moment.</summary>
    /// <param name="flushesFirst">
    /// For whoever builds on what is read: a killed process leaves batches in the page cache that are not durable yet.
    /// </param>
    /// <param name="indexed">
    /// What the index knows to be committed: read even where it looks torn, which tells rot from what was never finished.
    /// </param>
    public static PackStore OpenReadOnly(IDurableFolder folder, bool flushesFirst = false, BlobMark indexed = default)
    {
        var packs = new PackFolder(folder);
        if (flushesFirst)
        {
            PackRecovery.Flush(packs);
        }

        return new PackStore(
            packs,
            new PackStoreOptions(),
            TimeProvider.System,
            PackRecovery.Look(packs, indexed),
            isReadOnly: true
        );
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BlobLocation>> AppendAsync(
        IReadOnlyList<ReadOnlySequence<byte>> sealedRecords,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (sealedRecords.Count is 0 or > PackFormat.EntriesMax)
        {
            throw new ArgumentException($"a batch has 1 to {PackFormat.EntriesMax} records", nameof(sealedRecords));
        }

        lock (_gate)
        {
            var entries = Append(sealedRecords, large: null);
            return ValueTask.FromResult<IReadOnlyList<BlobLocation>>([.. entries.Select(entry => entry.Location)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IBlobStream> BeginStreamAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowUnlessWritable();
            var number = ++_lastNumber;
            var header = new PackHeader(PackKind.Large, number, NewPackId(), Now, _end.End, _end.Batches);
            var name = PackFolder.PartName(number);
            var file = CreatePack(name, header);
            return ValueTask.FromResult<IBlobStream>(new PackStream(this, file, number));
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(
        BlobLocation record,
        long offset,
        Memory<byte> buffer,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Clamp(record.Length - offset, 0, buffer.Length);
        if (_packs.Read(record.Pack, record.Offset + offset, buffer.Span[..wanted]) is not { } count)
        {
            throw new BlobDamagedException($"pack {record.Pack} is missing");
        }

        return count == wanted
            ? ValueTask.FromResult(count)
            : throw new BlobDamagedException($"pack {record.Pack} ends inside the record at byte {record.Offset}");
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlobEntry> ReplayAsync(BlobMark from, CancellationToken cancellationToken) =>
        WalkAsync(from, isChecked: true, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<BlobEntry> ListAsync(BlobMark from, CancellationToken cancellationToken) =>
        WalkAsync(from, isChecked: false, cancellationToken);

    private async IAsyncEnumerable<BlobEntry> WalkAsync(
        BlobMark from,
        bool isChecked,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var end = End;
        if (from.CompareTo(end) > 0)
        {
            yield return new BlobEntry(new BlobLocation(end.Pack, end.Offset, 0), end, "the log ends before this mark");
            yield break;
        }

        // A mark between two records of a batch counts those before it in its distance from the start of the batch.
        var skipped = (int)(from.Offset % PackFormat.BlockBytes);
        var start = new BlobMark(from.Pack, from.Offset - skipped);
        foreach (var (pack, section, damage) in LogReader.SectionsFrom(_packs, start, end))
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            // A pack that was cut short ends anywhere; a mark there would read as one between two records.
            var next = new BlobMark(pack, PackFormat.RoundUp(section.Offset + section.Length));
            if (section.Commit is not { } commit)
            {
                yield return new BlobEntry(new BlobLocation(pack, section.Offset, section.Length), next, damage);
                continue;
            }

            // Where that batch is gone, no other's records are passed over for it.
            var first = pack == start.Pack && section.Offset == start.Offset ? skipped : 0;
            for (var i = first; i < commit.Entries.Count; i++)
            {
                var isLast = i == commit.Entries.Count - 1;
                yield return new BlobEntry(
                    commit.Entries[i].Location,
                    isLast ? next : new BlobMark(pack, section.Offset + i + 1),
                    isChecked ? PackLog.DamageOf(_packs, commit.Entries[i]) : null
                );
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _log?.Dispose();
            _log = null;
            _packs.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Commits a large record whose bytes are durable.</summary>
    internal void CommitLarge(CommitEntry large)
    {
        lock (_gate)
        {
            Append([], large);
            try
            {
                // Whether the new name survives a power cut does not matter: both names are looked for.
                _packs.Folder.Rename(
                    PackFolder.PartName(large.Location.Pack),
                    PackFolder.LargeName(large.Location.Pack)
                );
            }
            catch (DurableIOException)
            {
                // The record is committed; the next start renames it.
            }
        }
    }

    /// <summary>A buffer for a large record; one that was used before where there is one.</summary>
    internal BlockBuffer RentStreamBuffer() =>
        _streamBuffers.TryTake(out var buffer) ? buffer : new BlockBuffer(StreamWriterBytes);

    /// <summary>Takes a buffer back.</summary>
    internal void ReturnStreamBuffer(BlockBuffer buffer)
    {
        if (_streamBuffers.Count < StreamBuffersMax)
        {
            _streamBuffers.Add(buffer);
        }
    }

    /// <summary>Removes a large pack that was not committed.</summary>
    internal void Abandon(int number)
    {
        _packs.Forget(number);
        try
        {
            _packs.Folder.Delete(PackFolder.PartName(number));
        }
        catch (DurableIOException)
        {
            // The next start removes it.
        }
    }

    /// <summary>Flushes a file; a failure poisons the whole store.</summary>
    internal void Flush(IDurableFile file)
    {
        ThrowIfPoisoned();
        try
        {
            file.Sync();
        }
        catch (IOException failure)
        {
            throw Poison(failure);
        }
    }

    internal void SyncFolder()
    {
        ThrowIfPoisoned();
        try
        {
            _packs.Folder.Sync();
        }
        catch (IOException failure)
        {
            throw Poison(failure);
        }
    }

    internal void ThrowIfFull(long bytes)
    {
        var space = _packs.Folder.Space;
        var reserve = Math.Min(_options.ReserveBytes, space.TotalBytes / 16);
        if (space.AvailableBytes - bytes < reserve)
        {
            throw new BlobStoreFullException(
                $"the volume of the packs has {space.AvailableBytes >> 20} MiB left, of which {reserve >> 20} MiB are "
                    + "reserved for reading: free some room or move the data folder to a larger volume"
            );
        }
    }

    internal static BlobStoreFullException Full(DiskFullException full) =>
        new("the volume of the packs is full: free some room or move the data folder to a larger volume", full);

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static UInt128 NewPackId() => KeyId.Create().Value;

    private CommitEntry[] Append(IReadOnlyList<ReadOnlySequence<byte>> records, CommitEntry? large)
    {
        ThrowUnlessWritable();
        var entries = new CommitEntry[large is null ? records.Count : 1];
        var batchBytes = PackFormat.RoundUp(CommitRecord.SizeOf(entries.Length) + records.Sum(record => record.Length));
        ThrowIfFull(batchBytes);
        MakeRoomInLog(batchBytes);
        var start = _end.End.Offset;
        var offset = start + CommitRecord.SizeOf(entries.Length);
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] =
                large
                ?? new CommitEntry(new BlobLocation(_end.End.Pack, offset, records[i].Length), Crc32C.Of(records[i]));
            offset += large is null ? records[i].Length : 0;
        }

        var commit = new CommitRecord(_end.Batches + 1, _end.PackId!.Value, batchBytes, entries);
        var filling = RandomNumberGenerator.GetBytes((int)(start + batchBytes - offset));
        WriteBatch(start, commit.ToBytes(), records, filling);
        _end = _end with { End = _end.End with { Offset = start + batchBytes }, Batches = commit.Number };
        return entries;
    }

    private void WriteBatch(
        long start,
        ReadOnlySpan<byte> commit,
        IReadOnlyList<ReadOnlySequence<byte>> records,
        ReadOnlySpan<byte> filling
    )
    {
        try
        {
            _writer.Begin(_log!, start);
            _writer.Append(commit);
            foreach (var record in records)
            {
                foreach (var part in record)
                {
                    _writer.Append(part.Span);
                }
            }

            _writer.Append(filling);
            _writer.WriteOut();
        }
        catch (DiskFullException full)
        {
            CutBack(start);
            throw Full(full);
        }
        catch (IOException failure)
        {
            throw Poison(failure);
        }

        Flush(_log!);
    }

    private void CutBack(long length)
    {
        try
        {
            _log!.Truncate(length);
        }
        catch (IOException failure)
        {
            throw Poison(failure);
        }
    }

    private void MakeRoomInLog(long batchBytes)
    {
        var isFilled =
            _end.PackId is null
            || (_end.End.Offset > PackFormat.BlockBytes && _end.End.Offset + batchBytes > _options.RollOverBytes);
        if (isFilled)
        {
            BeginLogPack();
        }
        else
        {
            _log ??= _packs.Folder.Open(PackFolder.LogName(_end.End.Pack), FileAccess.ReadWrite);
        }
    }

    private void BeginLogPack()
    {
        var number = ++_lastNumber;
        var header = new PackHeader(PackKind.Log, number, NewPackId(), Now, _end.End, _end.Batches);
        var file = CreatePack(PackFolder.LogName(number), header);
        try
        {
            Flush(file);
            SyncFolder();
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _log?.Dispose();
        _log = file;
        _end = new LogEnd(new BlobMark(number, PackFormat.BlockBytes), _end.Batches, header.PackId);
    }

    private IDurableFile CreatePack(string name, PackHeader header)
    {
        ThrowIfFull(PackFormat.BlockBytes);
        IDurableFile? file = null;
        try
        {
            file = _packs.Folder.Create(name);
            file.Write(0, header.ToBlock());
            return file;
        }
        catch (IOException failure)
        {
            file?.Dispose();
            if (_packs.Folder.Exists(name))
            {
                _packs.Folder.Delete(name);
            }

            if (failure is DiskFullException full)
            {
                throw Full(full);
            }

            throw;
        }
    }

    private BlobStorePoisonedException Poison(Exception failure)
    {
        _poison ??= failure;
        return Poisoned(failure);
    }

    private static BlobStorePoisonedException Poisoned(Exception failure) =>
        new(
            "a write or flush of the packs failed, so nobody knows what is on the disk: nothing more is stored until the "
                + "archive is started again; look at the disk first",
            failure
        );

    private void ThrowIfPoisoned()
    {
        if (_poison is { } failure)
        {
            throw Poisoned(failure);
        }
    }

    private void ThrowUnlessWritable()
    {
        if (_isReadOnly)
        {
            throw new InvalidOperationException("the packs were opened for reading only");
        }

        ThrowIfPoisoned();
    }
}
