using System.Buffers;
using System.Threading.Channels;

namespace Leadglass.Archive;

/// <summary>
/// The one writer: whatever waits at a moment goes to the blob store as one batch and then into the index as one
/// transaction with the mark; only then does each waiter hear of success.
/// </summary>
internal sealed class GroupCommitter : IAsyncDisposable
{
    private const int WaitingMax = 512;
    private const long BatchBytesMax = 64L << 20;

    private readonly IBlobStore _blobs;
    private readonly IStudyIndex _index;
    private readonly IndexUpkeep _upkeep;
    private readonly Channel<CommitItem> _waiting = Channel.CreateBounded<CommitItem>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true }
    );
    private readonly Task _running;
    private int _epoch;
    private volatile bool _indexIsBehind;
    private volatile string? _poison;

    public GroupCommitter(IBlobStore blobs, IStudyIndex index, IndexUpkeep upkeep)
    {
        _blobs = blobs;
        _index = index;
        _upkeep = upkeep;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Why nothing more is taken; null while all is well.</summary>
    public string? Poison => _poison;

    /// <summary>Told which series changed, after each transaction.</summary>
    public Action<IReadOnlyCollection<Sealing.Token>>? Applied { get; set; }

    /// <summary>How many wait for the next batch.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>True while the last attempt found no room.</summary>
    public bool IsFull { get; private set; }

    /// <summary>
    /// Decisions made in one epoch hold in that one only: after the index fell behind the blob store, what was decided by
    /// the index before is void.
    /// </summary>
    public async ValueTask<int> CurrentEpochAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // The epoch first: should the index fall behind right after, what is decided carries the epoch that just ended.
            var epoch = Volatile.Read(ref _epoch);
            if (!_indexIsBehind)
            {
                return epoch;
            }

            await CommitAsync(new CommitItem { Epoch = epoch }, cancellationToken);
        }
    }

    /// <summary>Returns when the item is durable and findable.</summary>
    /// <exception cref="CommitFailedException">It is not, and will not be.</exception>
    public async Task CommitAsync(CommitItem item, CancellationToken cancellationToken)
    {
        if (_poison is { } poison)
        {
            throw new CommitFailedException(poison, isPoisoned: true);
        }

        try
        {
            await _waiting.Writer.WriteAsync(item, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new CommitFailedException("the archive is closing: send again later");
        }

        // Not cancelled from here on: what becomes of the item is decided, and its buffer is in use.
        await item.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        List<CommitItem> batch = [];
        while (await _waiting.Reader.WaitToReadAsync())
        {
            batch.Clear();
            long bytes = 0;
            while (bytes < BatchBytesMax && _waiting.Reader.TryRead(out var item))
            {
                batch.Add(item);
                bytes += item.Record.Length;
            }

            try
            {
                await CommitBatchAsync(batch);
            }
            catch (Exception exception)
            {
                Fail(batch, exception);
            }
        }
    }

    private async Task CommitBatchAsync(List<CommitItem> batch)
    {
        if (_indexIsBehind)
        {
            await _upkeep.CatchUpAsync(CancellationToken.None);
            _indexIsBehind = false;
        }

        var current = batch.FindAll(item => item.Epoch == _epoch);
        List<(CommitItem Item, BlobLocation Location)> committed = [];
        try
        {
            await AppendAsync(current, committed);
            await CommitStreamsAsync(current, committed);
        }
        catch when (committed.Count > 0)
        {
            // Some of the batch is in the blob store for good, and the mark of the next batch would pass over it.
            FallBehind();
            throw;
        }

        if (committed.Count > 0)
        {
            await IndexAsync(committed);
            IsFull = false;
        }

        foreach (var (item, _) in committed)
        {
            item.Done.TrySetResult();
        }

        await KeepDerivedAsync(batch.FindAll(item => item.Derived is not null));

        foreach (var item in batch)
        {
            // Neither records nor decisions of this epoch: a call to catch up, or void.
            if (item.IsEmpty)
            {
                item.Done.TrySetResult();
            }
            else
            {
                item.Done.TrySetException(new CommitFailedException("the index had to catch up: send again"));
            }
        }
    }

    /// <summary>After what was waited for; a failure here concerns nothing that was acknowledged.</summary>
    private async Task KeepDerivedAsync(List<CommitItem> derived)
    {
        if (derived.Count == 0)
        {
            return;
        }

        try
        {
            await _index.ApplyAsync([.. derived.Select(item => item.Derived!)], _index.Mark, CancellationToken.None);
        }
        catch (Exception exception)
        {
            Fail(derived, exception);
        }
    }

    private async Task AppendAsync(List<CommitItem> batch, List<(CommitItem, BlobLocation)> committed)
    {
        var items = batch.FindAll(item => !item.Record.IsEmpty);
        if (items.Count == 0)
        {
            return;
        }

        try
        {
            var locations = await _blobs.AppendAsync([.. items.Select(item => item.Record)], CancellationToken.None);
            committed.AddRange(items.Zip(locations));
        }
        catch (BlobStoreFullException exception)
        {
            Fail(items, exception);
        }
    }

    private async Task CommitStreamsAsync(List<CommitItem> batch, List<(CommitItem, BlobLocation)> committed)
    {
        foreach (var item in batch)
        {
            if (item.Stream is not { } stream)
            {
                continue;
            }

            try
            {
                committed.Add((item, await stream.CommitAsync(CancellationToken.None)));
            }
            catch (BlobStoreFullException exception)
            {
                Fail([item], exception);
            }
        }
    }

    private async Task IndexAsync(List<(CommitItem Item, BlobLocation Location)> committed)
    {
        List<IndexChange> changes = [];
        try
        {
            foreach (var (item, location) in committed)
            {
                if (item.Decide is { } decide)
                {
                    await _index.ApplyAsync(changes, _index.Mark, CancellationToken.None);
                    changes.Clear();
                    await decide();
                }
                else
                {
                    await item.Project!(location, changes);
                }
            }

            await _index.ApplyAsync(changes, _blobs.End, CancellationToken.None);
            await _upkeep.AppliedAsync(CancellationToken.None);
            Applied?.Invoke(_upkeep.TakeTouchedSeries());
        }
        catch
        {
            FallBehind();
            throw;
        }
    }

    /// <summary>
    /// The blob store has what the index lacks. Nothing of it is acknowledged; the index catches up before the next batch,
    /// and whatever was decided meanwhile is void.
    /// </summary>
    private void FallBehind()
    {
        _indexIsBehind = true;
        Interlocked.Increment(ref _epoch);
        _upkeep.Forget();
    }

    private void Fail(List<CommitItem> items, Exception exception)
    {
        var failure = exception switch
        {
            BlobStoreFullException or IndexFullException => new CommitFailedException("storage is full", exception)
            {
                IsFull = true,
            },
            BlobStorePoisonedException => new CommitFailedException(
                "storage failed: nothing is taken until the archive is started again",
                exception
            )
            {
                IsPoisoned = true,
            },
            _ => new CommitFailedException("the index failed", exception),
        };
        IsFull |= failure.IsFull;
        if (failure.IsPoisoned)
        {
            _poison = failure.Message;
        }

        foreach (var item in items)
        {
            item.Done.TrySetException(failure);
        }
    }
}

