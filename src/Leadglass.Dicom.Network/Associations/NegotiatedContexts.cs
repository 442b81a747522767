namespace Leadglass.Dicom.Network;

/// <summary>What request and accept together mean.</summary>
internal static class NegotiatedContexts
{
    /// <summary>
    /// The shortest P-DATA-TF we put up with: less would make a peer's requests for large instances cost millions of
    /// PDUs.
    /// </summary>
    public const int PduLengthBytesMin = 1024;

    /// <summary>What we assume when the peer says nothing of its longest PDU.</summary>
    private const int PduLengthBytesAssumed = 16 * 1024;

    /// <summary>The accepted contexts with their roles.</summary>
    public static IReadOnlyList<PresentationContext> Between(AAssociateRequest request, AAssociateAccept accept)
    {
        var proposed = request.PresentationContexts.ToDictionary(context => context.Id);
        var contexts = new List<PresentationContext>();
        foreach (var answer in accept.PresentationContexts)
        {
            if (
                answer.Result == PresentationContextResult.Acceptance
                && proposed.TryGetValue(answer.Id, out var proposal)
                && proposal.TransferSyntaxUids.Contains(answer.TransferSyntaxUid, StringComparer.Ordinal)
                && TransferSyntax.Find(answer.TransferSyntaxUid) is { } transferSyntax
            )
            {
                var role = RoleOf(proposal.AbstractSyntaxUid, request, accept);
                contexts.Add(
                    new PresentationContext(
                        answer.Id,
                        proposal.AbstractSyntaxUid,
                        transferSyntax,
                        role.RequestorIsScu,
                        role.RequestorIsScp
                    )
                );
            }
        }

        return contexts;
    }

    /// <summary>
    /// Bytes of one fragment: what the peer takes, less the header of the value, and even (PS3.8 9.3.1). A PDU of ours is
    /// no longer than our own limit with its header, so that it fits into one block of a pool of that size.
    /// </summary>
    public static int FragmentBytesMax(uint? peerMax, PduLimits limits)
    {
        var ours = limits.PDataTfLengthBytesMax - PduConstants.HeaderLength;
        var peer = peerMax switch
        {
            null => PduLengthBytesAssumed,
            0 => ours,
            { } max => (int)Math.Min(max, (uint)ours),
        };
        return (Math.Min(peer, ours) - PduConstants.PdvHeaderLength) & ~1;
    }

    /// <summary>The peer takes PDUs of a length that makes sense; 0 stands for any (PS3.8 D.1).</summary>
    public static bool TakesEnough(UserInformation peer) => peer.PduLengthBytesMax is not (> 0 and < PduLengthBytesMin);

    /// <summary>The window that stands: what the accept says, or one each way; the values are the requestor's.</summary>
    public static AsynchronousOperationsWindow Window(AAssociateAccept accept) =>
        accept.UserInformation.AsynchronousOperationsWindow ?? new AsynchronousOperationsWindow(1, 1);

    /// <summary>What the acceptor grants of a proposed window (PS3.7 D.3.3.3); null when none was proposed.</summary>
    public static AsynchronousOperationsWindow? Grant(AAssociateRequest request, ushort max)
    {
        return request.UserInformation.AsynchronousOperationsWindow is { } proposed
            ? new AsynchronousOperationsWindow(
                AtMost(proposed.OperationsInvokedMax),
                AtMost(proposed.OperationsPerformedMax)
            )
            : null;

        ushort AtMost(ushort asked) => asked == 0 ? max : Math.Min(asked, max);
    }

    /// <summary>Without an answer to a proposal the roles are the default: requestor SCU, acceptor SCP (PS3.7 D.3.3.4).</summary>
    private static RoleSelection RoleOf(string sopClassUid, AAssociateRequest request, AAssociateAccept accept)
    {
        var proposed = Find(request.UserInformation);
        var granted = Find(accept.UserInformation);
        return proposed is null || granted is null
            ? new RoleSelection(sopClassUid, RequestorIsScu: true, RequestorIsScp: false)
            : new RoleSelection(
                sopClassUid,
                proposed.RequestorIsScu && granted.RequestorIsScu,
                proposed.RequestorIsScp && granted.RequestorIsScp
            );

        RoleSelection? Find(UserInformation information) =>
            information.RoleSelections.FirstOrDefault(role => role.SopClassUid == sopClassUid);
    }
}
