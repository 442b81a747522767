using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests.Hostile;

/// <summary>Peers that stall, on a clock that the test moves.</summary>
public sealed class TimerTests
{
    private const string Ct = SopClasses.CTImageStorage;
    private static readonly TimeSpan Artim = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Response = TimeSpan.FromSeconds(240);
    private static readonly TimeSpan Write = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private static readonly AcceptorOptions Options = new()
    {
        Timers = new AssociationTimers
        {
            Artim = Artim,
            Idle = Idle,
            Response = Response,
            Write = Write,
        },
    };

    [Theory(Timeout = 20_000)]
    [InlineData("")]
    [InlineData("01 00 00000044 0001")]
    public async Task APeerThatDoesNotFinishItsRequestIsClosedAfterArtim(string sent)
    {
        var time = new FakeTime();
        var (peer, serving) = ScriptedPeer.Against(new TestHandler(), Options, time);
        await using var _ = peer;
        await peer.SendAsync(sent);

        var took = await time.AdvanceUntilAsync(serving, Long);

        Assert.InRange(took, Artim, Artim + TimeSpan.FromSeconds(5));
        Assert.Equal(AssociationEndKind.PeerSilent, (await serving).Kind);
        await peer.ExpectEndAsync();
    }

    [Fact(Timeout = 20_000)]
    public async Task APeerThatAsksForNothingIsAbortedAfterTheIdleTime()
    {
        var time = new FakeTime();
        var (peer, serving) = ScriptedPeer.Against(new TestHandler(), Options, time);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);

        var receiving = peer.ExpectAsync(ScriptedPeer.AbortByUser);
        var took = await time.AdvanceUntilAsync(receiving, Long);

        Assert.InRange(took, Idle, Idle + TimeSpan.FromSeconds(5));
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.PeerSilent, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task APeerThatStopsInTheMiddleOfAnInstanceIsAborted()
    {
        var time = new FakeTime();
        var instance = new CollectedInstance(_ => { });
        var (peer, serving) = ScriptedPeer.Against(new TestHandler { Store = (_, _) => instance }, Options, time);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);
        await peer.SendCommandAsync(1, HostilePeerTests.Store(1));
        await peer.SendAsync("04 00 00001000 00000FFC 01 00 0102");

        var receiving = peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await time.AdvanceUntilAsync(receiving, Long);
        await peer.CloseAsync();

        Assert.Equal(AssociationEndKind.PeerSilent, (await serving).Kind);
        Assert.True(instance.IsAbandoned);
    }

    [Fact(Timeout = 20_000)]
    public async Task AQueryThatTakesLongIsNoStall()
    {
        var time = new FakeTime();
        var answer = new TaskCompletionSource();
        var handler = new TestHandler
        {
            Echo = async () =>
            {
                await answer.Task;
                return DimseStatus.Success;
            },
        };
        var (peer, serving) = ScriptedPeer.Against(handler, Options, time);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);
        await peer.SendCommandAsync(
            1,
            new CommandSet
            {
                Field = CommandField.CEchoRequest,
                MessageId = 1,
                AffectedSopClassUid = Ct,
            }
        );

        for (var i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        answer.SetResult();
        Assert.Equal((ushort)0, (await peer.ReceiveCommandAsync()).Status);
        Assert.False(serving.IsCompleted);
    }

    [Fact(Timeout = 20_000)]
    public async Task APeerThatDoesNotCloseAfterReleaseIsClosedAfterArtim()
    {
        var time = new FakeTime();
        var (peer, serving) = ScriptedPeer.Against(new TestHandler(), Options, time);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);
        await peer.SendAsync(new AReleaseRequest());
        await peer.ExpectAsync("06000000000400000000");

        var took = await time.AdvanceUntilAsync(serving, Long);

        Assert.InRange(took, Artim - TimeSpan.FromSeconds(1), Artim + TimeSpan.FromSeconds(5));
        Assert.Equal(AssociationEndKind.Released, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task APeerThatDoesNotReadHoldsTheQueryBackAndIsCutOff()
    {
        const string Find = SopClasses.StudyRootQueryRetrieveInformationModelFind;
        var time = new FakeTime();
        var yielded = 0;
        var handler = new TestHandler
        {
            Find = (_, _) =>
                Enumerable
                    .Repeat(0, int.MaxValue)
                    .Select(_ =>
                    {
                        Interlocked.Increment(ref yielded);
                        return CFindResponse.Match(Phantom.CtSlice(1, rows: 1));
                    })
                    .ToAsyncEnumerable(),
        };
        var (peer, serving) = ScriptedPeer.Against(handler, Options, time);
        await using var _ = peer;
        await peer.AssociateAsync(Find);
        await peer.SendCommandAsync(
            1,
            new CommandSet
            {
                Field = CommandField.CFindRequest,
                MessageId = 1,
                AffectedSopClassUid = Find,
                DataSetType = CommandSet.WithDataSet,
            }
        );
        await peer.SendDataAsync(1, [], isLast: true);

        var took = await time.AdvanceUntilAsync(serving, Long);

        Assert.InRange(took, Write, Write + TimeSpan.FromSeconds(20));
        Assert.Equal(AssociationEndKind.PeerNotReading, (await serving).Kind);
        // 256 KiB in the pipe and one flush more, at 1.4 KB a match.
        Assert.InRange(yielded, 1, 1000);
    }

    [Fact(Timeout = 20_000)]
    public async Task ASilentAcceptorFailsTheRequestAfterArtim()
    {
        var time = new FakeTime();
        var (near, far) = DuplexPipe.Pair();
        await using var peer = new ScriptedPeer(far);
        var options = Connected.Options(Ct) with { Timers = Options.Timers };
        var connecting = DicomClientAssociation.ConnectAsync(near, options, time);

        Assert.Equal((byte)PduType.AAssociateRequest, (await peer.ReceiveAsync())[0]);
        var receiving = peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await time.AdvanceUntilAsync(receiving, Long);
        await peer.CloseAsync();

        Assert.Equal(AssociationEndKind.PeerSilent, (await connecting).Failure!.Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task AResponseThatNeverComesFailsTheOperation()
    {
        var time = new FakeTime();
        var (near, far) = DuplexPipe.Pair();
        await using var peer = new ScriptedPeer(far);
        var options = Connected.Options(SopClasses.Verification) with { Timers = Options.Timers };
        var connecting = DicomClientAssociation.ConnectAsync(near, options, time);
        await peer.ReceiveAsync();
        await peer.SendAsync(Acceptance.Of(options.PresentationContexts));
        await using var client = (await connecting).Association!;

        var echo = client.EchoAsync();
        await peer.ReceiveAsync();
        var receiving = peer.ExpectAsync(ScriptedPeer.AbortByUser);
        var took = await time.AdvanceUntilAsync(receiving, Long);
        await peer.CloseAsync();

        Assert.InRange(took, Response, Response + TimeSpan.FromSeconds(5));
        var error = await Assert.ThrowsAsync<AssociationEndedException>(() => echo);
        Assert.Equal(AssociationEndKind.PeerSilent, error.End.Kind);
    }
}
