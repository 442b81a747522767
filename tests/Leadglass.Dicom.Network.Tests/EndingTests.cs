using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests;

/// <summary>Associations that end early: cancelled, aborted, drained, released from both sides.</summary>
public sealed class EndingTests
{
    private const string Ct = SopClasses.CTImageStorage;
    private const string Find = SopClasses.StudyRootQueryRetrieveInformationModelFind;

    [Theory(Timeout = 20_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACancelledQueryEndsWithItsStatusAndTheAssociationLivesOn(bool throws)
    {
        var handler = new TestHandler { Find = (_, token) => throws ? Endless(token) : UntilCancelled(token) };
        await using var connected = await Connected.OpenAsync(
            handler,
            Connected.Options(Find, SopClasses.Verification)
        );
        using var cancel = new CancellationTokenSource();
        var responses = new List<CFindResponse>();

        await foreach (var response in connected.Client.FindAsync(SopClassUid.Parse(Find), new DataSet(), cancel.Token))
        {
            responses.Add(response);
            if (responses.Count == 5)
            {
                await cancel.CancelAsync();
            }
        }

        Assert.Equal(DimseStatus.Cancel, responses[^1].Status);
        Assert.Equal(DimseStatus.Success, await connected.Client.EchoAsync());
    }

    [Fact(Timeout = 20_000)]
    public async Task LeavingAQueryEarlyCancelsIt()
    {
        var stopped = new TaskCompletionSource();
        var handler = new TestHandler
        {
            Find = (_, token) =>
            {
                token.Register(() => stopped.TrySetResult());
                return Endless(token);
            },
        };
        await using var connected = await Connected.OpenAsync(
            handler,
            Connected.Options(Find, SopClasses.Verification)
        );

        await connected.Client.FindAsync(SopClassUid.Parse(Find), new DataSet()).FirstAsync();

        await stopped.Task;
        Assert.Equal(DimseStatus.Success, await connected.Client.EchoAsync());
    }

    [Fact(Timeout = 20_000)]
    public async Task ACancelledRetrievalTellsWhatRemains()
    {
        const string Get = SopClasses.StudyRootQueryRetrieveInformationModelGet;
        using var cancel = new CancellationTokenSource();
        var received = 0;
        var server = new TestHandler
        {
            Get = (_, token) => new RetrievePlan { SubOperations = 1000, Instances = Slices(token) },
        };
        var client = new TestHandler
        {
            Store = (_, _) =>
                new CollectedInstance(_ =>
                {
                    if (++received == 3)
                    {
                        cancel.Cancel();
                    }
                }),
        };
        var options = Connected.Options(Get, Ct) with
        {
            RoleSelections = [new RoleSelection(Ct, RequestorIsScu: false, RequestorIsScp: true)],
        };
        await using var connected = await Connected.OpenAsync(server, options, client);

        var outcome = await connected.Client.GetAsync(SopClassUid.Parse(Get), new DataSet(), null, cancel.Token);

        Assert.Equal(DimseStatus.Cancel, outcome.Status);
        Assert.InRange(outcome.Completed, 3, 900);
        Assert.Equal(received, outcome.Completed);
    }

    [Fact(Timeout = 20_000)]
    public async Task APeerThatAbortsWhileAnInstanceIsReadEndsTheAssociationAndCancelsNothing()
    {
        var server = new TestHandler();
        await using var connected = await Connected.OpenAsync(server, Connected.Options(Ct));
        var reading = new TaskCompletionSource();
        var storing = connected.Client.StoreAsync(new EndlessInstance(reading));
        await reading.Task;

        server.Association!.Abort();

        await Assert.ThrowsAsync<AssociationEndedException>(() => storing);
    }

    [Fact(Timeout = 20_000)]
    public async Task ALiveAssociationCanBeAbortedFromOutsideWhileAnInstanceIsKept()
    {
        var reached = new TaskCompletionSource();
        var handler = new TestHandler { Store = (_, _) => new StuckInstance(reached) };
        var (peer, serving) = ScriptedPeer.Against(handler);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);
        await peer.SendCommandAsync(1, Hostile.HostilePeerTests.Store(1));
        await peer.SendDataAsync(1, new byte[100], isLast: true);
        await reached.Task;

        handler.Association!.Abort();

        await peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.Aborted, (await serving).Kind);
    }

