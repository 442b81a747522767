namespace Leadglass.Dicom.Network;

/// <summary>C-ECHO-RQ (PS3.7 9.3.5.1).</summary>
/// <param name="MessageId">Message ID (0000,0110).</param>
/// <param name="SopClass">Affected SOP Class UID (0000,0002).</param>
public sealed record CEchoRequest(ushort MessageId, SopClassUid SopClass);

/// <summary>C-STORE-RQ (PS3.7 9.3.1.1).</summary>
/// <param name="MessageId">Message ID (0000,0110).</param>
/// <param name="SopClass">Affected SOP Class UID (0000,0002).</param>
/// <param name="SopInstance">Affected SOP Instance UID (0000,1000).</param>
public sealed record CStoreRequest(ushort MessageId, SopClassUid SopClass, SopInstanceUid SopInstance)
{
    /// <summary>Priority (0000,0700).</summary>
    public DimsePriority Priority { get; init; }

    /// <summary>Who asked for the C-MOVE of which this is a part (0000,1030).</summary>
    public AeTitle? MoveOriginator { get; init; }

    /// <summary>The Message ID of that C-MOVE (0000,1031).</summary>
    public ushort? MoveOriginatorMessageId { get; init; }
}

/// <summary>C-FIND-RQ (PS3.7 9.3.2.1).</summary>
public sealed record CFindRequest(ushort MessageId, SopClassUid SopClass)
{
    /// <summary>Priority (0000,0700).</summary>
    public DimsePriority Priority { get; init; }
}

/// <summary>One C-FIND response: a match, or the final status.</summary>
public sealed class CFindResponse
{
    private CFindResponse(DimseStatus status, DataSet? identifier)
    {
        Status = status;
        Identifier = identifier;
    }

    /// <summary>Pending for a match.</summary>
    public DimseStatus Status { get; }

    /// <summary>The match; null in the final response.</summary>
    public DataSet? Identifier { get; }

    /// <summary>A match.</summary>
    /// <param name="identifier">Its keys.</param>
    /// <param name="withUnsupportedKeys">Some optional keys were asked for that are not supported (FF01).</param>
    public static CFindResponse Match(DataSet identifier, bool withUnsupportedKeys = false) =>
        new(withUnsupportedKeys ? DimseStatus.PendingWithUnsupportedKeys : DimseStatus.Pending, identifier);

    /// <summary>The end; what the handler yields after it is not sent. Without it the end is success.</summary>
    public static CFindResponse Final(DimseStatus status) => new(status, identifier: null);
}

/// <summary>C-GET-RQ (PS3.7 9.3.3.1).</summary>
public sealed record CGetRequest(ushort MessageId, SopClassUid SopClass)
{
    /// <summary>Priority (0000,0700).</summary>
    public DimsePriority Priority { get; init; }
}

/// <summary>C-MOVE-RQ (PS3.7 9.3.4.1).</summary>
/// <param name="Destination">Move Destination (0000,0600).</param>
public sealed record CMoveRequest(ushort MessageId, SopClassUid SopClass, AeTitle Destination)
{
    /// <summary>Priority (0000,0700).</summary>
    public DimsePriority Priority { get; init; }
}

/// <summary>N-ACTION-RQ (PS3.7 10.1.4).</summary>
/// <param name="SopClass">Requested SOP Class UID (0000,0003).</param>
/// <param name="SopInstance">Requested SOP Instance UID (0000,1001).</param>
/// <param name="ActionTypeId">Action Type ID (0000,1008).</param>
public sealed record NActionRequest(
    ushort MessageId,
    SopClassUid SopClass,
    SopInstanceUid SopInstance,
    ushort ActionTypeId
);

/// <summary>N-ACTION-RSP (PS3.7 10.1.4).</summary>
/// <param name="Status">Status (0000,0900).</param>
/// <param name="Information">Action Reply; null where the action has none.</param>
public readonly record struct ActionReply(DimseStatus Status, DataSet? Information = null);

/// <summary>N-EVENT-REPORT-RQ (PS3.7 10.1.1).</summary>
/// <param name="SopClass">Affected SOP Class UID (0000,0002).</param>
/// <param name="SopInstance">Affected SOP Instance UID (0000,1000).</param>
/// <param name="EventTypeId">Event Type ID (0000,1002).</param>
public sealed record NEventReportRequest(
    ushort MessageId,
    SopClassUid SopClass,
    SopInstanceUid SopInstance,
    ushort EventTypeId
);
