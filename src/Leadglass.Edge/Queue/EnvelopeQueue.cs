using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>
/// The envelopes that an edge keeps for its archive, one file each. A file is written under a passing name, flushed, renamed,
/// and the folder flushed once for all that wait at that moment; only then is it acknowledged. What the archive has is
/// deleted; what it refuses for good is set aside in a folder of its own, and nothing else ever leaves.
/// </summary>
internal sealed class EnvelopeQueue : IAsyncDisposable
{
    private const string QueueFolder = "queue";
    private const string AsideFolder = "aside";

    // How often the free space of the volume is asked for while bytes come in.
    private const long SpaceCheckBytes = 8L << 20;
    private const int CommitsWaitingMax = 1024;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    private readonly IDurableFolder _folder;
    private readonly IDurableFolder _aside;
    private readonly QueueLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ForwardingOrder _order = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Channel<Commit> _commits = Channel.CreateBounded<Commit>(
        new BoundedChannelOptions(CommitsWaitingMax) { SingleReader = true }
    );
    private readonly Task _committing;
    private long _lastSequence;
    private long _arrivingBytes;
    private long _sinceSpaceCheck = SpaceCheckBytes;
    private long _availableBytes;
    private int _setAside;
    private long _asideBytes;
    private volatile string? _broken;

    private EnvelopeQueue(IDurableFolder folder, IDurableFolder aside, QueueLimits limits, TimeProvider clock)
    {
        (_folder, _aside, _limits, _clock) = (folder, aside, limits, clock);
        _committing = Task.Run(CommitAllAsync);
    }

    /// <summary>Why nothing more is taken until the edge starts again; null while all is well.</summary>
    public string? Broken => _broken;

    /// <summary>Opens the queue as it lies on the disk: what is whole waits again, what is not is removed.</summary>
    /// <exception cref="DurableIOException">A folder cannot be read.</exception>
    public static EnvelopeQueue Open(IDurableFolder data, QueueLimits limits, TimeProvider clock)
    {
        var folder = data.Folder(QueueFolder);
        var aside = data.Folder(AsideFolder);
        var queue = new EnvelopeQueue(folder, aside, limits, clock);
        foreach (var name in folder.List())
        {
            if (name.EndsWith(ArrivingEnvelope.Suffix, StringComparison.Ordinal))
            {
                folder.Delete(name);
            }
            else
            {
                queue.Recover(name);
            }
        }

        foreach (var name in aside.List().Where(name => QueuedEnvelope.Parse(name, 0) is not null))
        {
            using var file = aside.Open(name, FileAccess.Read);
            queue._setAside++;
            queue._asideBytes += file.Length;
        }

        return queue;
    }

    /// <summary>Moves what was set aside back, for an edge that does not run.</summary>
    public static int PutBackAside(IDurableFolder data)
    {
        var (folder, aside) = (data.Folder(QueueFolder), data.Folder(AsideFolder));
        var names = aside.List().Where(name => QueuedEnvelope.Parse(name, 0) is not null).ToList();
        foreach (var name in names)
        {
            using (var from = aside.Open(name, FileAccess.Read))
            {
                Copy(from, folder, name);
            }

            aside.Delete(name);
        }

        aside.Sync();
        return names.Count;
    }

    /// <summary>For which archive, and as which edge, the folder's envelopes are sealed; null where there are none.</summary>
    public static EnvelopeIds? FormerIds(IDurableFolder data)
    {
        foreach (var folder in new[] { data.Folder(QueueFolder), data.Folder(AsideFolder) })
        {
            foreach (var name in folder.List().Where(name => QueuedEnvelope.Parse(name, 0) is not null))
            {
                using var file = folder.Open(name, FileAccess.Read);
                var header = new byte[EnvelopeHeader.Size];
                if (file.Read(0, header) == header.Length)
                {
                    return EnvelopeHeader.Parse(header).Ids;
                }
            }
        }

        return null;
    }