/// <summary>One thing to be made durable and findable: a record, a stream, or neither to let the index catch up.</summary>
internal sealed class CommitItem
{
    /// <summary>A whole sealed record, in memory that stays as it is until <see cref="Done"/>.</summary>
    public ReadOnlySequence<byte> Record { get; init; } = ReadOnlySequence<byte>.Empty;

    /// <summary>A large record, flushed.</summary>
    public IBlobStream? Stream { get; init; }

    /// <summary>The epoch in which it was decided what it is.</summary>
    public required int Epoch { get; init; }

    /// <summary>Appends the changes that make it findable at its location; called by the committer.</summary>
    public Func<BlobLocation, List<IndexChange>, ValueTask>? Project { get; init; }

    /// <summary>Carries out the decision that the record is, once what came before it is in the index.</summary>
    public Func<ValueTask>? Decide { get; init; }

    /// <summary>A change of the index that no record stands for: what can be made again at any time.</summary>
    public IndexChange? Derived { get; init; }

    public bool IsEmpty => Record.IsEmpty && Stream is null;

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Something could not be made durable and findable. Nothing was acknowledged.</summary>
public sealed class CommitFailedException(string message, Exception? inner = null) : Exception(message, inner)
{
    internal CommitFailedException(string message, bool isPoisoned)
        : this(message) => IsPoisoned = isPoisoned;

    /// <summary>For want of room; it may be tried again.</summary>
    public bool IsFull { get; init; }

    /// <summary>Nothing more is taken until the archive is opened again.</summary>
    public bool IsPoisoned { get; init; }
}
