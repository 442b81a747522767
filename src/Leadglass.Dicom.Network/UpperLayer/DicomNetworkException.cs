namespace Leadglass.Dicom.Network;

/// <summary>Something went wrong between two application entities. Messages carry positions, lengths and codes, never values.</summary>
public abstract class DicomNetworkException : Exception
{
    private protected DicomNetworkException(string message, Exception? inner = null)
        : base(message, inner) { }
}

/// <summary>
/// The peer sent bytes that PS3.8 or PS3.7 do not allow, or more than our limits allow. The association is aborted with
/// <see cref="AbortSource"/> and <see cref="Reason"/>.
/// </summary>
public sealed class DicomProtocolException : DicomNetworkException
{
    /// <summary>Makes the error of a peer.</summary>
    /// <param name="position">Where in the stream of bytes received on this association, counted from 0.</param>
    /// <param name="clause">The clause that was broken, such as <c>PS3.8 9.3.2</c>.</param>
    /// <param name="message">What was found and what is allowed.</param>
    /// <param name="reason">The diagnostic for the A-ABORT PDU.</param>
    /// <param name="abortSource">Who aborts: the upper layer for PDUs, its user for DIMSE messages.</param>
    public DicomProtocolException(
        long position,
        string clause,
        string message,
        AbortReason reason = AbortReason.InvalidPduParameterValue,
        AbortSource abortSource = AbortSource.ServiceProvider
    )
        : base($"{message} (at byte {position}, {clause})")
    {
        Position = position;
        Clause = clause;
        Reason = reason;
        AbortSource = abortSource;
    }

    /// <summary>Where in the stream of bytes received on this association, counted from 0.</summary>
    public long Position { get; }

    /// <summary>The clause of the standard that was broken.</summary>
    public string Clause { get; }

    /// <summary>The diagnostic that goes into the A-ABORT PDU (PS3.8 Table 9-26).</summary>
    public AbortReason Reason { get; }

    /// <summary>The source that goes into the A-ABORT PDU (PS3.8 Table 9-26).</summary>
    public AbortSource AbortSource { get; }
}

/// <summary>An operation could not be finished since its association is no more.</summary>
public sealed class AssociationEndedException : DicomNetworkException
{
    /// <summary>Makes the error from how the association ended.</summary>
    public AssociationEndedException(AssociationEnd end)
        : base($"the association has ended: {end}") => End = end;

    /// <summary>How the association ended.</summary>
    public AssociationEnd End { get; }
}
