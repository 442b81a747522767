using System.Buffers;
using System.IO.Pipelines;
using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests;

/// <summary>Runs alone: what it measures is the whole process's.</summary>
[CollectionDefinition(nameof(StreamingTests), DisableParallelization = true)]
public sealed class StreamingCollection;

/// <summary>Large instances pass through without being held, and the window of outstanding operations works.</summary>
[Collection(nameof(StreamingTests))]
public sealed class StreamingTests
{
    private const string Ct = SopClasses.CTImageStorage;
    private const string Get = SopClasses.StudyRootQueryRetrieveInformationModelGet;

    [Fact(Timeout = 60_000)]
    public async Task TwoHundredMegabytesPassWithoutGrowingMemory()
    {
        const long Length = 200L << 20;
        var counted = new CountingInstance();
        var handler = new TestHandler { Store = (_, _) => counted };
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(Ct));
        await connected.Client.StoreAsync(new GeneratedInstance(1 << 20));
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);

        var status = await connected.Client.StoreAsync(new GeneratedInstance(Length));

        var allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        Assert.Equal(DimseStatus.Success, status);
        Assert.Equal(Length + (1 << 20), counted.Length);
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 8 << 20);
        // 1,600 PDUs each way: nothing is allocated per fragment but what the pipes themselves ask for.
        Assert.True(allocated < 40 << 20, $"{allocated} bytes allocated");
    }

    [Fact(Timeout = 60_000)]
    public async Task ASlowReceiverHoldsTheSenderBack()
    {
        var gate = new SemaphoreSlim(0);
        var sent = 0L;
        var handler = new TestHandler { Store = (_, _) => new GatedInstance(gate) };
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(Ct));

        var storing = connected.Client.StoreAsync(new GeneratedInstance(32 << 20, count => sent = count));
        await Task.WhenAny(storing, Task.Delay(500));

        Assert.False(storing.IsCompleted);
        Assert.InRange(Volatile.Read(ref sent), 1, 2 << 20);
        gate.Release(1 << 20);
        Assert.Equal(DimseStatus.Success, await storing);
    }

    [Fact(Timeout = 20_000)]
    public async Task WithAWindowSeveralStoresAreOutstanding()
    {
        var waiting = new SemaphoreSlim(0);
        var all = new TaskCompletionSource();
        var arrived = 0;
        var handler = new TestHandler
        {
            Store = (_, _) =>
                new WaitingInstance(async () =>
                {
                    if (Interlocked.Increment(ref arrived) == 3)
                    {
                        all.SetResult();
                    }

                    await waiting.WaitAsync();
                }),
        };
        var options = Connected.Options(Ct) with { OperationsInvokedMax = 3 };
        await using var connected = await Connected.OpenAsync(handler, options);

        var stores = Enumerable.Range(1, 5).Select(i => connected.Client.StoreAsync(Phantom.Instance(i))).ToArray();
        await all.Task;

        Assert.DoesNotContain(stores, store => store.IsCompleted);
        waiting.Release(5);
        Assert.All(await Task.WhenAll(stores), status => Assert.Equal(DimseStatus.Success, status));
    }

    [Fact(Timeout = 20_000)]
    public async Task WithoutAWindowOneStoreFollowsTheOther()
    {
        var now = 0;
        var most = 0;
        var handler = new TestHandler
        {
            Store = (_, _) =>
                new WaitingInstance(async () =>
                {
                    most = Math.Max(most, Interlocked.Increment(ref now));
                    await Task.Delay(5);
                    Interlocked.Decrement(ref now);
                }),
        };
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(Ct));

        await Task.WhenAll(Enumerable.Range(1, 5).Select(i => connected.Client.StoreAsync(Phantom.Instance(i))));

        Assert.Equal(1, most);
    }

    [Fact(Timeout = 20_000)]
    public async Task AnInstanceThatCannotBeOpenedIsOneFailedSubOperation()
    {
        var server = new TestHandler
        {
            Get = (_, _) =>
                new RetrievePlan
                {
                    SubOperations = 3,
                    Instances = new IOutgoingInstance[]
                    {
                        new BytesInstance(Ct, "1.2.1", [1, 2]),
                        new BrokenInstance("1.2.2"),
                        new BytesInstance(Ct, "1.2.3", [3, 4]),
                    }.ToAsyncEnumerable(),
                },
        };
        var options = Connected.Options(Get, Ct) with
        {
            RoleSelections = [new RoleSelection(Ct, RequestorIsScu: false, RequestorIsScp: true)],
        };
        await using var connected = await Connected.OpenAsync(server, options, new TestHandler());

        var outcome = await connected.Client.GetAsync(SopClassUid.Parse(Get), new DataSet());

        Assert.Equal((2, 1), (outcome.Completed, outcome.Failed));
        Assert.Equal(DimseStatus.WarningSubOperationsFailed, outcome.Status);
        Assert.Equal([SopInstanceUid.Parse("1.2.2")], outcome.FailedInstances);
    }

    [Fact(Timeout = 20_000)]
    public async Task AListOfFailedInstancesLongerThanItsValueIsCut()
    {
        var server = new TestHandler
        {
            Get = (_, _) =>
                new RetrievePlan
                {
                    SubOperations = 3000,
                    Instances = Enumerable
                        .Range(1, 3000)
                        .Select(i =>
                            (IOutgoingInstance)
                                new BytesInstance(SopClasses.MRImageStorage, $"1.2.{new string('7', 50)}.{i}", [])
                        )
                        .ToAsyncEnumerable(),
                },
        };
        await using var connected = await Connected.OpenAsync(server, Connected.Options(Get));

        var outcome = await connected.Client.GetAsync(SopClassUid.Parse(Get), new DataSet());

        Assert.Equal(3000, outcome.Failed);
        Assert.InRange(outcome.FailedInstances.Count, 1000, 1200);
    }

    [Fact(Timeout = 20_000)]
    public async Task AnswersThatAreReadyGoOutTogether()
    {
        const string Find = SopClasses.StudyRootQueryRetrieveInformationModelFind;
        var (near, far) = DuplexPipe.Pair(4 << 20);
        var output = new CountingWriter(far.Output);
        var handler = new TestHandler
        {
            Find = (_, _) =>
                Enumerable.Range(0, 500).Select(_ => CFindResponse.Match(new DataSet())).ToAsyncEnumerable(),
        };
        var serving = new AssociationAcceptor(new AcceptorOptions(), TimeProvider.System).RunAsync(
            new DuplexPipe(far.Input, output),
            handler
        );
        var result = await DicomClientAssociation.ConnectAsync(near, Connected.Options(Find), TimeProvider.System);
        await using (var client = result.Association!)
        {
            var before = output.Flushes;
            Assert.Equal(501, await client.FindAsync(SopClassUid.Parse(Find), new DataSet()).CountAsync());
            Assert.InRange(output.Flushes - before, 1, 5);
        }

        await serving;
    }

    private sealed class CountingWriter(PipeWriter inner) : PipeWriter
    {
        public int Flushes { get; private set; }

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushes++;
            return inner.FlushAsync(cancellationToken);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }

    private sealed class CountingInstance : IIncomingInstance
    {
        public long Length { get; private set; }

        public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
        {
            Length += fragment.Length;
            return default;
        }

        public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken) => new(DimseStatus.Success);

        public ValueTask AbandonAsync() => default;
    }

    private sealed class GatedInstance(SemaphoreSlim gate) : IIncomingInstance
    {
        public async ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken) =>
            await gate.WaitAsync(cancellationToken);

        public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken) => new(DimseStatus.Success);

        public ValueTask AbandonAsync() => default;
    }

    private sealed class WaitingInstance(Func<Task> complete) : IIncomingInstance
    {
        public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken) => default;

        public async ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
        {
            await complete();
            return DimseStatus.Success;
        }

        public ValueTask AbandonAsync() => default;
    }

    private sealed class GeneratedInstance(long length, Action<long>? progress = null) : IOutgoingInstance
    {
        public SopClassUid SopClass => SopClassUid.Parse(Ct);

        public SopInstanceUid SopInstance => SopInstanceUid.Parse("1.2.3");

        public IReadOnlyList<TransferSyntax> TransferSyntaxes => [TransferSyntax.ExplicitVrLittleEndian];

        public async ValueTask CopyDataSetAsync(
            PipeWriter sink,
            TransferSyntax transferSyntax,
            CancellationToken cancellationToken
        )
        {
            var chunk = new byte[65536];
            for (var written = 0L; written < length; written += chunk.Length)
            {
                await sink.WriteAsync(chunk, cancellationToken);
                progress?.Invoke(written + chunk.Length);
            }
        }
    }

    private sealed class BrokenInstance(string uid) : IOutgoingInstance
    {
        public SopClassUid SopClass => SopClassUid.Parse(Ct);

        public SopInstanceUid SopInstance => SopInstanceUid.Parse(uid);

        public IReadOnlyList<TransferSyntax> TransferSyntaxes => [TransferSyntax.ExplicitVrLittleEndian];

        public ValueTask CopyDataSetAsync(
            PipeWriter sink,
            TransferSyntax transferSyntax,
            CancellationToken cancellationToken
        ) => throw new IOException("made up");
    }
}
