namespace Leadglass.Dicom.Network;

/// <summary>What an acceptor answers to an A-ASSOCIATE-RQ.</summary>
public abstract record AssociationDecision
{
    private AssociationDecision() { }

    /// <summary>No association.</summary>
    /// <param name="Reject">What the peer is told.</param>
    public sealed record Rejected(AAssociateReject Reject) : AssociationDecision;

    /// <summary>
    /// An association. <see cref="TransferSyntaxChoice.Negotiate"/> makes one by the rule of the conformance statement.
    /// </summary>
    public sealed record Accepted : AssociationDecision
    {
        /// <summary>Answers to the proposed contexts; those left out are rejected by the user.</summary>
        public required IReadOnlyList<AnsweredPresentationContext> PresentationContexts { get; init; }

        /// <summary>Roles granted; at most what was proposed.</summary>
        public IReadOnlyList<RoleSelection> RoleSelections { get; init; } = [];

        /// <summary>Answers to SOP Class Extended Negotiation.</summary>
        public IReadOnlyList<ExtendedNegotiation> ExtendedNegotiations { get; init; } = [];

        /// <summary>The answer to the user identity, where one was asked for.</summary>
        public ReadOnlyMemory<byte>? UserIdentityResponse { get; init; }
    }
}

/// <summary>What an acceptor takes for one abstract syntax.</summary>
/// <param name="TransferSyntaxes">The encodings it takes.</param>
/// <param name="RequestorMayBeScu">The requestor may be the SCU.</param>
/// <param name="RequestorMayBeScp">The requestor may be the SCP, as C-GET needs it for storage classes.</param>
public sealed record AcceptedAbstractSyntax(
    IReadOnlyCollection<TransferSyntax> TransferSyntaxes,
    bool RequestorMayBeScu = true,
    bool RequestorMayBeScp = false
);

/// <summary>The rule for choosing one of several transfer syntaxes offered in one context; see the conformance statement.</summary>
public static class TransferSyntaxChoice
{
    /// <summary>
    /// Takes the first offered one that is supported; but Implicit VR Little Endian, Explicit VR Big Endian and Deflated
    /// only when nothing else offered is. The requestor's order stands since it knows how it holds its instances, and
    /// explicit beats implicit since it tells the VRs of private elements.
    /// </summary>
    /// <returns>Null when nothing offered is supported.</returns>
    public static TransferSyntax? Choose(IReadOnlyList<string> offered, IReadOnlyCollection<TransferSyntax> supported)
    {
        TransferSyntax? secondChoice = null;
        foreach (var uid in offered)
        {
            if (TransferSyntax.Find(uid) is not { } candidate || !supported.Contains(candidate))
            {
                continue;
            }

            if (candidate.IsEncapsulated || candidate == TransferSyntax.ExplicitVrLittleEndian)
            {
                return candidate;
            }

            if (secondChoice is null || candidate == TransferSyntax.ImplicitVrLittleEndian)
            {
                secondChoice = candidate;
            }
        }

        return secondChoice;
    }

    /// <summary>Answers every context of a request by <see cref="Choose"/>, and the roles proposed with them.</summary>
    /// <param name="request">What the peer proposes.</param>
    /// <param name="accepts">What is accepted for an abstract syntax; null where it is not supported.</param>
    public static AssociationDecision.Accepted Negotiate(
        AAssociateRequest request,
        Func<string, AcceptedAbstractSyntax?> accepts
    )
    {
        var contexts = new List<AnsweredPresentationContext>(request.PresentationContexts.Count);
        var roles = new List<RoleSelection>();
        foreach (var proposed in request.PresentationContexts)
        {
            contexts.Add(Answer(proposed, accepts(proposed.AbstractSyntaxUid)));
        }

        foreach (var role in request.UserInformation.RoleSelections)
        {
            if (accepts(role.SopClassUid) is { } accepted)
            {
                // PS3.7 D.3.3.4.2: the acceptor may turn a proposed 1 into 0, never the other way.
                roles.Add(
                    new RoleSelection(
                        role.SopClassUid,
                        role.RequestorIsScu && accepted.RequestorMayBeScu,
                        role.RequestorIsScp && accepted.RequestorMayBeScp
                    )
                );
            }
        }

        return new AssociationDecision.Accepted { PresentationContexts = contexts, RoleSelections = roles };
    }

    private static AnsweredPresentationContext Answer(
        ProposedPresentationContext proposed,
        AcceptedAbstractSyntax? accepted
    )
    {
        var first = proposed.TransferSyntaxUids[0];
        if (accepted is null)
        {
            return new(proposed.Id, PresentationContextResult.AbstractSyntaxNotSupported, first);
        }

        return Choose(proposed.TransferSyntaxUids, accepted.TransferSyntaxes) is { } chosen
            ? new(proposed.Id, PresentationContextResult.Acceptance, chosen.Uid)
            : new(proposed.Id, PresentationContextResult.TransferSyntaxesNotSupported, first);
    }
}
