namespace Leadglass.Access;

/// <summary>
/// That a device is an edge: a gateway beside scanners that speak no TLS. It does nothing for itself; what it brings is
/// brought by the devices that are listed behind it.
/// </summary>
public sealed record EdgeEnrolment
{
    /// <summary>What its envelopes are bound to; stays when it is enrolled anew, so that what it had queued counts.</summary>
    public required Guid Id { get; init; }

    /// <summary>The code by which it gets its certificate; null: none is open.</summary>
    public EnrolmentSecret? Code { get; init; }
}

/// <summary>A one-time code of enrolment, as it is kept, sealed with the registry, until it is used or too old.</summary>
/// <param name="Id">By which the code is found; no secret.</param>
/// <param name="Code">The code, by which both sides prove that they know it.</param>
/// <param name="ValidUntil">From then on it counts no more.</param>
/// <param name="AttemptsLeft">Wrong proofs that it still stands.</param>
public sealed record EnrolmentSecret(string Id, string Code, DateTimeOffset ValidUntil, int AttemptsLeft)
{
    /// <summary>Never the code.</summary>
    public override string ToString() => Id;
}
