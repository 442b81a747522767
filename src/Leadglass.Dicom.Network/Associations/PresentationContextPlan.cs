namespace Leadglass.Dicom.Network;

/// <summary>Plans presentation contexts for what is to be sent.</summary>
public static class PresentationContextPlan
{
    /// <summary>
    /// One context per SOP class and encoding, so that the acceptor's choice never forces a conversion; in groups of at
    /// most 128, each for an association of its own. A class and encoding that occur twice are proposed once.
    /// </summary>
    /// <param name="wanted">SOP classes, each with the encodings its instances can be sent in.</param>
    public static IReadOnlyList<IReadOnlyList<ProposedPresentationContext>> Group(
        IEnumerable<(string SopClassUid, TransferSyntax TransferSyntax)> wanted
    ) =>
        [
            .. wanted
                .Distinct()
                .Chunk(PduConstants.PresentationContextsMax)
                .Select(chunk =>
                    chunk
                        .Select(
                            (pair, index) =>
                                new ProposedPresentationContext(
                                    (byte)((2 * index) + 1),
                                    pair.SopClassUid,
                                    [pair.TransferSyntax.Uid]
                                )
                        )
                        .ToArray()
                ),
        ];
}
