using System.Buffers;

namespace Leadglass.Dicom.Network;

/// <summary>Requests and responses of ours. A message goes out whole before the next begins.</summary>
internal sealed partial class Association
{
    private readonly SemaphoreSlim _messageLock = new(1, 1);
    private readonly ArrayBufferWriter<byte> _encoded = new(1024);
    private readonly Dictionary<ushort, PendingRequest> _pending = [];
    private readonly Lock _pendingGate = new();
    private SemaphoreSlim _invokeWindow = new(1, 1);
    private int _invokeWindowSize = 1;
    private ushort _lastMessageId;
    private int _awaited;

    /// <inheritdoc/>
    public async Task<DimseStatus> SendEventReportAsync(
        SopClassUid sopClass,
        SopInstanceUid sopInstance,
        ushort eventTypeId,
        DataSet? information,
        CancellationToken cancellationToken
    )
    {
        var context =
            PresentationContexts.FirstOrDefault(candidate =>
                candidate.AbstractSyntaxUid == sopClass.Value
                && (_isRequestor ? candidate.RequestorIsScp : candidate.RequestorIsScu)
            ) ?? throw new InvalidOperationException($"no accepted presentation context for {sopClass} with our role");
        var command = new CommandSet
        {
            Field = CommandField.NEventReportRequest,
            AffectedSopClassUid = sopClass.Value,
            AffectedSopInstanceUid = sopInstance.Value,
            EventTypeId = eventTypeId,
        };
        await using var pending = await InvokeAsync(command, context, information, cancellationToken);
        return (await pending.NextAsync(cancellationToken)).Command.DimseStatus;
    }

