namespace Leadglass.Dicom.Network;

/// <summary>An operation of the peer that may be cancelled while it runs.</summary>
internal sealed class Operation(ushort messageId, CancellationToken ended) : IDisposable
{
    private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(ended);

    public ushort MessageId { get; } = messageId;

    public bool IsCancelled { get; private set; }

    public CancellationToken Token => _source.Token;

    public void Cancel()
    {
        IsCancelled = true;
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended meanwhile.
        }
    }

    public void Dispose() => _source.Dispose();
}

/// <summary>
/// Operations other than C-STORE run beside the receiving loop, so that C-CANCEL and the responses to sub-operations are
/// read meanwhile. Beyond the negotiated window the loop waits, and with it the peer.
/// </summary>
internal sealed partial class Association
{
    private readonly Lock _overrunGate = new();
    private TaskCompletionSource? _overrun;
    private int _retrieving;

    /// <summary>Waits for room in the window, and takes it.</summary>
    /// <exception cref="DicomProtocolException">There is no room before the peer answers, which nobody would read.</exception>
    private async ValueTask BeginOperationAsync()
    {
        var room = _performWindow.WaitAsync(_upper.Ended);
        if (!room.IsCompleted)
        {
            await WaitForRoomAsync(room);
        }

        await room;
        Interlocked.Increment(ref _performing);
    }

    /// <summary>
    /// While the loop waits it reads no responses. Operations that end by themselves make room sooner or later; when all
    /// that fill the window are retrievals in a C-STORE of ours, each waits for this loop, and none has answered yet, so that
    /// the peer asked for more than it may.
    /// </summary>
    private async Task WaitForRoomAsync(Task room)
    {
        var overrun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_overrunGate)
        {
            _overrun = overrun;
            NoteOverrun();
        }

        var first = await Task.WhenAny(room, overrun.Task);
        lock (_overrunGate)
        {
            _overrun = null;
        }

