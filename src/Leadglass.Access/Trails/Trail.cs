using System.Threading.Channels;
using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>
/// The archive's own trail: append-only files in <c>trail/</c>, sealed and chained. Whoever waits at the same moment
/// shares one write and one flush. There is one writer per archive.
/// </summary>
public sealed class Trail : ITrail, IAsyncDisposable
{
    private const int WaitingMax = 4_096;
    private const int BatchMax = 512;

    private readonly TimeProvider _clock;
    private readonly TrailSeal _seal;
    private readonly TrailWriter _writer;
    private readonly RefusalSums _refusals;
    private readonly Channel<Pending> _waiting = Channel.CreateBounded<Pending>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true }
    );
    private readonly Task _committing;

    private Trail(TrailSeal seal, TrailWriter writer, TimeProvider clock)
    {
        _seal = seal;
        _writer = writer;
        _clock = clock;
        _refusals = new RefusalSums(clock, TryQueue);
        _committing = Task.Run(CommitAsync);
    }

    /// <summary>
    /// Opens the trail of an archive and makes it ready to be written: a tail that a power cut tore is cut off and said
    /// so in the trail; damage is left as it is, said so, and recording goes on in a new file.
    /// </summary>
    /// <param name="folder">The folder <c>trail/</c>.</param>
    /// <param name="master">The archive's master key; it stays its owner's to dispose of.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="TrailUnavailableException">It cannot be written, or belongs to another master key.</exception>
    public static async Task<Trail> OpenAsync(
        IDurableFolder folder,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var seal = new TrailSeal(master);
        try
        {
            var end = await TrailEnd.ReadAsync(folder, master, cancellationToken);
            var writer = new TrailWriter(folder, master, seal, clock);
            var findings = writer.Recover(end);
            var trail = new Trail(seal, writer, clock);
            foreach (var finding in findings)
            {
                await trail.RecordAsync(finding, cancellationToken);
            }
            return trail;
        }
        catch (Exception failure) when (failure is IOException or SealingException)
        {
            seal.Dispose();
            throw new TrailUnavailableException($"the trail cannot be opened: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public async ValueTask RecordAsync(TrailEvent trailEvent, CancellationToken cancellationToken)
    {
        var pending = new Pending(
            trailEvent,
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        try
        {
            await _waiting.Writer.WriteAsync(pending, cancellationToken);
        }
        catch (ChannelClosedException closed)
        {
            throw new TrailUnavailableException("the trail is closed", closed);
        }
        await pending.Written.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void NoteRefusal(TrailEvent refusal) => _refusals.Note(refusal);

    /// <summary>
    /// Makes everything noted so far readable, sums of refusals too, and records that somebody reads it.
    /// </summary>
    /// <param name="reader">Who reads.</param>
    /// <exception cref="TrailUnavailableException">The trail cannot be written; then nobody reads it either.</exception>
    public ValueTask PrepareReadingAsync(string reader, CancellationToken cancellationToken)
    {
        WriteSums();
        return RecordAsync(AccessActs.TrailRead("trail") with { Who = reader }, cancellationToken);
    }

    /// <summary>Makes sums of refusals readable.</summary>
    internal void WriteSums() => _refusals.WriteSums();

    /// <summary>Writes what is summed and waiting, and the trail's end.</summary>
    public async ValueTask DisposeAsync()
    {
        _refusals.Close();
        _waiting.Writer.TryComplete();
        await _committing;
        _writer.Dispose();
        _seal.Dispose();
    }

    private bool TryQueue(TrailEvent refusal) =>
        _waiting.Writer.TryWrite(
            new Pending(refusal, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
        );

    private async Task CommitAsync()
    {
        var batch = new List<Pending>(BatchMax);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < BatchMax && _waiting.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }
            Commit(batch);
            batch.Clear();
        }
        _writer.Close();
    }

    private void Commit(List<Pending> batch)
    {
        try
        {
            _writer.Append(batch.ConvertAll(pending => pending.Event), _clock.GetUtcNow());
        }
#pragma warning disable CA1031 // Whatever went wrong, every waiter has to hear of it: none may go on unrecorded.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            var told = new TrailUnavailableException($"the trail cannot be written: {failure.Message}", failure);
            foreach (var pending in batch)
            {
                pending.Written.TrySetException(told);
                // Refusals have no waiter: their failure is observed here.
                _ = pending.Written.Task.Exception;
            }
            return;
        }
        foreach (var pending in batch)
        {
            pending.Written.TrySetResult();
        }
    }

    private sealed record Pending(TrailEvent Event, TaskCompletionSource Written);
}
