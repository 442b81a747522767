namespace Leadglass.Dicom.Network;

/// <summary>How an association, or the attempt at one, ended.</summary>
public enum AssociationEndKind
{
    /// <summary>Released in order.</summary>
    Released,

    /// <summary>Rejected while it was negotiated.</summary>
    Rejected,

    /// <summary>The peer sent A-ABORT.</summary>
    AbortedByPeer,

    /// <summary>This side aborted since it was told to.</summary>
    Aborted,

    /// <summary>This side aborted since the peer broke the protocol or a limit.</summary>
    ProtocolError,

    /// <summary>Nothing came from the peer for too long.</summary>
    PeerSilent,

    /// <summary>The peer did not read for too long.</summary>
    PeerNotReading,

    /// <summary>The transport connection ended without a word.</summary>
    TransportClosed,

    /// <summary>A fault on this side.</summary>
    LocalFault,
}

/// <summary>How an association ended; bears no patient data.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Source">The source in the A-ABORT PDU sent or received.</param>
/// <param name="Reason">The reason in the A-ABORT PDU sent or received.</param>
public sealed record AssociationEnd(AssociationEndKind Kind, AbortSource? Source = null, AbortReason? Reason = null)
{
    /// <summary>The rejection, where there was one.</summary>
    public AAssociateReject? Rejection { get; init; }

    /// <summary>What the peer did wrong, or the fault on this side.</summary>
    public Exception? Error { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        Kind switch
        {
            AssociationEndKind.Rejected => $"{Kind} ({Rejection?.Result} {Rejection?.Source} {Rejection?.Reason})",
            _ when Error is DicomProtocolException error => $"{Kind} ({error.Message})",
            _ when Source is { } source => $"{Kind} ({source} {Reason})",
            _ => $"{Kind}",
        };
}
