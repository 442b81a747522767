using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>Takes the matches of a query, one at a time, from bytes that are cleared right after.</summary>
internal interface IMatchTaker
{
    /// <summary>Takes a match; false when no more are wanted.</summary>
    bool Take(ReadOnlySpan<byte> identifier, bool isExplicit);
}

/// <summary>How a query ended.</summary>
/// <param name="Outcome">
/// The final status; <see cref="DimseEnding.Match"/> when it was cancelled after a match; or how the association was lost.
/// </param>
/// <param name="Matches">Matches that were taken.</param>
/// <param name="IsCancelled">The query was cancelled from here, since its taker wanted no more.</param>
/// <param name="IsSlow">A time of <see cref="DicomProbeTimes"/> was passed.</param>
/// <param name="Took">From the request to the end.</param>
internal readonly record struct QueryOutcome(
    DimseOutcome Outcome,
    int Matches,
    bool IsCancelled,
    bool IsSlow,
    TimeSpan Took
);

/// <summary>The operations of a probe: C-ECHO, C-FIND, C-GET.</summary>
internal sealed partial class ProbeAssociation
{
    /// <summary>Responses that may still be under way after a C-CANCEL; a server that goes on is left.</summary>
    private const int AfterCancelMax = 4096;

    private ushort _messageId;

    /// <summary>C-ECHO.</summary>
    public ValueTask<DimseOutcome> EchoAsync(ProbeContext context, CancellationToken cancel) =>
        AskAsync(CommandField.CEchoRequest, context, null, cancel);

    /// <summary>C-FIND whose first match, if any comes, is passed over unread and cancels it.</summary>
    public ValueTask<DimseOutcome> NullQueryAsync(
        ProbeContext context,
        IReadOnlyList<QueryKey> identifier,
        CancellationToken cancel
    ) => AskAsync(CommandField.CFindRequest, context, identifier, cancel);

    /// <summary>C-GET that is aborted when a C-STORE sub-operation begins, before its data set is read.</summary>
    public ValueTask<DimseOutcome> NullRetrieveAsync(
        ProbeContext context,
        IReadOnlyList<QueryKey> identifier,
        CancellationToken cancel
    ) => AskAsync(CommandField.CGetRequest, context, identifier, cancel);