        if (first != room)
        {
            throw new DicomProtocolException(
                _upper.Position,
                "PS3.7 D.3.3.3",
                $"a request beyond the window of {_performWindowSize} while its C-STORE responses are owed",
                AbortReason.NotSpecified,
                AbortSource.ServiceUser
            );
        }
    }

    /// <summary>A C-STORE of a C-GET: it ends when the receiving loop has read the response.</summary>
    private async ValueTask<DimseStatus> StoreRetrievedAsync(IOutgoingInstance instance)
    {
        lock (_overrunGate)
        {
            _retrieving++;
            NoteOverrun();
        }

        try
        {
            return await StoreAsync(instance, null, null, _upper.Ended);
        }
        finally
        {
            lock (_overrunGate)
            {
                _retrieving--;
            }
        }
    }

    private void NoteOverrun()
    {
        if (_retrieving >= _performWindowSize)
        {
            _overrun?.TrySetResult();
        }
    }

    private void EndOperation()
    {
        Interlocked.Decrement(ref _performing);
        _upper.Touch();
        _performWindow.Release();
        OperationEnded?.Invoke();
    }

    /// <summary>Called when an operation has ended.</summary>
    public Action? OperationEnded { get; set; }

    private async ValueTask StartOperationAsync(
        CommandSet command,
        PresentationContext context,
        ReadOnlyMemory<byte>? identifier
    )
    {
        await BeginOperationAsync();
        var operation = new Operation(command.MessageId.GetValueOrDefault(), _upper.Ended);
        bool isNew;
        lock (_operationsGate)
        {
            isNew = _operations.TryAdd(operation.MessageId, operation);
        }

        Track(PerformAsync(command, context, identifier, operation, isNew));
    }

    private async Task PerformAsync(
        CommandSet command,
        PresentationContext context,
        ReadOnlyMemory<byte>? identifier,
        Operation operation,
        bool isNew
    )
    {
        await Task.Yield();
        try
        {
            var refusal = isNew ? Refusal(command, context) : DimseStatus.DuplicateInvocation;
            await (
                refusal is { } status
                    ? RespondAsync(Response(command, status), context, status)
                    : DispatchAsync(command, context, identifier, operation)
            );
            await _upper.FlushAsync();
        }
        finally
        {
            if (isNew)
            {
                lock (_operationsGate)
                {
                    _operations.Remove(operation.MessageId);
                }
            }

            operation.Dispose();
            EndOperation();
        }
    }

    private ValueTask DispatchAsync(
        CommandSet command,
        PresentationContext context,
        ReadOnlyMemory<byte>? identifier,
        Operation operation
    ) =>
        command.Field switch
        {
            CommandField.CEchoRequest => EchoAsync(command, context, operation),
            CommandField.CFindRequest => FindAsync(command, context, identifier, operation),
            CommandField.CGetRequest => GetAsync(command, context, identifier, operation),
            CommandField.CMoveRequest => MoveAsync(command, context, identifier, operation),
            CommandField.NActionRequest => ActionAsync(command, context, identifier, operation),
            CommandField.NEventReportRequest => EventReportAsync(command, context, identifier, operation),
            _ => RespondAsync(
                Response(command, DimseStatus.UnrecognizedOperation),
                context,
                DimseStatus.UnrecognizedOperation
            ),
        };

    private ValueTask EchoAsync(CommandSet command, PresentationContext context, Operation operation)
    {
        var request = new CEchoRequest(operation.MessageId, SopClassOf(command));
        return AnswerAsync(command, context, operation, () => _handler.EchoAsync(request, context, operation.Token));
    }

    private async ValueTask ActionAsync(
        CommandSet command,
        PresentationContext context,
        ReadOnlyMemory<byte>? information,
        Operation operation
    )
    {
        ActionReply reply;
        try
        {
            reply = SopInstanceUid.TryParse(command.RequestedSopInstanceUid, out var instance)
                ? await _handler.ActionWithReplyAsync(
                    new NActionRequest(
                        operation.MessageId,
                        SopClassOf(command),
                        instance,
                        command.ActionTypeId.GetValueOrDefault()
                    ),
                    Decode(information, context),
                    context,
                    operation.Token
                )
                : new ActionReply(DimseStatus.InvalidSopInstance);
        }
        catch (Exception error) when (_upper.End is null)
        {
            reply = new ActionReply(StatusOf(error, operation));
        }

        await RespondAsync(Response(command, reply.Status), context, reply.Status, reply.Information);
    }

    private ValueTask EventReportAsync(
        CommandSet command,
        PresentationContext context,
        ReadOnlyMemory<byte>? information,
        Operation operation
    ) =>
        AnswerAsync(
            command,
            context,
            operation,
            () =>
            {
                if (!SopInstanceUid.TryParse(command.AffectedSopInstanceUid, out var instance))
                {
                    return new(DimseStatus.InvalidSopInstance);
                }

                var request = new NEventReportRequest(
                    operation.MessageId,
                    SopClassOf(command),
                    instance,
                    command.EventTypeId.GetValueOrDefault()
                );
                return _handler.EventReportAsync(request, Decode(information, context), context, operation.Token);
            }
        );

    /// <summary>Answers with the status of the handler, or with that of its failure.</summary>
    private async ValueTask AnswerAsync(
        CommandSet command,
        PresentationContext context,
        Operation operation,
        Func<ValueTask<DimseStatus>> answer
    )
    {
        DimseStatus status;
        try
        {
            status = await answer();
        }
        catch (Exception error) when (_upper.End is null)
        {
            status = StatusOf(error, operation);
        }

        await RespondAsync(Response(command, status), context, status);
    }

    private async ValueTask FindAsync(
        CommandSet command,
        PresentationContext context,
        ReadOnlyMemory<byte>? identifier,
        Operation operation
    )
    {
        var final = DimseStatus.Success;
        try
        {
            var request = new CFindRequest(operation.MessageId, SopClassOf(command))
            {
                Priority = command.Priority ?? DimsePriority.Medium,
            };
            var matches = _handler.FindAsync(request, DecodeIdentifier(identifier, context), context, operation.Token);
            await using var cursor = matches.GetAsyncEnumerator(operation.Token);
            while (await NextAsync(cursor) && !operation.IsCancelled)
            {
                var response = cursor.Current;
                if (response.Identifier is not { } match)
                {
                    final = response.Status;
                    break;
                }

                await RespondAsync(Response(command, response.Status), context, response.Status, match);
            }

            final = operation.IsCancelled ? DimseStatus.Cancel : final;
        }
        catch (Exception error) when (_upper.End is null)
        {
            final = StatusOf(error, operation);
        }

        await RespondAsync(Response(command, final), context, final);
    }

    /// <summary>The next of a handler's answers; what was written is flushed before waiting for it.</summary>
    private async ValueTask<bool> NextAsync<T>(IAsyncEnumerator<T> cursor)
    {
        var next = cursor.MoveNextAsync();
        if (!next.IsCompleted)
        {
            await _upper.FlushAsync();
        }

        return await next;
    }

    private void CancelOperation(ushort? messageId)
    {
        lock (_operationsGate)
        {
            if (messageId is { } id && _operations.TryGetValue(id, out var operation))
            {
                // The callbacks of a cancelled token run elsewhere: they are not the receiving loop's to wait for.
                _ = Task.Run(operation.Cancel);
            }
        }
    }

    private DimseStatus StatusOf(Exception error, Operation operation)
    {
        if (error is OperationCanceledException && operation.IsCancelled)
        {
            return DimseStatus.Cancel;
        }

        if (error is DicomFormatException format)
        {
            return DimseStatus.DataSetDoesNotMatchSopClass with
            {
                Comment = $"identifier broken at byte {format.Position}",
            };
        }

        _observer?.HandlerFailed(error);
        return DimseStatus.ProcessingFailure;
    }

    private DataSet? Decode(ReadOnlyMemory<byte>? bytes, PresentationContext context) =>
        bytes is { } encoded
            ? DataSetReader.Read(
                new System.Buffers.ReadOnlySequence<byte>(encoded),
                context.TransferSyntax,
                _options.ReadLimits
            )
            : null;

    /// <summary>Queries without an identifier are answered as those with an empty one.</summary>
    public DataSet DecodeIdentifier(ReadOnlyMemory<byte>? bytes, PresentationContext context) =>
        Decode(bytes, context) ?? new DataSet();

    private void Track(Task task)
    {
        lock (_operationsGate)
        {
            _running.Add(task);
        }

        _ = UntrackAsync(task);
    }

    private async Task UntrackAsync(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.Exception?.InnerException is { } error && _upper.End is null)
        {
            var end = new AssociationEnd(AssociationEndKind.LocalFault) { Error = error };
            await _upper.AbortAsync(end);
        }

        lock (_operationsGate)
        {
            _running.Remove(task);
        }
    }

    /// <summary>The peer wants to part: what can be cancelled is, the rest is awaited.</summary>
    private async Task FinishOperationsAsync()
    {
        Task[] running;
        lock (_operationsGate)
        {
            foreach (var operation in _operations.Values)
            {
                _ = Task.Run(operation.Cancel);
            }

            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The association is over: nobody waits any longer, and nothing goes on behind its back.</summary>
    private async Task EndOperationsAsync()
    {
        ClosePending(_upper.End!);
        await AbandonInstanceAsync();
        Task[] running;
        lock (_operationsGate)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
