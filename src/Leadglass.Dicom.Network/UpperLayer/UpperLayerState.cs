namespace Leadglass.Dicom.Network;

/// <summary>The states of PS3.8 Tables 9-1 to 9-5.</summary>
public enum UpperLayerState
{
    /// <summary>Idle.</summary>
    Sta1 = 1,

    /// <summary>Transport connection open, awaiting A-ASSOCIATE-RQ PDU.</summary>
    Sta2,

    /// <summary>Awaiting the local user's A-ASSOCIATE response.</summary>
    Sta3,

    /// <summary>Awaiting the transport connection.</summary>
    Sta4,

    /// <summary>Awaiting A-ASSOCIATE-AC or A-ASSOCIATE-RJ PDU.</summary>
    Sta5,

    /// <summary>Association established, ready for data transfer.</summary>
    Sta6,

    /// <summary>Awaiting A-RELEASE-RP PDU.</summary>
    Sta7,

    /// <summary>Awaiting the local user's A-RELEASE response.</summary>
    Sta8,

    /// <summary>Release collision, requestor: awaiting the local user's A-RELEASE response.</summary>
    Sta9,

    /// <summary>Release collision, acceptor: awaiting A-RELEASE-RP PDU.</summary>
    Sta10,

    /// <summary>Release collision, requestor: awaiting A-RELEASE-RP PDU.</summary>
    Sta11,

    /// <summary>Release collision, acceptor: awaiting the local user's A-RELEASE response.</summary>
    Sta12,

    /// <summary>Awaiting the end of the transport connection; the association is no more.</summary>
    Sta13,
}

/// <summary>The events of PS3.8 Table 9-10.</summary>
public enum UpperLayerEvent
{
    /// <summary>A-ASSOCIATE request of the local user.</summary>
    Evt1 = 1,

    /// <summary>Transport connection confirmed.</summary>
    Evt2,

    /// <summary>A-ASSOCIATE-AC PDU received.</summary>
    Evt3,

    /// <summary>A-ASSOCIATE-RJ PDU received.</summary>
    Evt4,

    /// <summary>Transport connection indicated.</summary>
    Evt5,

    /// <summary>A-ASSOCIATE-RQ PDU received.</summary>
    Evt6,

    /// <summary>A-ASSOCIATE response of the local user: accept.</summary>
    Evt7,

    /// <summary>A-ASSOCIATE response of the local user: reject.</summary>
    Evt8,

    /// <summary>P-DATA request of the local user.</summary>
    Evt9,

    /// <summary>P-DATA-TF PDU received.</summary>
    Evt10,

    /// <summary>A-RELEASE request of the local user.</summary>
    Evt11,

    /// <summary>A-RELEASE-RQ PDU received.</summary>
    Evt12,

    /// <summary>A-RELEASE-RP PDU received.</summary>
    Evt13,

    /// <summary>A-RELEASE response of the local user.</summary>
    Evt14,

    /// <summary>A-ABORT request of the local user.</summary>
    Evt15,

    /// <summary>A-ABORT PDU received.</summary>
    Evt16,

    /// <summary>Transport connection closed.</summary>
    Evt17,

    /// <summary>ARTIM timer expired.</summary>
    Evt18,

    /// <summary>Unrecognized or invalid PDU received.</summary>
    Evt19,
}

/// <summary>The actions of PS3.8 Tables 9-6 to 9-9.</summary>
public enum UpperLayerAction
{
    /// <summary>The cell of Table 9-10 is empty: the event cannot happen in this state.</summary>
    Empty = 0,
    AE_1,
    AE_2,
    AE_3,
    AE_4,
    AE_5,
    AE_6,
    AE_7,
    AE_8,
    DT_1,
    DT_2,
    AR_1,
    AR_2,
    AR_3,
    AR_4,
    AR_5,
    AR_6,
    AR_7,
    AR_8,
    AR_9,
    AR_10,
    AA_1,
    AA_2,
    AA_3,
    AA_4,
    AA_5,
    AA_6,
    AA_7,
    AA_8,
}

/// <summary>What an action does, besides choosing the next state (PS3.8 Tables 9-6 to 9-9).</summary>
[Flags]
public enum UpperLayerEffects
{
    None = 0,
    ConnectTransport = 1 << 0,
    CloseTransport = 1 << 1,
    StartArtim = 1 << 2,
    StopArtim = 1 << 3,
    SendAssociateRequest = 1 << 4,
    SendAssociateAccept = 1 << 5,
    SendAssociateReject = 1 << 6,
    SendData = 1 << 7,
    SendReleaseRequest = 1 << 8,
    SendReleaseResponse = 1 << 9,

    /// <summary>A-ABORT with the service user as its source.</summary>
    SendUserAbort = 1 << 10,

    /// <summary>A-ABORT with the service provider as its source.</summary>
    SendProviderAbort = 1 << 11,
    IndicateAssociation = 1 << 12,
    ConfirmAssociation = 1 << 13,
    ConfirmRejection = 1 << 14,
    IndicateData = 1 << 15,
    IndicateRelease = 1 << 16,
    ConfirmRelease = 1 << 17,

    /// <summary>A-ABORT or A-P-ABORT indication.</summary>
    IndicateAbort = 1 << 18,
}

/// <summary>One step of the state machine.</summary>
/// <param name="Event">What happened.</param>
/// <param name="From">The state in which it happened.</param>
/// <param name="Action">The action of the cell.</param>
/// <param name="To">The next state.</param>
/// <param name="Effects">What is to be done now.</param>
public readonly record struct UpperLayerTransition(
    UpperLayerEvent Event,
    UpperLayerState From,
    UpperLayerAction Action,
    UpperLayerState To,
    UpperLayerEffects Effects
)
{
    /// <summary>The transition as the standard spells it, such as <c>Sta5 Evt3 AE-3 Sta6</c>.</summary>
    public override string ToString() => $"{From} {Event} {Action.ToString().Replace('_', '-')} {To}";
}
