namespace Leadglass.Access;

/// <summary>What an identity asks for. A grant is for one operation.</summary>
public enum Operation
{
    /// <summary>C-ECHO, which every enrolled device may do (PS3.4 A).</summary>
    Echo,

    /// <summary>C-STORE, STOW-RS and import: instances come in. Storage commitment for them is part of it.</summary>
    Store,

    /// <summary>C-FIND and QIDO-RS: attributes go out.</summary>
    Query,

    /// <summary>C-GET and WADO-RS: instances go out to the one who asks.</summary>
    Retrieve,

    /// <summary>C-MOVE: instances go out to an enrolled destination.</summary>
    Move,

    /// <summary>Export by a command on the archive's machine.</summary>
    Export,

    /// <summary>Instances are rejected with a reason, or restored (IHE IOCM).</summary>
    Reject,

    /// <summary>A study is assigned to another patient.</summary>
    Correct,

    /// <summary>Quarantined content is accepted or discarded.</summary>
    ResolveConflict,

    /// <summary>A patient or a study is assigned to a referrer.</summary>
    Assign,

    /// <summary>A study is shared with one outside person.</summary>
    Share,

    /// <summary>A patient who is not assigned is opened for an hour, with a reason and an alarm.</summary>
    BreakGlass,

    /// <summary>The trail is read, patients and studies included; break-glass is reviewed.</summary>
    ReadTrail,

    /// <summary>Devices, people, programs and shares are administered; no patient data.</summary>
    Administer,

    /// <summary>A right that somebody else asked for is confirmed.</summary>
    Confirm,

    /// <summary>Metrics and posture.</summary>
    Observe,
}

/// <summary>What a device is enrolled for.</summary>
[Flags]
public enum DeviceRights
{
    /// <summary>C-ECHO only.</summary>
    None = 0,

    /// <summary>It may store, and ask for storage commitment.</summary>
    Store = 1,

    /// <summary>It may query.</summary>
    Query = 2,

    /// <summary>It may retrieve with C-GET, move to its destinations, and be a destination.</summary>
    Retrieve = 4,
}

/// <summary>Why access was refused. The name goes into logs and the trail; the peer learns less.</summary>
public enum RefusalReason
{
    /// <summary>The peer does not speak TLS.</summary>
    NotTls,

    /// <summary>The peer speaks TLS, but not the protocol of this port.</summary>
    WrongProtocol,

    /// <summary>The peer showed no certificate.</summary>
    NoCertificate,

    /// <summary>The certificate was issued neither by this archive's authority nor is it pinned.</summary>
    OtherAuthority,

    /// <summary>The certificate's validity is over.</summary>
    CertificateExpired,

    /// <summary>The certificate's validity has not begun.</summary>
    CertificateNotYetValid,

    /// <summary>The certificate is not for client authentication, or its key is too weak.</summary>
    CertificateUnsuitable,

    /// <summary>The certificate was issued here, but no device has it.</summary>
    UnknownDevice,

    /// <summary>The device is enrolled, but this certificate of it was withdrawn.</summary>
    CertificateRevoked,

    /// <summary>The device is disabled.</summary>
    DeviceDisabled,

    /// <summary>The calling AE title is not one of the device that the certificate names.</summary>
    CallingAeTitleMismatch,

    /// <summary>The device has to call another AE title.</summary>
    CalledAeTitleMismatch,

    /// <summary>The identity lacks the right for this operation.</summary>
    RightMissing,

    /// <summary>The study is not among the patients or modalities that the identity may see.</summary>
    OutOfScope,

    /// <summary>No enrolled device has the destination's AE title, or it has no address.</summary>
    DestinationUnknown,

    /// <summary>The destination may not receive, or not from this device.</summary>
    DestinationNotPermitted,

    /// <summary>The grant is older than its validity; the policy has to be asked again.</summary>
    GrantExpired,

    /// <summary>What the grant rested on was withdrawn since.</summary>
    AccessWithdrawn,

    /// <summary>The trail cannot be written, so nothing is released.</summary>
    TrailUnavailable,

    /// <summary>Nobody has signed in.</summary>
    NotSignedIn,

    /// <summary>No live session has this secret: it ended, or never was.</summary>
    SessionUnknown,

    /// <summary>The account does not exist any more, or the program or share.</summary>
    UnknownAccount,

    /// <summary>The account or program is disabled.</summary>
    AccountDisabled,

    /// <summary>The account is locked after failed attempts.</summary>
    AccountLocked,

    /// <summary>Password, code, passkey, secret or token is wrong.</summary>
    WrongCredentials,

    /// <summary>The secret, token or certificate of a program is not the present one.</summary>
    CredentialsReplaced,

    /// <summary>The share's end date has passed.</summary>
    ShareExpired,

    /// <summary>The share was ended by a person.</summary>
    ShareRevoked,

    /// <summary>The share is locked after wrong codes.</summary>
    ShareLocked,

    /// <summary>A right has to be confirmed by another person than who asked for it or whom it is for.</summary>
    SamePerson,

    /// <summary>The identity has as many operations under way as it may.</summary>
    TooManyAtOnce,

    /// <summary>The one-time link does not count: it is used, too old, or never was given.</summary>
    LinkExpired,

    /// <summary>The token is not one of ours, or is over.</summary>
    TokenInvalid,

    /// <summary>The request came from a page of another site, or from a script that may not send it.</summary>
    CrossSite,

    /// <summary>An edge spoke for a device that is not listed behind it, or a device that is listed nowhere spoke to it.</summary>
    NotBehindEdge,

    /// <summary>A device spoke to its edge from an address that is not listed for it.</summary>
    SourceNotListed,

    /// <summary>What an edge brought is no envelope for this archive, or was changed or cut on the way.</summary>
    EnvelopeInvalid,
}
