namespace Leadglass.Edge;

/// <summary>How an edge is, every few seconds while it has a link; what it refused since the last one.</summary>
/// <param name="Version">The edge's program version.</param>
/// <param name="Queue">What waits.</param>
/// <param name="Refusals">Refusals of strangers, summed by source and minute; at most <see cref="RefusalsMax"/>.</param>
/// <param name="ScannersDigest"><see cref="ScannerList.Digest"/> of the list that the edge has.</param>
public sealed record EdgeReport(
    string Version,
    EdgeQueueState Queue,
    IReadOnlyList<EdgeRefusal> Refusals,
    string ScannersDigest
)
{
    /// <summary>Sums in one report.</summary>
    public const int RefusalsMax = 256;

    /// <summary>Counts reports of one run of the edge, so that one that is sent again is not summed twice.</summary>
    public long Sequence { get; init; }

    /// <summary>Names that run.</summary>
    public Guid Run { get; init; }
}

/// <summary>What waits at an edge.</summary>
/// <param name="Envelopes">How many.</param>
/// <param name="Bytes">Their bytes on the edge's disk.</param>
/// <param name="OldestSeconds">Age of the oldest; 0 when nothing waits.</param>
/// <param name="SetAside">Envelopes that the archive refused for good, and that wait for a person.</param>
/// <param name="Full">The queue takes no more.</param>
public sealed record EdgeQueueState(long Envelopes, long Bytes, long OldestSeconds, long SetAside, bool Full);

/// <summary>Why an edge turned somebody away.</summary>
public enum EdgeRefusalReason
{
    /// <summary>The address is not that of a listed scanner; the connection was closed before a byte was read.</summary>
    AddressNotListed,

    /// <summary>The calling AE title is not one of the scanners at this address.</summary>
    AeTitleNotListed,

    /// <summary>The scanner may not use what it asked for.</summary>
    ServiceNotAllowed,

    /// <summary>What came was no DICOM association, or broke its rules.</summary>
    ProtocolBroken,

    /// <summary>More connections at a time than the edge serves.</summary>
    TooManyConnections,
}

/// <summary>Refusals of one source in one minute.</summary>
/// <param name="Source">The IP address.</param>
/// <param name="AeTitle">The calling AE title as it was sent, cleaned, at most 16 characters; absent where none was read.</param>
/// <param name="Scanner">The scanner's device name, where it is known.</param>
/// <param name="Reason">Why.</param>
/// <param name="Minute">The minute's start, UTC.</param>
/// <param name="Count">How many.</param>
public sealed record EdgeRefusal(
    string Source,
    string? AeTitle,
    string? Scanner,
    EdgeRefusalReason Reason,
    DateTimeOffset Minute,
    long Count
);

/// <summary>The archive's answer to <see cref="EdgeReport"/>.</summary>
/// <param name="Scanners">The list, where it differs from the one that the edge has.</param>
/// <param name="HasCommitmentAnswers">Results of storage commitment wait to be fetched.</param>
public sealed record EdgeInstructions(ScannerList? Scanners, bool HasCommitmentAnswers);

/// <summary>Asks for a new certificate before the old one ends.</summary>
/// <param name="SigningRequest">PKCS #10 in PEM, of a new key.</param>
public sealed record CertificateRenewal(string SigningRequest);

/// <summary>The new certificate; the old one stays valid beside it until its end.</summary>
/// <param name="Certificate">PEM.</param>
/// <param name="Authorities">The archive's authority, PEM.</param>
public sealed record RenewedCertificate(string Certificate, string Authorities);

/// <summary>Tells which results of storage commitment have reached their scanners, and asks for more.</summary>
/// <param name="Delivered">Ids of answers that were delivered: the archive forgets them.</param>
public sealed record CommitmentInquiry(IReadOnlyList<Guid> Delivered)
{
    /// <summary>Ids in one message.</summary>
    public const int DeliveredMax = 1024;

    /// <summary>
    /// Ids of answers that wait here for their scanner, at most <see cref="DeliveredMax"/>: the archive leaves them out, so
    /// that a scanner that is away does not stand before the others.
    /// </summary>
    public IReadOnlyList<Guid> Waiting { get; init; } = [];
}

/// <summary>Results of storage commitment that wait for delivery, the oldest first.</summary>
/// <param name="Answers">As many as fit into a message.</param>
public sealed record CommitmentAnswers(IReadOnlyList<CommitmentAnswer> Answers);

/// <summary>One result: an N-EVENT-REPORT to be sent to the scanner (PS3.4 J.3.3).</summary>
/// <param name="Request">Id of the envelope that bore the request.</param>
/// <param name="Scanner">The scanner's device name.</param>
/// <param name="AeTitle">The AE title that asked.</param>
/// <param name="EventType">1: all committed, 2: some failed.</param>
/// <param name="Information">Event Information in Explicit VR Little Endian.</param>
public sealed record CommitmentAnswer(
    Guid Request,
    string Scanner,
    string AeTitle,
    ushort EventType,
    byte[] Information
)
{
    /// <summary>Names the answer, not what is in it.</summary>
    public override string ToString() => $"{nameof(CommitmentAnswer)} {Request}";
}