    /// <summary>Sends a request that has one data set or none, and hands out its responses.</summary>
    public async ValueTask<Invocation> InvokeAsync(
        CommandSet command,
        PresentationContext context,
        DataSet? dataSet,
        CancellationToken cancellationToken
    )
    {
        var invocation = await OpenInvocationAsync(command, context, cancellationToken);
        try
        {
            invocation.IsOutstanding = true;
            await SendMessageAsync(command, context, dataSet);
            await _upper.FlushAsync();
            return invocation;
        }
        catch
        {
            await invocation.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Sends an instance by C-STORE in the first context that takes one of its encodings; a status in any case in which
    /// the association lives on. What has begun is not cancelled: it is finished, or the timers end it.
    /// </summary>
    public async ValueTask<DimseStatus> StoreAsync(
        IOutgoingInstance instance,
        AeTitle? moveOriginator,
        ushort? moveOriginatorMessageId,
        CancellationToken cancellationToken
    )
    {
        if (FindStoreContext(instance) is not { } context)
        {
            return DimseStatus.SopClassNotSupported with { Comment = "no accepted presentation context" };
        }

        var command = new CommandSet
        {
            Field = CommandField.CStoreRequest,
            AffectedSopClassUid = instance.SopClass.Value,
            AffectedSopInstanceUid = instance.SopInstance.Value,
            Priority = DimsePriority.Medium,
            DataSetType = CommandSet.WithDataSet,
            MoveOriginator = moveOriginator?.Value,
            MoveOriginatorMessageId = moveOriginatorMessageId,
        };
        await using var pending = await OpenInvocationAsync(command, context, cancellationToken);
        pending.IsOutstanding = true;
        if (!await SendInstanceAsync(instance, command, context))
        {
            pending.IsOutstanding = false;
            return DimseStatus.ProcessingFailure with { Comment = "the instance could not be opened" };
        }

        return (await pending.NextAsync(CancellationToken.None)).Command.DimseStatus;
    }

    /// <summary>Asks the peer to stop an operation (C-CANCEL, PS3.7 9.3.2.3).</summary>
    public async ValueTask CancelAsync(ushort messageId, PresentationContext context)
    {
        var command = new CommandSet { Field = CommandField.CCancelRequest, MessageIdBeingRespondedTo = messageId };
        await SendMessageAsync(command, context, dataSet: null);
        await _upper.FlushAsync();
    }

    /// <summary>Asks the peer to release the association (Evt11) when every operation of ours has its answer.</summary>
    public async ValueTask ReleaseAsync()
    {
        try
        {
            for (var place = 0; place < _invokeWindowSize; place++)
            {
                await _invokeWindow.WaitAsync(_upper.Ended);
            }
        }
        catch (OperationCanceledException) when (_upper.End is { } end)
        {
            throw new AssociationEndedException(end);
        }

        await _upper.SendAsync(UpperLayerEvent.Evt11, new AReleaseRequest());
    }

    /// <summary>The context in which an instance can be sent.</summary>
    public PresentationContext? FindStoreContext(IOutgoingInstance instance)
    {
        foreach (var transferSyntax in instance.TransferSyntaxes)
        {
            foreach (var context in PresentationContexts)
            {
                var weAreScu = _isRequestor ? context.RequestorIsScu : context.RequestorIsScp;
                if (
                    weAreScu
                    && context.TransferSyntax == transferSyntax
                    && context.AbstractSyntaxUid == instance.SopClass.Value
                )
                {
                    return context;
                }
            }
        }

        return null;
    }

    /// <summary>Sends command and data set; false when the instance failed before anything was sent.</summary>
    private async ValueTask<bool> SendInstanceAsync(
        IOutgoingInstance instance,
        CommandSet command,
        PresentationContext context
    )
    {
        await LockMessageAsync();
        using var sink = new DataSetSink(_upper, context.Id, command, _fragmentBytesMax);
        try
        {
            await instance.CopyDataSetAsync(sink, context.TransferSyntax, _upper.Ended);
            await sink.FinishAsync();
            await _upper.FlushAsync();
            return true;
        }
        catch (Exception error) when (!sink.HasStarted && _upper.End is null)
        {
            _observer?.HandlerFailed(error);
            return false;
        }
        catch (Exception error) when (_upper.End is null)
        {
            // Half a message cannot be taken back (PS3.8 annex E).
            var end = new AssociationEnd(AssociationEndKind.LocalFault) { Error = error };
            await _upper.AbortAsync(end);
            throw new AssociationEndedException(_upper.End!);
        }
        catch (Exception error) when (error is not AssociationEndedException && _upper.End is { } end)
        {
            // The copy was cancelled because the association ended: the caller did not cancel anything.
            throw new AssociationEndedException(end);
        }
        finally
        {
            _messageLock.Release();
        }
    }

    private async ValueTask RespondAsync(
        CommandSet response,
        PresentationContext context,
        DimseStatus status,
        DataSet? dataSet = null
    )
    {
        await SendMessageAsync(response, context, dataSet);
        _observer?.ResponseSent(response.Field, status);
    }

    /// <summary>Writes a whole message without flushing it.</summary>
    private async ValueTask SendMessageAsync(CommandSet command, PresentationContext context, DataSet? dataSet)
    {
        await LockMessageAsync();
        try
        {
            command.DataSetType = dataSet is null ? CommandSet.NoDataSet : CommandSet.WithDataSet;
            if (dataSet is not null)
            {
                _encoded.ResetWrittenCount();
                DataSetWriter.Write(dataSet, context.TransferSyntax, _encoded);
            }

            await _upper.SendCommandAsync(context.Id, command);
            if (dataSet is not null)
            {
                var left = _encoded.WrittenMemory;
                while (left.Length > _fragmentBytesMax)
                {
                    await _upper.SendDataAsync(context.Id, isLast: false, left[.._fragmentBytesMax], default);
                    left = left[_fragmentBytesMax..];
                }

                await _upper.SendDataAsync(context.Id, isLast: true, left, default);
            }
        }
        finally
        {
            _messageLock.Release();
        }
    }

    private async ValueTask LockMessageAsync()
    {
        try
        {
            await _messageLock.WaitAsync(_upper.Ended);
        }
        catch (OperationCanceledException) when (_upper.End is { } end)
        {
            throw new AssociationEndedException(end);
        }
    }

    /// <summary>The response to a request, without counts.</summary>
    private static CommandSet Response(CommandSet request, DimseStatus status) =>
        new()
        {
            Field = (CommandField)((ushort)request.Field | 0x8000),
            MessageIdBeingRespondedTo = request.MessageId.GetValueOrDefault(),
            AffectedSopClassUid = request.AffectedSopClassUid ?? request.RequestedSopClassUid,
            AffectedSopInstanceUid = request.AffectedSopInstanceUid ?? request.RequestedSopInstanceUid,
            ActionTypeId = request.ActionTypeId,
            EventTypeId = request.EventTypeId,
            Status = status.Code,
            // PS3.7 C: Error Comment (0000,0902) has VR LO.
            ErrorComment = status.Comment is { Length: > 64 } comment ? comment[..64] : status.Comment,
        };

    private async ValueTask<Invocation> OpenInvocationAsync(
        CommandSet command,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _upper.Ended);
        try
        {
            await _invokeWindow.WaitAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (_upper.End is { } ended)
        {
            throw new AssociationEndedException(ended);
        }

        PendingRequest pending;
        lock (_pendingGate)
        {
            do
            {
                _lastMessageId++;
            } while (_lastMessageId == 0 || _pending.ContainsKey(_lastMessageId));

            pending = new PendingRequest(_lastMessageId);
            _pending.Add(_lastMessageId, pending);
        }

        if (_upper.End is { } end)
        {
            pending.Close(end);
        }

        command.MessageId = pending.MessageId;
        Interlocked.Increment(ref _awaited);
        _upper.Touch();
        return new Invocation(this, pending, context);
    }

    private void CloseInvocation(PendingRequest pending)
    {
        lock (_pendingGate)
        {
            _pending.Remove(pending.MessageId);
        }

        pending.Close(end: null);
        Interlocked.Decrement(ref _awaited);
        _upper.Touch();
        _invokeWindow.Release();
    }

    private async ValueTask DeliverResponseAsync(CommandSet command)
    {
        PendingRequest? pending;
        lock (_pendingGate)
        {
            _pending.TryGetValue(command.MessageIdBeingRespondedTo.GetValueOrDefault(), out pending);
        }

        if (pending is not null)
        {
            var dataSet = _identifier?.WrittenMemory ?? default;
            await pending.DeliverAsync(new DimseResponse(command, dataSet), _upper.Ended);
        }
    }

    private void ClosePending(AssociationEnd end)
    {
        lock (_pendingGate)
        {
            foreach (var pending in _pending.Values)
            {
                pending.Close(end);
            }
        }
    }

    /// <summary>
    /// A request of ours under way; disposing it frees its place in the window. Leaving one that has no final response
    /// aborts the association: the peer would answer into whatever comes next.
    /// </summary>
    internal sealed class Invocation(Association association, PendingRequest pending, PresentationContext context)
        : IAsyncDisposable
    {
        public ushort MessageId => pending.MessageId;

        public PresentationContext Context => context;

        /// <summary>The request is out, and its final response has not come.</summary>
        public bool IsOutstanding { get; set; }

        public async ValueTask<DimseResponse> NextAsync(CancellationToken cancellationToken)
        {
            var response = await pending.NextAsync(cancellationToken);
            IsOutstanding = response.Command.DimseStatus.IsPending;
            return response;
        }

        public ValueTask DisposeAsync()
        {
            if (IsOutstanding)
            {
                association.Abort();
            }

            association.CloseInvocation(pending);
            return default;
        }
    }
}
