namespace Leadglass.Dicom.Network.Tests.Peers;

/// <summary>The answer of a scripted acceptor that takes everything.</summary>
internal static class Acceptance
{
    public static AAssociateAccept Of(IReadOnlyList<ProposedPresentationContext> contexts) =>
        new()
        {
            CalledAeTitle = "SCP",
            CallingAeTitle = "SCU",
            PresentationContexts =
            [
                .. contexts.Select(context => new AnsweredPresentationContext(
                    context.Id,
                    PresentationContextResult.Acceptance,
                    context.TransferSyntaxUids[0]
                )),
            ],
            UserInformation = new UserInformation { PduLengthBytesMax = 0, ImplementationClassUid = "1.2" },
        };
}
