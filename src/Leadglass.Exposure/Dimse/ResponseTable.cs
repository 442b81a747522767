using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>What a response means.</summary>
/// <param name="Answer">Open, closed or unknown.</param>
/// <param name="Reason">Why, one sentence.</param>
internal readonly record struct Verdict(Answer Answer, string Reason);

/// <summary>
/// Every way in which a probe's message can end, and what it means. <c>docs/auditing.md</c> holds the same table; a test
/// compares the two.
/// </summary>
internal static class ResponseTable
{
    private const Answer Open = Answer.Open;
    private const Answer Closed = Answer.Closed;
    private const Answer Unknown = Answer.Unknown;

    /// <summary>Final and pending statuses (PS3.7 annex C; PS3.4 C.4.1.1.4, C.4.3.1.4). The first row that holds a code counts.</summary>
    internal static IReadOnlyList<StatusRow> Statuses { get; } =
    [
        new(0x0000, 0x0000, Open, Open, Open, "success"),
        new(0x0001, 0x0001, Open, Open, Open, "carried out, with a warning"),
        new(0x0107, 0x0107, Open, Open, Open, "carried out, with a warning"),
        new(0x0116, 0x0116, Open, Open, Open, "carried out, with a warning"),
        new(0xB000, 0xBFFF, Open, Open, Open, "carried out, with a warning"),
        new(0x0124, 0x0124, Closed, Closed, Closed, "refused as not authorised"),
        new(0x0118, 0x0118, Closed, Closed, Closed, "refused as a service that is not offered"),
        new(0x0122, 0x0122, Closed, Closed, Closed, "refused as a service that is not offered"),
        new(0x0211, 0x0211, Closed, Closed, Closed, "refused as an operation that is not offered"),
        new(
            0x0110,
            0x0110,
            Unknown,
            Unknown,
            Open,
            "a processing failure: a retrieval was answered, a query counts with success only"
        ),
        new(
            0x0112,
            0x0112,
            Unknown,
            Unknown,
            Open,
            "no such instance: a retrieval was answered, a query counts with success only"
        ),
        new(0x0213, 0x0213, Unknown, Unknown, Unknown, "short of resources just now"),
        new(0x0100, 0x02FF, Unknown, Unknown, Unknown, "an error in the message, as the server sees it"),
        new(
            0xA701,
            0xA702,
            Unknown,
            Unknown,
            Open,
            "it tried and could not: a retrieval was answered, a query counts with success only"
        ),
        new(0xA700, 0xA7FF, Unknown, Unknown, Unknown, "short of resources just now"),
        new(0xA800, 0xA8FF, Unknown, Unknown, Unknown, "an error in the message, as the server sees it"),
        new(0xA900, 0xA9FF, Unknown, Unknown, Unknown, "the identifier does not suit it"),
        new(
            0xC000,
            0xCFFF,
            Unknown,
            Unknown,
            Open,
            "unable to process: a retrieval was answered, a query counts with success only"
        ),
        new(0xFE00, 0xFE00, Unknown, Unknown, Unknown, "cancelled, though nobody asked for that"),
        new(0xFF00, 0xFF01, Unknown, Open, Open, "a match or sub-operations for a UID that nobody has"),
        new(0x0000, 0xFFFF, Unknown, Unknown, Unknown, "a status that no clause defines"),
    ];

    /// <summary>
    /// Ways to end without a status. An abort counts as a refusal only where C-ECHO was answered on the same terms: then it
    /// was the message that was refused, and the association works otherwise.
    /// </summary>
    internal static IReadOnlyList<EndingRow> Endings { get; } =
    [
        new(DimseEnding.StoreRequest, Unknown, Unknown, Open, "it began to send instances"),
        new(
            DimseEnding.Aborted,
            Unknown,
            Unknown,
            Unknown,
            "aborted; without an answered C-ECHO beside it that may be a fault"
        ),
        new(DimseEnding.Released, Unknown, Unknown, Unknown, "released instead of answering"),
        new(DimseEnding.Closed, Unknown, Unknown, Unknown, "the connection was closed instead of an answer"),
        new(
            DimseEnding.Broken,
            Unknown,
            Unknown,
            Unknown,
            "the connection broke, or what one connection may bring was spent"
        ),
        new(DimseEnding.TimedOut, Unknown, Unknown, Unknown, "no answer in time"),
        new(DimseEnding.Malformed, Unknown, Unknown, Unknown, "the answer breaks the protocol"),
        new(DimseEnding.TooMuch, Unknown, Unknown, Unknown, "the answer is longer than a probe reads"),
        new(
            DimseEnding.NotTried,
            Unknown,
            Unknown,
            Unknown,
            "not asked, since the message before got no proper answer"
        ),
        new(DimseEnding.NotSendable, Unknown, Unknown, Unknown, "it takes PDUs too short for a message"),
    ];

