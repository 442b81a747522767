using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>How a DIMSE operation of a probe ended.</summary>
internal enum DimseEnding
{
    /// <summary>A final response.</summary>
    Status,

    /// <summary>A match, or a report of sub-operations: a pending response.</summary>
    Match,

    /// <summary>A C-STORE sub-operation began.</summary>
    StoreRequest,

    /// <summary>A-ABORT.</summary>
    Aborted,

    /// <summary>A-RELEASE-RQ instead of a response.</summary>
    Released,

    /// <summary>The connection was closed.</summary>
    Closed,

    /// <summary>The connection broke, or its budget of bytes or time was spent.</summary>
    Broken,

    /// <summary>No response in time.</summary>
    TimedOut,

    /// <summary>Bytes that PS3.7 or PS3.8 do not allow.</summary>
    Malformed,

    /// <summary>More than the limits of a probe allow.</summary>
    TooMuch,

    /// <summary>The presentation context was not accepted; nothing was sent.</summary>
    NotAccepted,

    /// <summary>The server takes PDUs too short for any message; nothing was sent.</summary>
    NotSendable,

    /// <summary>Nothing was sent, since the message before ended in a way that leaves no hope.</summary>
    NotTried,
}

/// <summary>How a DIMSE operation of a probe ended, with the codes that came.</summary>
/// <param name="Ending">How.</param>
/// <param name="Code">The status, or the result of the presentation context.</param>
/// <param name="Source">The source of an A-ABORT.</param>
/// <param name="Reason">The reason of an A-ABORT.</param>
/// <param name="HasDataSet">A data set came with the response.</param>
internal readonly record struct DimseOutcome(
    DimseEnding Ending,
    ushort Code = 0,
    byte Source = 0,
    byte Reason = 0,
    bool HasDataSet = false
)
{
    /// <summary>The server does not keep to the protocol or to its times: it is left alone.</summary>
    public bool IsHopeless =>
        Ending is DimseEnding.Broken or DimseEnding.TimedOut or DimseEnding.Malformed or DimseEnding.TooMuch;

    /// <summary>The operation was carried out without a remark.</summary>
    public bool IsSuccess => Ending == DimseEnding.Status && Code == 0;

    /// <summary>What came, in code only.</summary>
    public string Response =>
        Ending switch
        {
            DimseEnding.Status or DimseEnding.Match => $"{Code:X4}",
            DimseEnding.StoreRequest => "C-STORE-RQ",
            DimseEnding.Aborted => $"A-ABORT {Source}/{Reason}",
            DimseEnding.Released => "A-RELEASE-RQ",
            DimseEnding.Closed => "closed",
            DimseEnding.Broken => "broken",
            DimseEnding.TimedOut => "time-out",
            DimseEnding.Malformed => "malformed",
            DimseEnding.TooMuch => "too much",
            DimseEnding.NotAccepted => $"context {Code}",
            DimseEnding.NotSendable => "PDU too short",
            _ => "not tried",
        };

    public static DimseOutcome OfStatus(ushort status) => new(DimseEnding.Status, status);

    public static DimseOutcome OfAbort(AAbort abort) =>
        new(DimseEnding.Aborted, 0, (byte)abort.Source, (byte)abort.Reason);

    public static DimseOutcome OfContext(PresentationContextResult result) =>
        new(DimseEnding.NotAccepted, (ushort)result);
}

/// <summary>An association is no more; how is in its outcome. Never leaves the probe.</summary>
internal sealed class ProbeLostException(DimseOutcome outcome) : IOException("the association was lost")
{
    public DimseOutcome Outcome { get; } = outcome;
}
