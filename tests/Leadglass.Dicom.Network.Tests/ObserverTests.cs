using System.Collections.Concurrent;
using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests;

/// <summary>What an observer sees reads like the standard, and never like a patient.</summary>
public sealed class ObserverTests
{
    [Fact(Timeout = 20_000)]
    public async Task ALogOfStatesReadsLikeTheStandard()
    {
        var near = new Observer();
        var far = new Observer();
        var (one, other) = DuplexPipe.Pair();
        var serving = new AssociationAcceptor(new AcceptorOptions(), TimeProvider.System).RunAsync(
            other,
            new TestHandler(),
            far
        );
        var options = Connected.Options(SopClasses.Verification, SopClasses.CTImageStorage);
        var connected = await DicomClientAssociation.ConnectAsync(one, options, TimeProvider.System, observer: near);
        await using (var client = connected.Association!)
        {
            await client.EchoAsync();
            await client.StoreAsync(Phantom.Instance(1));
            await client.ReleaseAsync();
        }

        await serving;

        Assert.Equal(
            [
                "Sta1 Evt1 AE-1 Sta4",
                "Sta4 Evt2 AE-2 Sta5",
                "Sta5 Evt3 AE-3 Sta6",
                "Sta6 Evt11 AR-1 Sta7",
                "Sta7 Evt13 AR-3 Sta1",
            ],
            near.Transitions
        );
        Assert.Equal(
            [
                "Sta1 Evt5 AE-5 Sta2",
                "Sta2 Evt6 AE-6 Sta3",
                "Sta3 Evt7 AE-7 Sta6",
                "Sta6 Evt12 AR-2 Sta8",
                "Sta8 Evt14 AR-4 Sta13",
                "Sta13 Evt17 AR-5 Sta1",
            ],
            far.Transitions
        );
        Assert.Equal(["CEchoRequest 1", "CStoreRequest 2"], far.Messages);
        Assert.Equal(["CEchoResponse 0000 Success", "CStoreResponse 0000 Success"], far.Responses);
        Assert.Equal(AssociationEndKind.Released, far.End!.Kind);
    }

    [Fact]
    public void RequestsDoNotPrintInstances()
    {
        var store = new CStoreRequest(1, SopClassUid.Parse("1.2"), SopInstanceUid.Parse("1.2.3.4.5"));
        var action = new NActionRequest(1, SopClassUid.Parse("1.2"), SopInstanceUid.Parse("1.2.3.4.5"), 1);
        var outcome = new SubOperationOutcome(SopInstanceUid.Parse("1.2.3.4.5"), DimseStatus.Success);

        Assert.DoesNotContain("3.4.5", $"{store} {action} {outcome}");
    }

    private sealed class Observer : IAssociationObserver
    {
        public ConcurrentQueue<string> Transitions { get; } = [];

        public ConcurrentQueue<string> Messages { get; } = [];

        public ConcurrentQueue<string> Responses { get; } = [];

        public AssociationEnd? End { get; private set; }

        public void Transitioned(UpperLayerTransition transition) => Transitions.Enqueue($"{transition}");

        public void MessageReceived(CommandField command, ushort messageId) =>
            Messages.Enqueue($"{command} {messageId}");

        public void ResponseSent(CommandField command, DimseStatus status) => Responses.Enqueue($"{command} {status}");

        public void Ended(AssociationEnd end) => End = end;
    }
}
