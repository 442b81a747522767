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
}