    /// <summary>C-FIND whose matches are taken from memory that is cleared after each.</summary>
    public async ValueTask<QueryOutcome> QueryAsync(
        ProbeContext context,
        IReadOnlyList<QueryKey> identifier,
        IMatchTaker taker,
        CancellationToken cancel
    )
    {
        var started = _time.GetTimestamp();
        var matches = 0;
        var isCancelled = false;
        using var first = new StepLimit(_times.FirstMatch, _time, cancel);
        using var whole = new StepLimit(_times.Range, _time, cancel);
        try
        {
            var id = await SendRequestAsync(CommandField.CFindRequest, context, identifier, whole.Token);
            var limit = first.Token;
            while (true)
            {
                var message = await ReceiveAsync(context, DataSetUse.Hold, limit);
                limit = whole.Token;
                CheckResponse(message.Head, CommandField.CFindResponse, id);
                if (!IsPending(message.Head))
                {
                    return Ended(DimseOutcome.OfStatus(message.Head.Status!.Value), isSlow: false);
                }

                matches++;
                var goesOn = TakeMatch(taker, message, context);
                if (!goesOn)
                {
                    isCancelled = true;
                    return Ended(await CancelAsync(id, context, cancel), isSlow: false);
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // An A-ABORT ends the work of a server that is too busy to read a C-CANCEL.
            await AbortAsync();
            return Ended(new DimseOutcome(DimseEnding.TimedOut), isSlow: true);
        }
        catch (Exception problem) when (IsOfTheServer(problem, cancel))
        {
            await AbortAsync();
            return Ended(OutcomeOf(problem), isSlow: false);
        }

        QueryOutcome Ended(DimseOutcome outcome, bool isSlow) =>
            new(outcome, matches, isCancelled, isSlow, _time.GetElapsedTime(started));
    }

    private bool TakeMatch(IMatchTaker taker, Message message, ProbeContext context)
    {
        var identifier = _identifier!.Span[..message.IdentifierLength];
        try
        {
            return taker.Take(identifier, context.IsExplicit);
        }
        finally
        {
            identifier.Clear();
        }
    }

    private async ValueTask<DimseOutcome> AskAsync(
        CommandField field,
        ProbeContext context,
        IReadOnlyList<QueryKey>? identifier,
        CancellationToken cancel
    )
    {
        using var limit = new StepLimit(_times.Response, _time, cancel);
        try
        {
            if (Accept.UserInformation.PduLengthBytesMax is > 0 and < ProbeMessages.LengthMax)
            {
                return new DimseOutcome(DimseEnding.NotSendable);
            }

            var id = await SendRequestAsync(field, context, identifier, limit.Token);
            var head = (await ReceiveAsync(context, DataSetUse.Skip, limit.Token)).Head;
            if (field == CommandField.CGetRequest && head.Field == CommandField.CStoreRequest)
            {
                await AbortAsync();
                return new DimseOutcome(DimseEnding.StoreRequest);
            }

            CheckResponse(head, (CommandField)((ushort)field | 0x8000), id);
            if (field == CommandField.CEchoRequest || !IsPending(head))
            {
                return DimseOutcome.OfStatus(head.Status!.Value);
            }

            var match = new DimseOutcome(DimseEnding.Match, head.Status!.Value, HasDataSet: head.HasDataSet);
            await CancelAsync(id, context, cancel);
            return match;
        }
        catch (Exception problem) when (IsOfTheServer(problem, cancel))
        {
            await AbortAsync();
            return OutcomeOf(problem);
        }
    }

    private async ValueTask<ushort> SendRequestAsync(
        CommandField field,
        ProbeContext context,
        IReadOnlyList<QueryKey>? identifier,
        CancellationToken cancel
    )
    {
        var id = ++_messageId;
        await _wire.SendAsync(ProbeMessages.Request(field, id, context, identifier), cancel);
        return id;
    }

    /// <summary>C-CANCEL, then everything is passed over until the final response; a server that goes on is aborted.</summary>
    private async ValueTask<DimseOutcome> CancelAsync(ushort id, ProbeContext context, CancellationToken cancel)
    {
        var match = new DimseOutcome(DimseEnding.Match, DimseStatus.Pending.Code);
        try
        {
            using var limit = new StepLimit(_times.Farewell, _time, cancel);
            await _wire.SendAsync(ProbeMessages.Cancel(id, context), limit.Token);
            for (var i = 0; i < AfterCancelMax; i++)
            {
                var head = (await ReceiveAsync(context, DataSetUse.Skip, limit.Token)).Head;
                if (head.Field == CommandField.CStoreRequest)
                {
                    break;
                }

                if (head.RespondsTo == id && !IsPending(head))
                {
                    return match;
                }
            }
        }
        catch (Exception problem) when (IsOfTheServer(problem, cancel))
        {
            // What it was cancelled for has been seen.
        }

        await AbortAsync();
        return match;
    }

    /// <summary>Sends A-ABORT; the association can be used no more.</summary>
    private async ValueTask AbortAsync()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        try
        {
            using var limit = new StepLimit(_times.Farewell, _time, CancellationToken.None);
            await SendPduAsync(new AAbort(AbortSource.ServiceUser, AbortReason.NotSpecified), limit.Token);
        }
        catch (Exception problem) when (IsOfTheServer(problem, CancellationToken.None))
        {
            // It is gone already.
        }
    }

    private static bool IsPending(CommandHead head) => head.Status is 0xFF00 or 0xFF01;

    private static void CheckResponse(CommandHead head, CommandField expected, ushort id)
    {
        if (head.Field != expected || head.RespondsTo != id || head.Status is null)
        {
            throw Malformed();
        }
    }

    private static DimseOutcome OutcomeOf(Exception problem) =>
        problem switch
        {
            ProbeLostException lost => lost.Outcome,
            OperationCanceledException => new DimseOutcome(DimseEnding.TimedOut),
            DicomProtocolException => new DimseOutcome(DimseEnding.Malformed),
            _ => new DimseOutcome(DimseEnding.Broken),
        };
}
