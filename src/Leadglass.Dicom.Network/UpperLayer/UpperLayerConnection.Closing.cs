using static Leadglass.Dicom.Network.UpperLayerEvent;
using static Leadglass.Dicom.Network.UpperLayerState;

namespace Leadglass.Dicom.Network;

/// <summary>The end: Sta13 awaits the peer's closing, passes over what it still sends, and closes.</summary>
internal sealed partial class UpperLayerConnection
{
    /// <summary>Bytes of a peer that are passed over while its connection is closing.</summary>
    private const long LingerBytesMax = 64L << 20;

    private volatile bool _closeNow;
    private bool _closed;

    /// <summary>The association is over already: the peer is waited for no longer.</summary>
    public void CloseSoon()
    {
        lock (_gate)
        {
            if (!_closeNow && _machine.State == Sta13)
            {
                _closeNow = true;
                _aborting = WakeAfterAsync(_aborting);
            }
        }
    }

    /// <summary>Waits in Sta13 until the peer closes, for the ARTIM time at most, then closes.</summary>
    public async Task CloseAsync()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        await _aborting;
        var passedOver = 0L;
        var lostTheFrame = _end?.Error is DicomProtocolException;
        while (State == Sta13 && !_closeNow && passedOver < LingerBytesMax)
        {
            try
            {
                if (lostTheFrame)
                {
                    passedOver += _buffer.Length;
                    _buffer = _buffer.Slice(_buffer.End);
                    await FillAsync();
                }
                else if (!_reader.TryRead(ref _buffer, out var piece))
                {
                    await FillAsync();
                }
                else
                {
                    passedOver += piece.Kind == PduPieceKind.DataHeader ? piece.Header.Length : 0;
                    await PassOverAsync(piece);
                }
            }
            catch (DicomProtocolException)
            {
                lostTheFrame = true;
                await PassOverAsync(Evt19);
            }
        }

        await DisposeTransportAsync();
    }

    /// <summary>Frees what is left when nobody sends or receives any more.</summary>
    public void Dispose()
    {
        _watchdog.Dispose();
        _sending.Dispose();
        _ended.Dispose();
    }

    private async ValueTask PassOverAsync(PduPiece piece)
    {
        if (piece.Kind != PduPieceKind.Fragment)
        {
            await PassOverAsync(EventOf(piece.Header.Type));
        }
    }

    private async ValueTask PassOverAsync(UpperLayerEvent received)
    {
        UpperLayerTransition step;
        lock (_gate)
        {
            if (_machine.State != Sta13)
            {
                return;
            }

            TryStep(received, out step);
        }

        if (step.Effects.HasFlag(UpperLayerEffects.SendProviderAbort))
        {
            await SendAbortAsync(new AAbort(AbortSource.ServiceProvider, AbortReason.UnexpectedPdu));
        }
    }

    /// <summary>Tells everyone who works for this association, or waits on its transport, that it is over.</summary>
    private async Task WakeAsync()
    {
        // Whoever is woken must not run inside the lock of whoever wakes.
        await Task.Yield();
        await _ended.CancelAsync();
        if (Volatile.Read(ref _writeSince) != 0)
        {
            _transport.Output.CancelPendingFlush();
        }

        _transport.Input.CancelPendingRead();
    }

    private async Task DisposeTransportAsync()
    {
        await _aborting;
        await _watchdog.DisposeAsync();
        TryStep(Evt17, out _);
        var end = _end!;
        _observer?.Ended(end);
        // Completed with an error, a pipe over a stream does not wait until the peer has read the rest.
        var leftUnread = _leftUnread || Volatile.Read(ref _unflushed) > 0;
        try
        {
            await _transport.Output.CompleteAsync(leftUnread ? new AssociationEndedException(end) : null);
        }
        catch (Exception error)
        {
            // The peer has gone with the last bytes unread: the end stands as it is.
            _observer?.TransportFailed(error);
        }

        await _transport.Input.CompleteAsync();
    }
}