    /// <summary>A number for a new association of a scanner.</summary>
    public static ulong NewAssociation(string scanner) =>
        BarrierOf(scanner) | (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>The number for what waits for all older envelopes of a scanner, whatever association they came on.</summary>
    public static ulong BarrierOf(string scanner) =>
        (ulong)BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(scanner))) << 32;

    /// <summary>What waits now.</summary>
    public EdgeQueueState State()
    {
        lock (_gate)
        {
            var age = _order.Oldest is { } oldest ? Math.Max(0, (long)(_clock.GetUtcNow() - oldest).TotalSeconds) : 0;
            return new EdgeQueueState(_order.Count, _order.Bytes, age, _setAside, WhyFull() is not null);
        }
    }

    /// <summary>Whether the oldest waits longer than it should.</summary>
    public bool IsAlarming(EdgeQueueState state) =>
        TimeSpan.FromSeconds(state.OldestSeconds) > _limits.AlarmAge || state.Full || state.SetAside > 0;

    /// <summary>Begins a file.</summary>
    /// <exception cref="QueueFullException">The queue takes nothing more.</exception>
    public ArrivingEnvelope Begin(ulong association)
    {
        var id = new Guid(RandomNumberGenerator.GetBytes(16));
        lock (_gate)
        {
            if (WhyFull() is { } reason)
            {
                throw new QueueFullException(reason);
            }
        }

        var name = id.ToString("N") + ArrivingEnvelope.Suffix;
        try
        {
            return new ArrivingEnvelope(_folder.Create(name), name, association, id, Reserve);
        }
        catch (DurableIOException failure)
        {
            throw new QueueFullException("no file can be made", failure);
        }
    }

    /// <summary>Makes a whole file part of the queue; it is durable on return, and the file is closed.</summary>
    /// <exception cref="QueueFullException">It could not be made durable.</exception>
    public async Task CommitAsync(ArrivingEnvelope arriving)
    {
        ArgumentNullException.ThrowIfNull(arriving);
        try
        {
            await Task.Run(arriving.Sync);
        }
        catch (Exception failure) when (failure is IOException)
        {
            Abandon(arriving);
            throw failure as QueueFullException
                ?? (
                    failure is DiskFullException ? new QueueFullException("the disk is full", failure) : Break(failure)
                );
        }
        catch (QueueFullException)
        {
            Abandon(arriving);
            throw;
        }

        arriving.Dispose();
        var commit = new Commit(arriving);
        await _commits.Writer.WriteAsync(commit);
        await commit.Done.Task;
    }

    /// <summary>Gives up a file that was begun.</summary>
    public void Abandon(ArrivingEnvelope arriving)
    {
        ArgumentNullException.ThrowIfNull(arriving);
        arriving.Dispose();
        Release(arriving.WrittenBytes);
        try
        {
            _folder.Delete(arriving.FileName);
        }
        catch (DurableIOException)
        {
            // The next start removes it.
        }
    }

    /// <summary>Waits for the next envelope to forward. Whoever takes it gives it back by one of the methods below.</summary>
    public async Task<QueuedEnvelope> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_order.Take(_clock.GetUtcNow()) is { } envelope)
                {
                    return envelope;
                }
            }

            // One that was put back becomes due without a signal.
            await _signal.WaitAsync(LookAgain, cancel);
        }
    }

    /// <summary>Opens an envelope's file for reading.</summary>
    public IDurableFile OpenRead(QueuedEnvelope envelope) => _folder.Open(envelope.FileName, FileAccess.Read);

    /// <summary>The archive has it, durably: it is deleted.</summary>
    public void Delivered(QueuedEnvelope envelope)
    {
        _folder.Delete(envelope.FileName);
        Leave(envelope);
    }

    /// <summary>The archive refused it for good: it is kept in a folder of its own.</summary>
    public void SetAside(QueuedEnvelope envelope)
    {
        var file = envelope.FileName;
        using (var from = _folder.Open(file, FileAccess.Read))
        {
            Copy(from, _aside, file);
        }

        _folder.Delete(file);
        _folder.Sync();
        lock (_gate)
        {
            _setAside++;
            _asideBytes += envelope.Bytes;
        }

        Leave(envelope);
    }

    /// <summary>Its file is gone or cannot be read: it counts as set aside, for somebody to look, and holds up nothing.</summary>
    public void PassOver(QueuedEnvelope envelope)
    {
        lock (_gate)
        {
            _setAside++;
        }

        Leave(envelope);
    }

    /// <summary>It is tried again, after those of other associations; the order within its own is kept.</summary>
    public void PutBack(QueuedEnvelope envelope, TimeSpan pause)
    {
        lock (_gate)
        {
            _order.PutBack(envelope, _clock.GetUtcNow() + pause);
        }

        _signal.Release();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _commits.Writer.TryComplete();
        await _committing;
        _signal.Dispose();
    }

    private void Recover(string name)
    {
        using var file = _folder.Open(name, FileAccess.Read);
        if (QueuedEnvelope.Parse(name, file.Length) is { } envelope)
        {
            _lastSequence = Math.Max(_lastSequence, envelope.Sequence);
            _order.Add(envelope);
        }
    }

    private void Leave(QueuedEnvelope envelope)
    {
        lock (_gate)
        {
            _order.Remove(envelope);
        }

        _signal.Release();
    }

    private string? WhyFull()
    {
        if (_broken is { } broken)
        {
            return broken;
        }

        if (_order.Count >= _limits.EnvelopesMax || _order.Bytes + _asideBytes + _arrivingBytes >= _limits.BytesMax)
        {
            return "the queue has reached its quota";
        }

        if (_order.Oldest is { } oldest && _clock.GetUtcNow() - oldest > _limits.AgeMax)
        {
            return "the oldest envelope waits for too long";
        }

        return HasRoom(0) ? null : "the disk is nearly full";
    }

    /// <summary>Bytes are about to be written: counts them against quota and reserve.</summary>
    private void Reserve(long bytes)
    {
        lock (_gate)
        {
            if (_order.Bytes + _asideBytes + _arrivingBytes + bytes > _limits.BytesMax || !HasRoom(bytes))
            {
                throw new QueueFullException("the queue has reached its quota");
            }

            _arrivingBytes += bytes;
        }
    }

    private void Release(long bytes)
    {
        lock (_gate)
        {
            _arrivingBytes = Math.Max(0, _arrivingBytes - bytes);
        }
    }

    private bool HasRoom(long bytes)
    {
        _sinceSpaceCheck += bytes;
        if (_sinceSpaceCheck >= SpaceCheckBytes || _availableBytes - _limits.ReserveBytes < SpaceCheckBytes)
        {
            _availableBytes = _folder.Space.AvailableBytes;
            _sinceSpaceCheck = 0;
        }

        return _availableBytes - _sinceSpaceCheck - bytes > _limits.ReserveBytes;
    }

    private QueueFullException Break(Exception failure)
    {
        // Nobody knows what lies on the disk now: no success is given until a start has looked (see ADR 0006).
        _broken = $"a flush failed ({failure.GetType().Name}): start the edge again";
        return new QueueFullException(_broken, failure);
    }

    private async Task CommitAllAsync()
    {
        var batch = new List<Commit>();
        while (await _commits.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (_commits.Reader.TryRead(out var commit))
            {
                batch.Add(commit);
            }

            CommitBatch(batch);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, nothing of the batch is acknowledged.")]
    private void CommitBatch(List<Commit> batch)
    {
        try
        {
            if (_broken is { } broken)
            {
                throw new IOException(broken);
            }

            foreach (var commit in batch)
            {
                commit.Envelope = Name(commit.Arriving);
                _folder.Rename(commit.Arriving.FileName, commit.Envelope.FileName);
            }

            _folder.Sync();
        }
        catch (Exception failure)
        {
            var full = Break(failure);
            batch.ForEach(commit => commit.Done.TrySetException(full));
            return;
        }

        lock (_gate)
        {
            foreach (var commit in batch)
            {
                _arrivingBytes -= commit.Arriving.Length;
                _order.Add(commit.Envelope!);
            }
        }

        foreach (var commit in batch)
        {
            commit.Done.TrySetResult();
            _signal.Release();
        }
    }

    private QueuedEnvelope Name(ArrivingEnvelope arriving)
    {
        var sequence = Math.Max(_lastSequence + 1, QueuedEnvelope.SequenceOf(_clock.GetUtcNow()));
        _lastSequence = sequence;
        return new QueuedEnvelope(sequence, arriving.Association, arriving.Id, arriving.Length);
    }

    /// <summary>The folders share no rename: a whole durable copy first, then the other goes.</summary>
    private static void Copy(IDurableFile from, IDurableFolder folder, string name)
    {
        const int CopyBytes = 1 << 20;
        var passing = name + ArrivingEnvelope.Suffix;
        if (folder.Exists(passing))
        {
            folder.Delete(passing);
        }

        using (var to = folder.Create(passing))
        {
            var buffer = new byte[CopyBytes];
            for (long offset = 0; offset < from.Length; )
            {
                var count = from.Read(offset, buffer);
                to.Write(offset, buffer.AsSpan(0, count));
                offset += count;
            }

            to.Sync();
        }

        folder.Rename(passing, name);
        folder.Sync();
    }

    private sealed class Commit(ArrivingEnvelope arriving)
    {
        public ArrivingEnvelope Arriving => arriving;

        public QueuedEnvelope? Envelope { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
