namespace Leadglass.Dicom.Network;

/// <summary>C-GET and C-MOVE: sub-operations, their counts and what failed (PS3.4 C.4.2, C.4.3).</summary>
internal sealed partial class Association
{
    private async ValueTask GetAsync(
        CommandSet command,
        PresentationContext context,
        ReadOnlyMemory<byte>? identifier,
        Operation operation
    )
    {
        var counts = new SubOperationCounts(0);
        DimseStatus? final = null;
        try
        {
            var request = new CGetRequest(operation.MessageId, SopClassOf(command))
            {
                Priority = command.Priority ?? DimsePriority.Medium,
            };
            var plan = await _handler.GetAsync(
                request,
                DecodeIdentifier(identifier, context),
                context,
                operation.Token
            );
            final = plan.Refusal;
            counts = new SubOperationCounts(plan.SubOperations);
            if (final is null)
            {
                await SendInstancesAsync(plan.Instances, counts, command, context, operation);
            }
        }
        catch (Exception error) when (_upper.End is null)
        {
            final = FinalStatusOf(error, operation);
        }

        await RespondFinallyAsync(command, context, operation, counts, final);
    }

    private async ValueTask SendInstancesAsync(
        IAsyncEnumerable<IOutgoingInstance> instances,
        SubOperationCounts counts,
        CommandSet command,
        PresentationContext context,
        Operation operation
    )
    {
        await using var cursor = instances.GetAsyncEnumerator(operation.Token);
        while (!operation.IsCancelled && await NextAsync(cursor))
        {
            var instance = cursor.Current;
            try
            {
                // A sub-operation that has begun is finished even when a C-CANCEL comes meanwhile.
                counts.Count(instance.SopInstance, await StoreRetrievedAsync(instance));
            }
            finally
            {
                await DisposeInstanceAsync(instance);
            }

            await RespondPendingAsync(command, context, counts);
        }
    }

    private static async ValueTask DisposeInstanceAsync(IOutgoingInstance instance)
    {
        switch (instance)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }

    private async ValueTask MoveAsync(
        CommandSet command,
        PresentationContext context,
        ReadOnlyMemory<byte>? identifier,
        Operation operation
    )
    {
        var counts = new SubOperationCounts(0);
        DimseStatus? final = null;
        try
        {
            if (!AeTitle.TryParse(command.MoveDestination, out var destination))
            {
                final = DimseStatus.MoveDestinationUnknown;
            }
            else
            {
                var request = new CMoveRequest(operation.MessageId, SopClassOf(command), destination)
                {
                    Priority = command.Priority ?? DimsePriority.Medium,
                };
                var plan = await _handler.MoveAsync(
                    request,
                    DecodeIdentifier(identifier, context),
                    context,
                    operation.Token
                );
                final = plan.Refusal;
                counts = new SubOperationCounts(plan.SubOperations);
                if (final is null)
                {
                    await FollowMoveAsync(plan.Outcomes, counts, command, context, operation);
                }
            }
        }
        catch (Exception error) when (_upper.End is null)
        {
            final = FinalStatusOf(error, operation);
        }

        await RespondFinallyAsync(command, context, operation, counts, final);
    }

    private async ValueTask FollowMoveAsync(
        IAsyncEnumerable<SubOperationOutcome> outcomes,
        SubOperationCounts counts,
        CommandSet command,
        PresentationContext context,
        Operation operation
    )
    {
        await using var cursor = outcomes.GetAsyncEnumerator(operation.Token);
        while (!operation.IsCancelled && await NextAsync(cursor))
        {
            counts.Count(cursor.Current.SopInstance, cursor.Current.Status);
            await RespondPendingAsync(command, context, counts);
        }
    }

    /// <summary>A retrieval that falls over half-way could not perform its sub-operations.</summary>
    private DimseStatus FinalStatusOf(Exception error, Operation operation)
    {
        var status = StatusOf(error, operation);
        return status == DimseStatus.ProcessingFailure ? DimseStatus.UnableToPerformSubOperations : status;
    }

    private ValueTask RespondPendingAsync(CommandSet command, PresentationContext context, SubOperationCounts counts)
    {
        if (counts.Remaining == 0)
        {
            // The final response follows at once and says the same.
            return default;
        }

        var response = Response(command, DimseStatus.Pending);
        counts.WriteTo(response, withRemaining: true);
        return RespondAsync(response, context, DimseStatus.Pending);
    }

    private ValueTask RespondFinallyAsync(
        CommandSet command,
        PresentationContext context,
        Operation operation,
        SubOperationCounts counts,
        DimseStatus? refusal
    )
    {
        var cancelled = operation.IsCancelled && (refusal is null || refusal == DimseStatus.Cancel);
        var status = cancelled && counts.Remaining > 0 ? DimseStatus.Cancel : refusal ?? counts.FinalStatus;
        var response = Response(command, status);
        counts.WriteTo(response, withRemaining: status == DimseStatus.Cancel);
        return RespondAsync(response, context, status, counts.FailedInstances());
    }
}

/// <summary>The counts of a retrieval.</summary>
/// <param name="total">How many sub-operations were planned.</param>
internal sealed class SubOperationCounts(int total)
{
    /// <summary>A value of VR UI has up to 65,534 bytes in explicit syntaxes (PS3.5 7.1.2).</summary>
    private const int FailedListBytesMax = 65534;

    private readonly List<string> _failed = [];
    private int _failedListBytes;
    private int _completed;
    private int _failedCount;
    private int _warnings;

    public int Remaining => Math.Max(0, total - _completed - _failedCount - _warnings);

    /// <summary>PS3.4 Table C.4-2 and C.4-3: B000 as soon as one failed or gave a warning.</summary>
    public DimseStatus FinalStatus =>
        _failedCount + _warnings == 0 ? DimseStatus.Success : DimseStatus.WarningSubOperationsFailed;

    public void Count(SopInstanceUid instance, DimseStatus status)
    {
        switch (status.Class)
        {
            case DimseStatusClass.Success:
                _completed++;
                break;
            case DimseStatusClass.Warning:
                _warnings++;
                break;
            default:
                _failedCount++;
                AddFailed(instance.Value);
                break;
        }
    }

    public void WriteTo(CommandSet response, bool withRemaining)
    {
        response.RemainingSubOperations = withRemaining ? Clamp(Remaining) : null;
        response.CompletedSubOperations = Clamp(_completed);
        response.FailedSubOperations = Clamp(_failedCount);
        response.WarningSubOperations = Clamp(_warnings);
    }

    /// <summary>Failed SOP Instance UID List (0008,0058); null when nothing failed.</summary>
    public DataSet? FailedInstances()
    {
        if (_failed.Count == 0)
        {
            return null;
        }

        var list = new DataSet();
        list.SetString(DicomTag.FailedSOPInstanceUIDList, [.. _failed]);
        return list;
    }

    private static ushort Clamp(int count) => (ushort)Math.Min(count, ushort.MaxValue);

    private void AddFailed(string uid)
    {
        if (_failedListBytes + uid.Length + 1 <= FailedListBytesMax)
        {
            _failed.Add(uid);
            _failedListBytes += uid.Length + 1;
        }
    }
}
