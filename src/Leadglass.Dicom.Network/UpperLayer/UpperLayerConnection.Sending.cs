using System.Buffers;
using static Leadglass.Dicom.Network.UpperLayerEvent;

namespace Leadglass.Dicom.Network;

/// <summary>The sending half: whole PDUs under a lock, flushed when nothing more is to follow.</summary>
internal sealed partial class UpperLayerConnection
{
    /// <summary>Unflushed bytes that are handed to the transport without waiting for a reason.</summary>
    private const int FlushBytes = 128 * 1024;

    /// <summary>How long an A-ABORT waits for a peer that does not read.</summary>
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _sending = new(1, 1);
    private int _unflushed;
    private volatile bool _leftUnread;

    /// <summary>Sends an association or release PDU as the effect of a local event.</summary>
    public async ValueTask SendAsync(UpperLayerEvent cause, Pdu pdu)
    {
        Step(cause);
        await WritePduAsync(pdu);
    }

    /// <summary>Rejects the request (Evt8).</summary>
    public async ValueTask RejectAsync(AAssociateReject reject)
    {
        await SendAsync(Evt8, reject);
        await EndAsync(new AssociationEnd(AssociationEndKind.Rejected) { Rejection = reject });
    }

    /// <summary>Writes a whole command set as one P-DATA-TF.</summary>
    public async ValueTask SendCommandAsync(byte contextId, CommandSet command)
    {
        await EnterAsync();
        try
        {
            Step(Evt9);
            Write(contextId, command);
            await FlushIfLargeAsync();
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Writes a fragment of a data set, made of two stretches, as one P-DATA-TF.</summary>
    public async ValueTask SendDataAsync(
        byte contextId,
        bool isLast,
        ReadOnlyMemory<byte> head,
        ReadOnlyMemory<byte> tail
    )
    {
        await EnterAsync();
        try
        {
            Step(Evt9);
            var control = isLast ? MessageControlHeader.Last : MessageControlHeader.DataSet;
            Write(contextId, control, head.Span, tail.Span);
            await FlushIfLargeAsync();
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Hands what was written to the transport, and waits while the peer does not read.</summary>
    public async ValueTask FlushAsync()
    {
        await EnterAsync();
        try
        {
            await FlushLockedAsync();
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Flushes before waiting for the peer; whoever is writing just now flushes by himself.</summary>
    private async ValueTask FlushUnlessBusyAsync()
    {
        if (Volatile.Read(ref _unflushed) == 0 || !_sending.Wait(0, CancellationToken.None))
        {
            return;
        }

        try
        {
            await FlushLockedAsync();
        }
        catch (AssociationEndedException)
        {
            // Whoever waits for the peer learns it from the end itself.
        }
        finally
        {
            _sending.Release();
        }
    }

    private void Write(byte contextId, CommandSet command)
    {
        const int Headers = PduConstants.HeaderLength + PduConstants.PdvHeaderLength;
        var target = _transport.Output.GetSpan(Headers + command.LengthMax);
        var length = command.Write(target[Headers..]);
        PduWriter.WritePDataTfHeader(
            target,
            contextId,
            MessageControlHeader.Command | MessageControlHeader.Last,
            length
        );
        Advance(Headers + length);
    }

    private void Write(byte contextId, MessageControlHeader control, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        const int Headers = PduConstants.HeaderLength + PduConstants.PdvHeaderLength;
        var length = head.Length + tail.Length;
        var target = _transport.Output.GetSpan(Headers + length);
        PduWriter.WritePDataTfHeader(target, contextId, control, length);
        head.CopyTo(target[Headers..]);
        tail.CopyTo(target[(Headers + head.Length)..]);
        Advance(Headers + length);
    }

    private void Advance(int count)
    {
        _transport.Output.Advance(count);
        Volatile.Write(ref _unflushed, _unflushed + count);
        _observer?.PduSent(PduType.PDataTf, count - PduConstants.HeaderLength);
    }

    private async ValueTask EnterAsync()
    {
        try
        {
            await _sending.WaitAsync(Ended);
        }
        catch (OperationCanceledException) when (_end is { } end)
        {
            throw new AssociationEndedException(end);
        }
    }

    private ValueTask FlushIfLargeAsync() => _unflushed >= FlushBytes ? FlushLockedAsync() : default;

    private async ValueTask FlushLockedAsync()
    {
        if (_unflushed == 0)
        {
            return;
        }

        Volatile.Write(ref _unflushed, 0);
        try
        {
            var flush = _transport.Output.FlushAsync(CancellationToken.None);
            if (!flush.IsCompletedSuccessfully)
            {
                BeginWait(ref _writeSince);
            }

            var result = await flush;
            if (result.IsCompleted && _end is null)
            {
                await TransportClosedAsync(null);
            }
        }
        catch (Exception error) when (error is not DicomNetworkException)
        {
            await TransportClosedAsync(error);
        }
        finally
        {
            EndWait(ref _writeSince);
        }

        if (Ended.IsCancellationRequested && _end is { } end)
        {
            _leftUnread |= _closeNow;
            throw new AssociationEndedException(end);
        }
    }

    /// <summary>Writes a PDU of association or release and flushes it.</summary>
    private async ValueTask WritePduAsync(Pdu pdu)
    {
        await EnterAsync();
        try
        {
            var length = PduWriter.Write(pdu, _transport.Output);
            Volatile.Write(ref _unflushed, _unflushed + length);
            _observer?.PduSent(pdu.Type, length - PduConstants.HeaderLength);
            await FlushLockedAsync();
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends A-ABORT if the peer reads it soon; else the closed connection must tell it.</summary>
    private async Task SendAbortAsync(AAbort pdu)
    {
        await WakeAsync();
        using var patience = new CancellationTokenSource(AbortPatience, _time);
        try
        {
            await _sending.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _leftUnread = true;
            _closeNow = true;
            return;
        }

        try
        {
            PduWriter.Write(pdu, _transport.Output);
            _observer?.PduSent(pdu.Type, PduConstants.ShortBodyLength);
            // A pipe over a stream keeps the bytes of a flush that was cancelled before it began.
            while ((await _transport.Output.FlushAsync(patience.Token)).IsCanceled) { }
        }
        catch (Exception)
        {
            _leftUnread = true;
            _closeNow = true;
        }
        finally
        {
            _sending.Release();
            _transport.Input.CancelPendingRead();
        }
    }
}
