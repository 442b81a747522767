using System.IO.Pipelines;

namespace Leadglass.Dicom.Network;

/// <summary>Accepts associations: one call per transport connection, from the first byte to the last.</summary>
/// <param name="options">Limits, timers, and whom peers may call.</param>
/// <param name="time">The clock of all timers.</param>
public sealed class AssociationAcceptor(AcceptorOptions options, TimeProvider time)
{
    /// <summary>
    /// Serves one connection until its association has ended; never throws for what a peer does. Afterwards the pipe is
    /// completed; the host closes the connection, and need not wait for what the peer has not read.
    /// </summary>
    /// <param name="transport">The connection; TLS, if any, lies below it.</param>
    /// <param name="factory">Makes the handler; knows who is at the other end.</param>
    /// <param name="observer">Sees what happens.</param>
    /// <param name="draining">
    /// Orderly shutdown: no new association, none that is idle goes on, and a running operation is finished first.
    /// </param>
    /// <param name="aborting">
    /// Ends the association at once; if it has ended already, the peer's closing is waited for no longer.
    /// </param>
    public async Task<AssociationEnd> RunAsync(
        IDuplexPipe transport,
        IAssociationHandlerFactory factory,
        IAssociationObserver? observer = null,
        CancellationToken draining = default,
        CancellationToken aborting = default
    )
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(factory);
        await using var association = new Association(
            transport,
            isRequestor: false,
            options,
            time,
            observer,
            request => RejectionByProvider(request, draining)
        );
        await using var abortRegistration = aborting.Register(association.Abort);
        association.OperationEnded = () => AbortIfDraining(association, draining);
        await using var drainRegistration = draining.Register(() => AbortIfDraining(association, draining));
        await association.Upper.OpenAsync(request: null);
        var indication = await association.Upper.ReceiveAsync();
        if (indication.Pdu is AAssociateRequest request)
        {
            association.Begin(request);
            await ServeAsync(association, factory, request);
        }

        await association.Upper.CloseAsync();
        return association.Upper.End!;
    }

    private static void AbortIfDraining(Association association, CancellationToken draining)
    {
        if (draining.IsCancellationRequested && association.IsIdle && association.Upper.End is null)
        {
            association.Abort();
        }
    }

    private async Task ServeAsync(
        Association association,
        IAssociationHandlerFactory factory,
        AAssociateRequest request
    )
    {
        try
        {
            await using var handler = factory.Create(association);
            switch (await DecideAsync(handler, request, association.Upper.Ended))
            {
                case AssociationDecision.Rejected rejected:
                    await association.Upper.RejectAsync(rejected.Reject);
                    break;
                case AssociationDecision.Accepted accepted:
                    var accept = AcceptOf(request, accepted);
                    association.Establish(accept, handler);
                    await association.Upper.SendAsync(UpperLayerEvent.Evt7, accept);
                    await association.RunAsync();
                    break;
            }
        }
        catch (Exception error)
        {
            // The first end stands: this changes nothing when the association is over already.
            await association.Upper.AbortAsync(new AssociationEnd(AssociationEndKind.LocalFault) { Error = error });
        }
    }

    /// <summary>What the service provider itself rejects, before anyone is asked (AE-6).</summary>
    private static AAssociateReject? RejectionByProvider(AAssociateRequest request, CancellationToken draining)
    {
        if ((request.ProtocolVersion & 1) == 0)
        {
            return AAssociateReject.ProtocolVersionNotSupported;
        }

        if (draining.IsCancellationRequested)
        {
            return AAssociateReject.TemporaryCongestion;
        }

        return NegotiatedContexts.TakesEnough(request.UserInformation) ? null : AAssociateReject.NoReasonOfProvider;
    }

    private ValueTask<AssociationDecision> DecideAsync(
        IAssociationHandler handler,
        AAssociateRequest request,
        CancellationToken cancellationToken
    )
    {
        if (request.ApplicationContextName != PduConstants.DicomApplicationContextName)
        {
            return Rejected(AAssociateReject.ApplicationContextNameNotSupported);
        }

        if (request.PresentationContexts.Count == 0)
        {
            return Rejected(AAssociateReject.NoReason);
        }

        if (!AeTitle.TryParse(request.CallingAeTitle, out _))
        {
            return Rejected(AAssociateReject.CallingAeTitleNotRecognized);
        }

        return options.RequiredCalledAeTitle is { } required && request.CalledAeTitle != required.Value
            ? Rejected(AAssociateReject.CalledAeTitleNotRecognized)
            : handler.NegotiateAsync(request, cancellationToken);

        static ValueTask<AssociationDecision> Rejected(AAssociateReject reject) =>
            new(new AssociationDecision.Rejected(reject));
    }

    private AAssociateAccept AcceptOf(AAssociateRequest request, AssociationDecision.Accepted decision)
    {
        var answers = decision.PresentationContexts.ToDictionary(answer => answer.Id);
        return new AAssociateAccept
        {
            // PS3.8 9.3.3: the fields of the request are sent back as they came.
            CalledAeTitle = request.CalledAeTitle.Replace('\uFFFD', '?'),
            CallingAeTitle = request.CallingAeTitle.Replace('\uFFFD', '?'),
            PresentationContexts =
            [
                .. request.PresentationContexts.Select(proposed =>
                    Sendable(
                        answers.GetValueOrDefault(proposed.Id)
                            ?? new(proposed.Id, PresentationContextResult.UserRejection, proposed.TransferSyntaxUids[0])
                    )
                ),
            ],
            UserInformation = new UserInformation
            {
                PduLengthBytesMax = (uint)options.PduLimits.PDataTfLengthBytesMax,
                ImplementationClassUid = options.ImplementationClassUid,
                ImplementationVersionName = options.ImplementationVersionName,
                AsynchronousOperationsWindow = NegotiatedContexts.Grant(request, options.OperationsPerformedMax),
                RoleSelections = decision.RoleSelections,
                ExtendedNegotiations = decision.ExtendedNegotiations,
                UserIdentityResponse = decision.UserIdentityResponse,
            },
        };
    }

    /// <summary>The syntax of a context that is not accepted is not significant: what cannot be sent back is left out.</summary>
    private static AnsweredPresentationContext Sendable(AnsweredPresentationContext answer) =>
        UidSyntax.IsValid(answer.TransferSyntaxUid)
            ? answer
            : answer with
            {
                TransferSyntaxUid = TransferSyntax.ImplicitVrLittleEndian.Uid,
            };
}
