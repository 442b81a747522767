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
    /// <summary>Waits for room in the window, and takes it.</summary>
    private async ValueTask BeginOperationAsync()
    {
        await _performWindow.WaitAsync(_upper.Ended);
        Interlocked.Increment(ref _performing);
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

    private ValueTask ActionAsync(
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
                if (!SopInstanceUid.TryParse(command.RequestedSopInstanceUid, out var instance))
                {
                    return new(DimseStatus.InvalidSopInstance);
                }

                var request = new NActionRequest(
                    operation.MessageId,
                    SopClassOf(command),
                    instance,
                    command.ActionTypeId.GetValueOrDefault()
                );
                return _handler.ActionAsync(request, Decode(information, context), context, operation.Token);
            }
        );

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
