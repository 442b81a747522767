using System.Buffers;
using System.IO.Pipelines;
using static Leadglass.Dicom.Network.UpperLayerEvent;
using static Leadglass.Dicom.Network.UpperLayerState;

namespace Leadglass.Dicom.Network;

/// <summary>What the upper layer tells its user.</summary>
internal enum IndicationKind
{
    /// <summary>A-ASSOCIATE indication: a request has come.</summary>
    AssociationRequested,

    /// <summary>A-ASSOCIATE confirmation: accepted.</summary>
    AssociationAccepted,

    /// <summary>P-DATA indication: a piece of a fragment.</summary>
    Data,

    /// <summary>A-RELEASE indication: the peer wants to part.</summary>
    ReleaseRequested,

    /// <summary>The association is over; <see cref="UpperLayerConnection.End"/> says how.</summary>
    Ended,
}

/// <summary>An indication or confirmation primitive of PS3.8 7; a piece lives until the next is asked for.</summary>
internal readonly record struct UpperLayerIndication(IndicationKind Kind, Pdu? Pdu, PduPiece Piece)
{
    public static UpperLayerIndication Ended { get; } = new(IndicationKind.Ended, null, default);
}

/// <summary>
/// Drives the state machine over a transport connection: reads and writes PDUs, keeps the timers, and ends in order. One
/// caller receives; any may send or abort.
/// </summary>
internal sealed partial class UpperLayerConnection : IDisposable
{
    private readonly IDuplexPipe _transport;
    private readonly PduLimits _limits;
    private readonly AssociationTimers _timers;
    private readonly TimeProvider _time;
    private readonly IAssociationObserver? _observer;
    private readonly PduStreamReader _reader;
    private readonly UpperLayerStateMachine _machine;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private ReadOnlySequence<byte> _buffer;
    private bool _hasRead;
    private volatile AssociationEnd? _end;
    private Task _aborting = Task.CompletedTask;