    /// <summary>Results of a presentation context that was proposed for a service (PS3.8 Table 9-18).</summary>
    internal static IReadOnlyList<ContextRow> Contexts { get; } =
    [
        new(PresentationContextResult.UserRejection, Closed, "the service is refused to this caller"),
        new(PresentationContextResult.AbstractSyntaxNotSupported, Closed, "the service is not offered"),
        new(PresentationContextResult.TransferSyntaxesNotSupported, Unknown, "offered in other transfer syntaxes only"),
        new(PresentationContextResult.NoReason, Unknown, "not accepted, without a reason"),
    ];

    /// <summary>Rejections of the association (PS3.8 Table 9-21); null stands for any. The first row that fits counts.</summary>
    internal static IReadOnlyList<RejectRow> Rejections { get; } =
    [
        new(RejectResult.Transient, null, null, Unknown, Unknown, "rejected for the moment only"),
        new(
            null,
            RejectSource.ServiceUser,
            7,
            Unknown,
            Unknown,
            "title required: the called AE title is not one of its own"
        ),
        new(null, RejectSource.ServiceUser, 3, Closed, Closed, "refused to unknown calling AE titles"),
        new(null, RejectSource.ServiceUser, 2, Unknown, Unknown, "the application context was rejected"),
        new(
            null,
            RejectSource.ServiceUser,
            null,
            Closed,
            Unknown,
            "rejected without a reason; that counts where the called title is known to be right"
        ),
        new(null, null, null, Unknown, Unknown, "rejected by the upper layer"),
    ];

    /// <summary>What a message's end means.</summary>
    /// <param name="rung">C-ECHO, null query or null retrieve.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="isEchoAnswered">C-ECHO was answered with success on the same terms: titles, port, TLS.</param>
    public static Verdict Of(Rung rung, DimseOutcome outcome, bool isEchoAnswered)
    {
        switch (outcome.Ending)
        {
            case DimseEnding.Status or DimseEnding.Match:
                var status = Statuses.First(row => outcome.Code >= row.From && outcome.Code <= row.To);
                return new(status.At(rung), status.Reason);
            case DimseEnding.NotAccepted:
                var context = Contexts.FirstOrDefault(row => (ushort)row.Result == outcome.Code);
                return context is null
                    ? new(Unknown, "answered for the context in no way that a clause defines")
                    : new(context.Answer, context.Reason);
            case DimseEnding.Aborted when rung != Rung.Echo && isEchoAnswered:
                return new(Closed, "aborted at this message, where C-ECHO is answered on the same terms");
            default:
                var ending = Endings.First(row => row.Ending == outcome.Ending);
                return new(ending.At(rung), ending.Reason);
        }
    }

    /// <summary>What a rejected association means for the rungs above it.</summary>
    /// <param name="isTitleKnown">The called title is one that the scope lists for this host alone.</param>
    public static Verdict Of(AAssociateReject reject, bool isTitleKnown)
    {
        var row = Rejections.First(row =>
            (row.Result ?? reject.Result) == reject.Result
            && (row.Source ?? reject.Source) == reject.Source
            && (row.ReasonCode ?? reject.Reason) == reject.Reason
        );
        return new(isTitleKnown ? row.AtKnownTitle : row.AtUnknownTitle, row.Reason);
    }
}

/// <summary>A range of statuses, and what they mean at C-ECHO, the null query and the null retrieve.</summary>
internal sealed record StatusRow(ushort From, ushort To, Answer Echo, Answer Query, Answer Retrieve, string Reason)
{
    public Answer At(Rung rung) =>
        rung == Rung.Echo ? Echo
        : rung == Rung.NullQuery ? Query
        : Retrieve;
}

/// <summary>A way to end without a status, and what it means.</summary>
internal sealed record EndingRow(DimseEnding Ending, Answer Echo, Answer Query, Answer Retrieve, string Reason)
{
    public Answer At(Rung rung) =>
        rung == Rung.Echo ? Echo
        : rung == Rung.NullQuery ? Query
        : Retrieve;
}

/// <summary>A result of a presentation context, and what it means.</summary>
internal sealed record ContextRow(PresentationContextResult Result, Answer Answer, string Reason);

/// <summary>A rejection, and what it means under a called title that is known to be right and under any other.</summary>
internal sealed record RejectRow(
    RejectResult? Result,
    RejectSource? Source,
    byte? ReasonCode,
    Answer AtKnownTitle,
    Answer AtUnknownTitle,
    string Reason
);
