using System.Buffers;

namespace Leadglass.Dicom.Network;

/// <summary>Messages of the peer: requests begin operations, responses go to whoever waits for them.</summary>
internal sealed partial class Association
{
    private readonly Dictionary<ushort, Operation> _operations = [];
    private readonly Lock _operationsGate = new();
    private readonly HashSet<Task> _running = [];
    private SemaphoreSlim _performWindow = new(1, 1);
    private int _performWindowSize = 1;
    private int _performing;
    private IIncomingInstance? _instance;
    private CStoreRequest? _storeRequest;
    private ArrayBufferWriter<byte>? _identifier;

    private void DisposeWindows()
    {
        _performWindow.Dispose();
        _invokeWindow.Dispose();
        _messageLock.Dispose();
    }

    private void OpenWindows(int invoked, int performed)
    {
        _performWindowSize = performed == 0 ? _options.OperationsPerformedMax : performed;
        _performWindow.Dispose();
        _performWindow = new SemaphoreSlim(_performWindowSize, _performWindowSize);
        _invokeWindowSize = invoked == 0 ? _options.OperationsPerformedMax : invoked;
        _invokeWindow.Dispose();
        _invokeWindow = new SemaphoreSlim(_invokeWindowSize, _invokeWindowSize);
    }

    /// <summary>The command is whole; its data set, if any, follows.</summary>
    private async ValueTask BeginMessageAsync(CommandSet command, PresentationContext context)
    {
        _instance = null;
        _identifier = null;
        if (command.Field == CommandField.CStoreRequest)
        {
            await BeginOperationAsync();
            _storeRequest = null;
            _instance = await BeginStoreAsync(command, context);
        }
        else if (command.HasDataSet)
        {
            _identifier = new ArrayBufferWriter<byte>(256);
        }
    }

    private ValueTask TakeDataAsync(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return default;
        }

        if (_instance is not null)
        {
            return TakeInstanceDataAsync(bytes);
        }

        if (_identifier!.WrittenCount + bytes.Length > _options.DimseLimits.IdentifierBytesMax)
        {
            throw new DicomProtocolException(
                _upper.Position,
                "PS3.7 6.3",
                $"an identifier of more than {_options.DimseLimits.IdentifierBytesMax} bytes",
                AbortReason.NotSpecified,
                AbortSource.ServiceUser
            );
        }

        bytes.CopyTo(_identifier.GetSpan((int)bytes.Length));
        _identifier.Advance((int)bytes.Length);
        return default;
    }

    private async ValueTask TakeInstanceDataAsync(ReadOnlySequence<byte> bytes)
    {
        try
        {
            await _instance!.WriteAsync(bytes, _upper.Ended);
        }
        catch (Exception error) when (_upper.End is null)
        {
            // The rest is swallowed: a fault of ours costs the peer one instance, not the association.
            _observer?.HandlerFailed(error);
            await AbandonInstanceAsync();
            _instance = new RefusedInstance(DimseStatus.ProcessingFailure);
        }
    }

    private ValueTask EndMessageAsync(CommandSet command, PresentationContext context)
    {
        if (command.Field == CommandField.CStoreRequest)
        {
            return EndStoreAsync(command, context);
        }

        if (command.IsResponse)
        {
            return DeliverResponseAsync(command);
        }

        if (command.Field == CommandField.CCancelRequest)
        {
            CancelOperation(command.MessageIdBeingRespondedTo);
            return default;
        }

        return StartOperationAsync(command, context, _identifier?.WrittenMemory);
    }

    private async ValueTask<IIncomingInstance> BeginStoreAsync(CommandSet command, PresentationContext context)
    {
        if (Refusal(command, context) is { } refusal)
        {
            return new RefusedInstance(refusal);
        }

        if (!command.HasDataSet)
        {
            return new RefusedInstance(DimseStatus.MistypedArgument);
        }

        if (!SopInstanceUid.TryParse(command.AffectedSopInstanceUid, out var instance))
        {
            return new RefusedInstance(DimseStatus.InvalidSopInstance);
        }

        _storeRequest = new CStoreRequest(command.MessageId.GetValueOrDefault(), SopClassOf(command), instance)
        {
            Priority = command.Priority ?? DimsePriority.Medium,
            MoveOriginator = AeTitle.TryParse(command.MoveOriginator, out var originator) ? originator : null,
            MoveOriginatorMessageId = command.MoveOriginatorMessageId,
        };
        try
        {
            return await _handler.BeginStoreAsync(_storeRequest, context, _upper.Ended);
        }
        catch (Exception error) when (_upper.End is null)
        {
            _observer?.HandlerFailed(error);
            return new RefusedInstance(DimseStatus.ProcessingFailure);
        }
    }

    private async ValueTask EndStoreAsync(CommandSet command, PresentationContext context)
    {
        var instance = _instance!;
        _instance = null;
        var completing = CompleteStoreAsync(instance, command, context);
        if (_performWindowSize == 1)
        {
            // The response is flushed when the loop next waits for the peer, which owes nothing until it has it.
            await completing;
            return;
        }

        Track(FlushAfterAsync(completing));
    }

    private async Task CompleteStoreAsync(IIncomingInstance instance, CommandSet command, PresentationContext context)
    {
        try
        {
            DimseStatus status;
            try
            {
                status = await instance.CompleteAsync(_upper.Ended);
            }
            catch (Exception error) when (_upper.End is null)
            {
                _observer?.HandlerFailed(error);
                status = DimseStatus.ProcessingFailure;
            }

            await RespondAsync(Response(command, status), context, status);
        }
        finally
        {
            EndOperation();
        }
    }

    private async Task FlushAfterAsync(Task completing)
    {
        await completing;
        await _upper.FlushAsync();
    }

    private static SopClassUid SopClassOf(CommandSet command) =>
        SopClassUid.Parse(command.AffectedSopClassUid ?? command.RequestedSopClassUid);

    /// <summary>Why a request cannot be served in its context; null when it can.</summary>
    private DimseStatus? Refusal(CommandSet command, PresentationContext context)
    {
        var sopClass = command.AffectedSopClassUid ?? command.RequestedSopClassUid;
        if (!SopClassUid.TryParse(sopClass, out _))
        {
            return DimseStatus.NoSuchSopClass;
        }

        // Storage commitment and print management are negotiated by other abstract syntaxes than some SOP classes they
        // bear, but none of these is served here.
        var sameClass = sopClass == context.AbstractSyntaxUid;
        return sameClass && PeerMayInvoke(command.Field, context) ? null : DimseStatus.SopClassNotSupported;
    }

    /// <summary>Operations are invoked by the SCU, notifications by the SCP (PS3.7 7.1).</summary>
    private bool PeerMayInvoke(CommandField field, PresentationContext context)
    {
        var peerIsScu = _isRequestor ? context.RequestorIsScp : context.RequestorIsScu;
        var peerIsScp = _isRequestor ? context.RequestorIsScu : context.RequestorIsScp;
        return field == CommandField.NEventReportRequest ? peerIsScp : peerIsScu;
    }

    private async ValueTask AbandonInstanceAsync()
    {
        if (_instance is { } instance)
        {
            _instance = null;
            try
            {
                await instance.AbandonAsync();
            }
            catch (Exception error)
            {
                _observer?.HandlerFailed(error);
            }
        }
    }
}