    public UpperLayerConnection(
        IDuplexPipe transport,
        bool isRequestor,
        AssociationOptions options,
        TimeProvider time,
        IAssociationObserver? observer
    )
    {
        _transport = transport;
        _limits = options.PduLimits;
        _timers = options.Timers;
        _time = time;
        _observer = observer;
        _reader = new PduStreamReader(_limits);
        _machine = new UpperLayerStateMachine(isRequestor);
        Ended = _ended.Token;
        _watchdog = time.CreateTimer(OnTick, this, _timers.Shortest, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled as soon as the association is over.</summary>
    public CancellationToken Ended { get; }

    /// <summary>How it ended; null while it lives.</summary>
    public AssociationEnd? End => _end;

    /// <summary>Where the stream of the peer is, for errors.</summary>
    public long Position => _reader.Position;

    /// <summary>The provider's own reasons to reject a request (AE-6).</summary>
    public Func<AAssociateRequest, AAssociateReject?> RejectionByProvider { get; init; } = _ => null;

    /// <summary>How soon the peer must say something in Sta6; null while it owes nothing.</summary>
    public Func<TimeSpan?> PeerDueWithin { get; init; } = () => null;

    /// <summary>The transport connection is there: Evt5 for the acceptor, Evt1 and Evt2 for the requestor.</summary>
    public async ValueTask OpenAsync(AAssociateRequest? request)
    {
        if (request is null)
        {
            Step(Evt5);
            return;
        }

        Step(Evt1);
        await SendAsync(Evt2, request);
    }

    /// <summary>Awaits the next indication.</summary>
    public async ValueTask<UpperLayerIndication> ReceiveAsync()
    {
        while (_end is null)
        {
            try
            {
                if (!_reader.TryRead(ref _buffer, out var piece))
                {
                    await FillAsync();
                    continue;
                }

                if (piece.Kind == PduPieceKind.Fragment)
                {
                    return new UpperLayerIndication(IndicationKind.Data, null, piece);
                }

                _observer?.PduReceived(piece.Header.Type, (int)piece.Header.Length);
                if (await ObeyAsync(piece) is { } indication)
                {
                    return indication;
                }
            }
            catch (DicomProtocolException error)
            {
                await AbortAsync(error);
            }
        }

        return UpperLayerIndication.Ended;
    }

    /// <summary>Aborts since the peer broke the protocol.</summary>
    public Task AbortAsync(DicomProtocolException error)
    {
        var end = new AssociationEnd(AssociationEndKind.ProtocolError) { Error = error };
        return error.AbortSource == AbortSource.ServiceUser ? AbortAsync(end) : AbortAsync(end, Evt19, error.Reason);
    }

    /// <summary>Ends the association by A-ABORT where there is one, else by closing; the first end stands.</summary>
    public Task AbortAsync(
        AssociationEnd end,
        UpperLayerEvent cause = Evt15,
        AbortReason reason = AbortReason.NotSpecified
    )
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return _aborting;
            }

            if (!TryStep(cause, out var step))
            {
                // Sta1 and Sta2 know no A-ABORT request: nobody is there yet to be told.
                _end = end;
                _closeNow = true;
                return _aborting = WakeAsync();
            }

            var byProvider = step.Effects.HasFlag(UpperLayerEffects.SendProviderAbort);
            var pdu = byProvider
                ? new AAbort(AbortSource.ServiceProvider, reason)
                : new AAbort(AbortSource.ServiceUser, AbortReason.NotSpecified);
            _end = end with { Source = pdu.Source, Reason = pdu.Reason };
            return _aborting = SendAbortAsync(pdu);
        }
    }

    /// <summary>Answers a release indication (Evt14), and ends the association unless releases have collided.</summary>
    public async ValueTask RespondReleaseAsync()
    {
        await SendAsync(Evt14, new AReleaseResponse());
        if (State == Sta13)
        {
            await EndAsync(new AssociationEnd(AssociationEndKind.Released));
        }
    }

    private UpperLayerState State
    {
        get
        {
            lock (_gate)
            {
                return _machine.State;
            }
        }
    }

    private static UpperLayerEvent EventOf(PduType type) =>
        type switch
        {
            PduType.AAssociateRequest => Evt6,
            PduType.AAssociateAccept => Evt3,
            PduType.AAssociateReject => Evt4,
            PduType.PDataTf => Evt10,
            PduType.AReleaseRequest => Evt12,
            PduType.AReleaseResponse => Evt13,
            PduType.AAbort => Evt16,
            _ => Evt19,
        };

    /// <summary>Fires the event of a received PDU and does what the action asks for.</summary>
    private async ValueTask<UpperLayerIndication?> ObeyAsync(PduPiece piece)
    {
        var received = EventOf(piece.Header.Type);
        var rejection = piece.Pdu is AAssociateRequest request ? RejectionByProvider(request) : null;
        UpperLayerTransition step;
        lock (_gate)
        {
            var action = UpperLayerStateMachine.ActionFor(received, _machine.State);
            if (action is UpperLayerAction.AA_1 or UpperLayerAction.AA_8)
            {
                throw new DicomProtocolException(
                    _reader.Position,
                    "PS3.8 9.2",
                    $"{piece.Header.Type} is not expected in {_machine.State}",
                    AbortReason.UnexpectedPdu
                );
            }

            TryStep(received, out step, rejection is null);
        }

        var effects = step.Effects;
        if (effects.HasFlag(UpperLayerEffects.SendAssociateReject))
        {
            await WritePduAsync(rejection!);
            await EndAsync(new AssociationEnd(AssociationEndKind.Rejected) { Rejection = rejection });
        }
        else if (effects.HasFlag(UpperLayerEffects.ConfirmRejection))
        {
            await EndAsync(
                new AssociationEnd(AssociationEndKind.Rejected) { Rejection = (AAssociateReject)piece.Pdu! }
            );
        }
        else if (effects.HasFlag(UpperLayerEffects.IndicateAbort) || step.Action == UpperLayerAction.AA_2)
        {
            var abort = (AAbort)piece.Pdu!;
            await EndAsync(new AssociationEnd(AssociationEndKind.AbortedByPeer, abort.Source, abort.Reason));
        }
        else if (step.Action == UpperLayerAction.AR_3)
        {
            await EndAsync(new AssociationEnd(AssociationEndKind.Released));
        }

        return effects switch
        {
            _ when effects.HasFlag(UpperLayerEffects.IndicateAssociation) => new(
                IndicationKind.AssociationRequested,
                piece.Pdu,
                default
            ),
            _ when effects.HasFlag(UpperLayerEffects.ConfirmAssociation) => new(
                IndicationKind.AssociationAccepted,
                piece.Pdu,
                default
            ),
            // In a collision the acceptor answers once its own release is confirmed (AR-8, AR-10).
            _ when step.To is Sta8 or Sta9 or Sta12 => new(IndicationKind.ReleaseRequested, null, default),
            _ => null,
        };
    }

    private async ValueTask FillAsync()
    {
        var left = _buffer.Length;
        if (_hasRead)
        {
            _transport.Input.AdvanceTo(_buffer.Start, _buffer.End);
            _hasRead = false;
        }

        try
        {
            if (!_transport.Input.TryRead(out var result))
            {
                await FlushUnlessBusyAsync();
                BeginWait(ref _readSince);
                result = await _transport.Input.ReadAsync();
            }

            _buffer = result.Buffer;
            _hasRead = true;
            if (result.IsCompleted && _buffer.Length == left)
            {
                await TransportClosedAsync(null);
            }
        }
        catch (Exception error)
        {
            _buffer = default;
            await TransportClosedAsync(error);
        }
        finally
        {
            EndWait(ref _readSince);
        }
    }

    private async Task TransportClosedAsync(Exception? error)
    {
        lock (_gate)
        {
            _closeNow = true;
            TryStep(Evt17, out _);
            _end ??= new AssociationEnd(AssociationEndKind.TransportClosed) { Error = error };
        }

        await WakeAsync();
    }

    private async Task EndAsync(AssociationEnd end)
    {
        lock (_gate)
        {
            _end ??= end;
        }

        await _ended.CancelAsync();
    }

    /// <summary>Takes a step, keeps the ARTIM timer, and tells the observer.</summary>
    private bool TryStep(UpperLayerEvent upperLayerEvent, out UpperLayerTransition step, bool acceptable = true)
    {
        bool defined;
        lock (_gate)
        {
            defined = _machine.TryFire(upperLayerEvent, out step, acceptable);
            if (step.Effects.HasFlag(UpperLayerEffects.StartArtim))
            {
                BeginWait(ref _artimSince);
            }
            else if (step.Effects.HasFlag(UpperLayerEffects.StopArtim))
            {
                EndWait(ref _artimSince);
            }
        }

        if (defined && upperLayerEvent is not (Evt9 or Evt10))
        {
            _observer?.Transitioned(step);
        }

        return defined;
    }

    private void Step(UpperLayerEvent upperLayerEvent)
    {
        if (!TryStep(upperLayerEvent, out var step))
        {
            throw _end is { } end
                ? new AssociationEndedException(end)
                : new InvalidOperationException($"{upperLayerEvent} cannot happen in {step.From}");
        }
    }
}
