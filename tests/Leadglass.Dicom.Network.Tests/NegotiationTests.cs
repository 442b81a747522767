using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests;

/// <summary>What is rejected, what is accepted, and how the choice among transfer syntaxes falls.</summary>
public sealed class NegotiationTests
{
    private const string Ct = SopClasses.CTImageStorage;

    public static TheoryData<string, string> Rejections() =>
        new()
        {
            { "protocol version", "03000000000400010202" },
            { "application context", "03000000000400010102" },
            { "no contexts", "03000000000400010101" },
            { "calling AE title", "03000000000400010103" },
            { "called AE title", "03000000000400010107" },
            { "tiny PDUs", "03000000000400010201" },
            { "the handler", "03000000000400020302" },
        };

    [Theory(Timeout = 20_000)]
    [MemberData(nameof(Rejections))]
    public async Task WhatCannotBeAcceptedIsRejectedWithItsReason(string what, string expected)
    {
        var request = ScriptedPeer.Request(Ct);
        request = what switch
        {
            "protocol version" => request with { ProtocolVersion = 2 },
            "application context" => request with { ApplicationContextName = "1.2.3" },
            "no contexts" => request with { PresentationContexts = [] },
            "calling AE title" => request with { CallingAeTitle = "" },
            "called AE title" => request with { CalledAeTitle = "SOMEBODY" },
            "tiny PDUs" => request with { UserInformation = new UserInformation { PduLengthBytesMax = 100 } },
            _ => request,
        };
        var handler = new TestHandler();
        if (what == "the handler")
        {
            handler.Negotiate = _ => new AssociationDecision.Rejected(AAssociateReject.LocalLimitExceeded);
        }

        var options = new AcceptorOptions { RequiredCalledAeTitle = AeTitle.Parse("SCP") };
        var (peer, serving) = ScriptedPeer.Against(handler, options);
        await using var _ = peer;
        await peer.SendAsync(request);

        await peer.ExpectAsync(expected);
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.Rejected, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task ARejectionIsAValueForTheClient()
    {
        var handler = new TestHandler
        {
            Negotiate = _ => new AssociationDecision.Rejected(AAssociateReject.CallingAeTitleNotRecognized),
        };

        await using var connected = await Connected.OpenAsync(handler, Connected.Options(Ct));

        Assert.Null(connected.Result.Association);
        Assert.Equal(AAssociateReject.CallingAeTitleNotRecognized, connected.Result.Failure!.Rejection);
    }

    [Fact(Timeout = 20_000)]
    public async Task TheAcceptAnswersEveryContextAndGrantsNoMoreThanWasAsked()
    {
        var handler = new TestHandler
        {
            Negotiate = request =>
                TransferSyntaxChoice.Negotiate(
                    request,
                    uid => uid == Ct ? new([TransferSyntax.ImplicitVrLittleEndian], RequestorMayBeScp: true) : null
                ),
        };
        var (peer, serving) = ScriptedPeer.Against(handler);
        await using var _ = peer;
        var request = ScriptedPeer.Request(Ct) with
        {
            PresentationContexts =
            [
                new ProposedPresentationContext(1, Ct, [TransferSyntax.ExplicitVrLittleEndian.Uid]),
                new ProposedPresentationContext(3, "1.2.3", [TransferSyntax.ImplicitVrLittleEndian.Uid]),
                new ProposedPresentationContext(255, Ct, [TransferSyntax.ImplicitVrLittleEndian.Uid]),
            ],
            UserInformation = new UserInformation
            {
                PduLengthBytesMax = 0,
                AsynchronousOperationsWindow = new AsynchronousOperationsWindow(0, 3),
                RoleSelections = [new RoleSelection(Ct, RequestorIsScu: false, RequestorIsScp: true)],
            },
        };
        await peer.SendAsync(request);

        var accept = Assert.IsType<AAssociateAccept>(ScriptedPeer.ReadPdu(await peer.ReceiveAsync()));

        Assert.Equal(
            [
                (1, PresentationContextResult.TransferSyntaxesNotSupported),
                (3, PresentationContextResult.AbstractSyntaxNotSupported),
                (255, PresentationContextResult.Acceptance),
            ],
            accept.PresentationContexts.Select(context => ((int)context.Id, context.Result))
        );
        Assert.Equal(new AsynchronousOperationsWindow(8, 3), accept.UserInformation.AsynchronousOperationsWindow);
        Assert.Equal(
            [new RoleSelection(Ct, RequestorIsScu: false, RequestorIsScp: true)],
            accept.UserInformation.RoleSelections
        );
        Assert.Equal(131072u, accept.UserInformation.PduLengthBytesMax);
        Assert.Equal(
            [
                new PresentationContext(
                    255,
                    Ct,
                    TransferSyntax.ImplicitVrLittleEndian,
                    RequestorIsScu: false,
                    RequestorIsScp: true
                ),
            ],
            handler.Association!.PresentationContexts
        );
        await peer.CloseAsync();
        await serving;
    }

    [Fact(Timeout = 20_000)]
    public async Task ARoleThatWasNotGrantedIsNotPlayed()
    {
        const string Get = SopClasses.StudyRootQueryRetrieveInformationModelGet;
        var server = new TestHandler
        {
            Negotiate = request =>
                TransferSyntaxChoice.Negotiate(request, _ => new([TransferSyntax.ExplicitVrLittleEndian])),
            Get = (_, _) =>
                new RetrievePlan
                {
                    SubOperations = 1,
                    Instances = new IOutgoingInstance[] { Phantom.Instance(1) }.ToAsyncEnumerable(),
                },
        };
        var options = Connected.Options(Get, Ct) with
        {
            RoleSelections = [new RoleSelection(Ct, RequestorIsScu: true, RequestorIsScp: true)],
        };
        await using var connected = await Connected.OpenAsync(server, options, new TestHandler());

        var outcome = await connected.Client.GetAsync(SopClassUid.Parse(Get), new DataSet());

        Assert.DoesNotContain(connected.Client.PresentationContexts, context => context.RequestorIsScp);
        Assert.Equal((0, 1), (outcome.Completed, outcome.Failed));
        Assert.Equal(DimseStatus.Success, await connected.Client.StoreAsync(Phantom.Instance(2)));
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2 1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.1 1.2.840.10008.1.2", "1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.2 1.2.840.10008.1.2", "1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2 1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.70")]
    [InlineData("1.2.840.10008.1.2.4.70 1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70")]
    [InlineData("1.2.840.10008.1.2.1 1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.4.50 9.9.9", null)]
    [InlineData("9.9.9 1.2.840.10008.1.2", "1.2.840.10008.1.2")]
    public void TheFirstOfferedWinsButImplicitIsTheLastResort(string offered, string? chosen)
    {
        TransferSyntax[] supported =
        [
            TransferSyntax.ImplicitVrLittleEndian,
            TransferSyntax.ExplicitVrLittleEndian,
            TransferSyntax.ExplicitVrBigEndian,
            TransferSyntax.Find("1.2.840.10008.1.2.4.70")!,
        ];

        Assert.Equal(chosen, TransferSyntaxChoice.Choose(offered.Split(' '), supported)?.Uid);
    }

    [Fact]
    public void MoreThan128ContextsTakeFurtherAssociations()
    {
        var wanted = Enumerable.Range(1, 300).Select(i => ($"1.2.{i}", TransferSyntax.ExplicitVrLittleEndian));

        var groups = PresentationContextPlan.Group(wanted.Concat(wanted));

        Assert.Equal([128, 128, 44], groups.Select(group => group.Count));
        Assert.All(groups, group => Assert.Equal(group.Count, group.Select(context => context.Id).Distinct().Count()));
        Assert.All(groups.SelectMany(group => group), context => Assert.Equal(1, context.Id % 2));
    }
}