    [Theory(Timeout = 20_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnAbortOverAStreamReachesThePeerThatReadsAndWaitsForNoOther(bool reads)
    {
        var handler = new TestHandler { Find = (_, token) => Endless(token) };
        await using var server = new TcpListenerPeer(() => handler);
        await using var peer = new ScriptedPeer(await TcpListenerPeer.ConnectAsync(server.Port));
        await peer.AssociateAsync(Find);
        if (!reads)
        {
            await peer.SendCommandAsync(
                1,
                new CommandSet
                {
                    Field = CommandField.CFindRequest,
                    MessageId = 1,
                    AffectedSopClassUid = Find,
                }
            );
            await Task.Delay(300);
        }

        handler.Association!.Abort();

        if (reads)
        {
            await peer.ExpectAsync(ScriptedPeer.AbortByUser);
            await peer.CloseAsync();
        }
        else
        {
            await Task.Delay(100);
            handler.Association.Abort();
        }

        Assert.Equal(AssociationEndKind.Aborted, Assert.Single(await server.EndsAsync()).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task AbortingBeforeTheRequestClosesTheConnection()
    {
        using var aborting = new CancellationTokenSource();
        var (peer, serving) = ScriptedPeer.Against(new TestHandler(), aborting: aborting.Token);
        await using var _ = peer;

        await aborting.CancelAsync();

        await peer.ExpectEndAsync();
        Assert.Equal(AssociationEndKind.Aborted, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task ASecondAbortDoesNotWaitForThePeerToClose()
    {
        using var aborting = new CancellationTokenSource();
        using var draining = new CancellationTokenSource();
        var (peer, serving) = ScriptedPeer.Against(new TestHandler(), null, null, draining.Token, aborting.Token);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);
        await draining.CancelAsync();
        await peer.ExpectAsync(ScriptedPeer.AbortByUser);
        Assert.False(serving.IsCompleted);

        await aborting.CancelAsync();

        Assert.Equal(AssociationEndKind.Aborted, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task DrainingFinishesTheOperationUnderWayFirst()
    {
        using var draining = new CancellationTokenSource();
        var began = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        var handler = new TestHandler
        {
            Echo = async () =>
            {
                began.SetResult();
                await finish.Task;
                return DimseStatus.Success;
            },
        };
        var (peer, serving) = ScriptedPeer.Against(handler, draining: draining.Token);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);
        await peer.SendCommandAsync(
            1,
            new CommandSet
            {
                Field = CommandField.CEchoRequest,
                MessageId = 9,
                AffectedSopClassUid = Ct,
            }
        );
        await began.Task;
        await draining.CancelAsync();
        Assert.False(serving.IsCompleted);
        finish.SetResult();

        Assert.Equal((ushort)9, (await peer.ReceiveCommandAsync()).MessageIdBeingRespondedTo);
        await peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.Aborted, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task DrainingEndsAnAssociationThatIsIdle()
    {
        using var draining = new CancellationTokenSource();
        var (peer, serving) = ScriptedPeer.Against(new TestHandler(), draining: draining.Token);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);

        await draining.CancelAsync();

        await peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.Aborted, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task AReleaseWaitsForTheAnswersThatAreOutstanding()
    {
        var began = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        var handler = new TestHandler
        {
            Echo = async () =>
            {
                began.SetResult();
                await finish.Task;
                return DimseStatus.Success;
            },
        };
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(SopClasses.Verification));
        var echo = connected.Client.EchoAsync();
        await began.Task;

        var releasing = connected.Client.ReleaseAsync();
        Assert.False(releasing.IsCompleted);
        finish.SetResult();

        Assert.Equal(DimseStatus.Success, await echo);
        Assert.Equal(AssociationEndKind.Released, (await releasing).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task ReleasesThatCollideAreBothAnswered()
    {
        var (near, far) = DuplexPipe.Pair();
        await using var peer = new ScriptedPeer(far);
        var options = Connected.Options(Ct);
        var connecting = DicomClientAssociation.ConnectAsync(near, options, TimeProvider.System);
        await peer.ReceiveAsync();
        await peer.SendAsync(Acceptance.Of(options.PresentationContexts));
        await using var client = (await connecting).Association!;

        var releasing = client.ReleaseAsync();
        await peer.ExpectAsync("05000000000400000000");
        await peer.SendAsync(new AReleaseRequest());
        await peer.ExpectAsync("06000000000400000000");
        await peer.SendAsync(new AReleaseResponse());

        Assert.Equal(AssociationEndKind.Released, (await releasing).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task AHandlerThatThrowsCostsOneOperationOnly()
    {
        var handler = new TestHandler
        {
            Echo = () => throw new InvalidOperationException("made up"),
            Store = (_, _) => new FailingInstance(),
            Find = (_, _) => throw new InvalidOperationException("made up"),
        };
        await using var connected = await Connected.OpenAsync(
            handler,
            Connected.Options(SopClasses.Verification, Ct, Find)
        );

        Assert.Equal(DimseStatus.ProcessingFailure, await connected.Client.EchoAsync());
        Assert.Equal(DimseStatus.ProcessingFailure, await connected.Client.StoreAsync(Phantom.Instance(1)));
        var found = await connected.Client.FindAsync(SopClassUid.Parse(Find), new DataSet()).ToListAsync();
        Assert.Equal(DimseStatus.ProcessingFailure, Assert.Single(found).Status);
        Assert.Equal(AssociationEndKind.Released, (await connected.Client.ReleaseAsync()).Kind);
    }

    private static async IAsyncEnumerable<CFindResponse> Endless(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (true)
        {
            yield return CFindResponse.Match(Phantom.CtSlice(1, rows: 1));
            await Task.Delay(1, cancellationToken);
        }
    }

    private static async IAsyncEnumerable<CFindResponse> UntilCancelled(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            yield return CFindResponse.Match(Phantom.CtSlice(1, rows: 1));
            await Task.Delay(1, CancellationToken.None);
        }
    }

    private static async IAsyncEnumerable<IOutgoingInstance> Slices(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        for (var i = 0; i < 1000; i++)
        {
            yield return new BytesInstance(Ct, $"1.2.3.{i + 1}", [1, 2]);
            await Task.Delay(1, cancellationToken);
        }
    }

    private sealed class StuckInstance(TaskCompletionSource reached) : IIncomingInstance
    {
        public ValueTask WriteAsync(
            System.Buffers.ReadOnlySequence<byte> fragment,
            CancellationToken cancellationToken
        ) => default;

        public async ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
        {
            reached.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return DimseStatus.Success;
        }

        public ValueTask AbandonAsync() => default;
    }

    private sealed class FailingInstance : IIncomingInstance
    {
        public ValueTask WriteAsync(
            System.Buffers.ReadOnlySequence<byte> fragment,
            CancellationToken cancellationToken
        ) => throw new InvalidOperationException("made up");

        public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken) =>
            throw new InvalidOperationException("made up");

        public ValueTask AbandonAsync() => default;
    }

    /// <summary>Its bytes never come.</summary>
    private sealed class EndlessInstance(TaskCompletionSource reading) : IOutgoingInstance
    {
        public SopClassUid SopClass { get; } = SopClassUid.Parse(Ct);

        public SopInstanceUid SopInstance { get; } = SopInstanceUid.Parse("1.2.1");

        public IReadOnlyList<TransferSyntax> TransferSyntaxes { get; } = [TransferSyntax.ExplicitVrLittleEndian];

        public async ValueTask CopyDataSetAsync(
            System.IO.Pipelines.PipeWriter sink,
            TransferSyntax transferSyntax,
            CancellationToken cancellationToken
        )
        {
            reading.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
