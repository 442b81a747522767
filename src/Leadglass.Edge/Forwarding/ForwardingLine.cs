using System.Diagnostics.CodeAnalysis;
using Leadglass.Dicom.Network;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>How many envelopes the archive took in this run.</summary>
internal sealed class ForwardingTally
{
    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _withoutRoom = [];
    private long _delivered;
    private long _bytes;

    public long Delivered => Interlocked.Read(ref _delivered);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The archive had no room for an envelope of this association.</summary>
    /// <returns>Whether it had none for another association either since it last took something.</returns>
    public bool NoteNoRoom(ulong association)
    {
        lock (_gate)
        {
            _withoutRoom.Add(association);
            return _withoutRoom.Count > 1;
        }
    }

    public void Count(long bytes)
    {
        lock (_gate)
        {
            _withoutRoom.Clear();
        }

        Interlocked.Increment(ref _delivered);
        Interlocked.Add(ref _bytes, bytes);
    }
}

/// <summary>One association's worth of forwarding: takes envelopes from the queue and sends them until told to stop.</summary>
internal sealed class ForwardingLine(
    int number,
    EdgeIdentity identity,
    EnvelopeQueue queue,
    ArchiveLink link,
    LinkState state,
    RateLimit rate,
    ForwardingTally tally,
    TimeProvider clock,
    EdgeLog log
)
{
    private const int AttemptsMax = 8;
    private const int NoRoomPauseSecondsMax = 60;
    private const int FaultPauseSecondsMax = 600;
    private const int CutPauseSecondsMax = 30;

    // A line beyond the first opens when so many envelopes wait for each line.
    private const int EnvelopesPerLine = 8;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(5);

    private LinkedAssociation? _association;
    private long _deliveredBefore;

    /// <summary>Forwards until cancelled; never throws otherwise.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the line goes on: nobody else forwards.")]
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await WaitForTurnAsync(cancel);
                await state.WaitAsync(cancel);
                if (await TakeAsync(cancel) is { } envelope)
                {
                    await ForwardAsync(envelope, cancel);
                }
                else
                {
                    await CloseAsync();
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
                when (fault is IOException or AssociationEndedException or InvalidOperationException)
            {
                log.LineFailed(fault.GetType().Name);
                await CloseAsync();
                await Task.Delay(FaultPause, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _association?.Dicom.Abort();
        await CloseAsync();
    }

    private async Task WaitForTurnAsync(CancellationToken cancel)
    {
        while (number > 0 && queue.State().Envelopes < number * EnvelopesPerLine)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancel);
        }
    }

    /// <summary>The next envelope; null when none came for a while, so that the association can be let go.</summary>
    private async Task<QueuedEnvelope?> TakeAsync(CancellationToken cancel)
    {
        using var idle = new CancellationTokenSource(Idle, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancel);
        try
        {
            return await queue.TakeAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task ForwardAsync(QueuedEnvelope envelope, CancellationToken cancel)
    {
        var isGivenBack = false;
        var pause = TimeSpan.Zero;
        try
        {
            await EnsureAssociationAsync(cancel);
            var status = await SendAsync(envelope, cancel);
            Settle(envelope, status);
            isGivenBack = true;
        }
        catch (LinkException failure)
        {
            state.Failed(failure.Message);
        }
        catch (AssociationEndedException ended)
        {
            // The link, or this envelope: others get their turn before it is tried again.
            pause = NextPause(envelope, CutPauseSecondsMax);
            await CloseAsync();
            state.Failed($"the association ended: {ended.End.Kind}");
        }
        catch (DurableIOException failure) when (failure.Errno == Errnos.NoEntry || envelope.Attempts >= AttemptsMax)
        {
            // Gone, or not to be read or moved: those behind it go on without it. The next start looks again.
            queue.PassOver(envelope);
            isGivenBack = true;
            log.PassedOver(envelope.Id, failure.Operation);
        }
        catch (Exception)
        {
            // The file, not the link: others go on meanwhile.
            pause = NextPause(envelope, FaultPauseSecondsMax);
            throw;
        }
        finally
        {
            if (!isGivenBack)
            {
                queue.PutBack(envelope, pause);
            }
        }
    }

    private async Task<DimseStatus> SendAsync(QueuedEnvelope envelope, CancellationToken cancel)
    {
        using var file = queue.OpenRead(envelope);

        // An edge that stops does not wait for a link that is gone: the archive knows an envelope that comes twice.
        await using var stopping = cancel.Register(_association!.Dicom.Abort);
        var status = await _association.Dicom.StoreAsync(
            new SealedInstance(file, envelope.Id, rate),
            cancellationToken: cancel
        );
        if (_association.IsAlive)
        {
            state.Answered();
        }

        return status;
    }

    /// <summary>What the archive's answer means for the envelope.</summary>
    private void Settle(QueuedEnvelope envelope, DimseStatus status)
    {
        if (status.IsDone)
        {
            queue.Delivered(envelope);
            tally.Count(envelope.Bytes);
            return;
        }

        switch (status.Code)
        {
            case >= 0xA700 and <= 0xA7FF:
            case 0x0213:
                // It may be full for one device or one instance only: others go on unless they fare alike.
                log.PutBack(envelope.Id, status.ToString());
                queue.PutBack(envelope, NextPause(envelope, NoRoomPauseSecondsMax));
                if (tally.NoteNoRoom(envelope.Association))
                {
                    state.Failed("the archive has no room");
                }

                break;
            case 0x0110 when !IsAlone(envelope):
                log.PutBack(envelope.Id, status.ToString());
                queue.PutBack(envelope, NextPause(envelope, FaultPauseSecondsMax));
                break;
            default:
                queue.SetAside(envelope);
                log.SetAside(envelope.Id, status.ToString());
                break;
        }
    }

    /// <summary>Its association rests for longer each time; those of others go on.</summary>
    private static TimeSpan NextPause(QueuedEnvelope envelope, int secondsMax) =>
        TimeSpan.FromSeconds(Math.Min(secondsMax, 1 << Math.Min(envelope.Attempts++, 10)));

    /// <summary>It failed often enough while others went through: it is this envelope, not the archive.</summary>
    private bool IsAlone(QueuedEnvelope envelope)
    {
        var others = tally.Delivered > _deliveredBefore;
        _deliveredBefore = tally.Delivered;
        return envelope.Attempts >= AttemptsMax && others;
    }

    private async Task EnsureAssociationAsync(CancellationToken cancel)
    {
        if (_association is { IsAlive: true })
        {
            return;
        }

        await CloseAsync();
        _association = await link.OpenAsync(
            identity.AeTitle,
            [
                new ProposedPresentationContext(
                    1,
                    EdgeServices.EnvelopeStorage.Value,
                    [Dicom.TransferSyntax.LeadglassEnvelope.Uid]
                ),
            ],
            [],
            null,
            cancel
        );
        if (_association.Dicom.PresentationContexts.Count == 0)
        {
            await CloseAsync();
            throw new LinkException("the archive takes no envelopes: is this edge still enrolled there?");
        }
    }

    private async Task CloseAsync()
    {
        if (_association is not { } association)
        {
            return;
        }

        _association = null;
        await using (association)
        {
            if (association.IsAlive)
            {
                using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(5), clock);
                await association.Dicom.ReleaseAsync(hurry.Token);
            }
        }
    }
}
