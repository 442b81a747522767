using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests;

/// <summary>Our client against our acceptor, in memory: every service, both directions.</summary>
public sealed class ServiceTests
{
    private const string Instance = "1.2.826.0.1.3680043.8.498.1";
    private const string Find = SopClasses.StudyRootQueryRetrieveInformationModelFind;
    private const string Move = SopClasses.StudyRootQueryRetrieveInformationModelMove;
    private const string Get = SopClasses.StudyRootQueryRetrieveInformationModelGet;

    [Fact(Timeout = 20_000)]
    public async Task EchoIsAnsweredAndReleaseEndsInOrder()
    {
        var handler = new TestHandler();
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(SopClasses.Verification));

        Assert.Equal(DimseStatus.Success, await connected.Client.EchoAsync());
        Assert.Equal(AssociationEndKind.Released, (await connected.Client.ReleaseAsync()).Kind);
        await connected.Client.DisposeAsync();
        Assert.Equal(AssociationEndKind.Released, (await connected.Serving).Kind);
        Assert.True(handler.IsDisposed);
    }

    [Theory(Timeout = 20_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData(1_000_001)]
    public async Task StoredBytesArriveAsTheyWereSent(int length)
    {
        var sent = new byte[length];
        new Random(length).NextBytes(sent);
        byte[]? received = null;
        var handler = new TestHandler { Store = (_, _) => new CollectedInstance(bytes => received = bytes) };
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(Connected.CtImageStorage));

        var status = await connected.Client.StoreAsync(new BytesInstance(Connected.CtImageStorage, Instance, sent));

        Assert.Equal(DimseStatus.Success, status);
        Assert.Equal(sent, received);
    }

    [Fact(Timeout = 20_000)]
    public async Task MatchesComeInOrderAndThenTheEnd()
    {
        var handler = new TestHandler { Find = (_, _) => Studies(300).ToAsyncEnumerable() };
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(Find));

        var responses = await connected.Client.FindAsync(SopClassUid.Parse(Find), new DataSet()).ToListAsync();

        Assert.Equal(301, responses.Count);
        Assert.Equal(
            Enumerable.Range(0, 300).Select(i => $"ID{i}"),
            responses.SkipLast(1).Select(response => response.Identifier!.GetString(DicomTag.PatientID))
        );
        Assert.Equal(DimseStatus.Success, responses[^1].Status);
    }

    [Fact(Timeout = 20_000)]
    public async Task GetBringsTheInstancesOverTheSameAssociation()
    {
        var sent = Enumerable.Range(0, 5).Select(i => new byte[100_000 + (2 * i)]).ToArray();
        var received = new List<byte[]>();
        var server = new TestHandler
        {
            Get = (_, _) =>
                new RetrievePlan
                {
                    SubOperations = sent.Length + 1,
                    Instances = sent.Select(
                            (bytes, i) =>
                                (IOutgoingInstance)new BytesInstance(Connected.CtImageStorage, $"{Instance}.{i}", bytes)
                        )
                        .Append(new BytesInstance(SopClasses.MRImageStorage, $"{Instance}.99", [1, 2]))
                        .ToAsyncEnumerable(),
                },
        };
        var client = new TestHandler { Store = (_, _) => new CollectedInstance(received.Add) };
        var options = Connected.Options(Get, Connected.CtImageStorage) with
        {
            RoleSelections = [new RoleSelection(Connected.CtImageStorage, RequestorIsScu: false, RequestorIsScp: true)],
        };
        await using var connected = await Connected.OpenAsync(server, options, client);

        var outcome = await connected.Client.GetAsync(SopClassUid.Parse(Get), new DataSet());

        Assert.Equal(DimseStatus.WarningSubOperationsFailed, outcome.Status);
        Assert.Equal((5, 1, 0), (outcome.Completed, outcome.Failed, outcome.Warnings));
        Assert.Equal([SopInstanceUid.Parse($"{Instance}.99")], outcome.FailedInstances);
        Assert.Equal(sent, received);
    }

    [Fact(Timeout = 20_000)]
    public async Task MoveCountsWhatBecameOfEachInstance()
    {
        CMoveRequest? asked = null;
        DimseStatus[] statuses =
        [
            DimseStatus.Success,
            DimseStatus.CoercionOfDataElements,
            DimseStatus.OutOfResources,
            DimseStatus.Success,
        ];
        var handler = new TestHandler
        {
            Move = (request, _, _) =>
            {
                asked = request;
                return new MovePlan
                {
                    SubOperations = 4,
                    Outcomes = statuses
                        .Select((status, i) => new SubOperationOutcome(SopInstanceUid.Parse($"{Instance}.{i}"), status))
                        .ToAsyncEnumerable(),
                };
            },
        };
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(Move));
        var progress = new Progress();

        var outcome = await connected.Client.MoveAsync(
            SopClassUid.Parse(Move),
            AeTitle.Parse("WORKSTATION"),
            new DataSet(),
            progress
        );

        Assert.Equal("WORKSTATION", asked!.Destination.Value);
        Assert.Equal(DimseStatus.WarningSubOperationsFailed, outcome.Status);
        Assert.Equal((2, 1, 1), (outcome.Completed, outcome.Failed, outcome.Warnings));
        Assert.Equal([SopInstanceUid.Parse($"{Instance}.2")], outcome.FailedInstances);
        Assert.Equal([new(3, 1, 0, 0), new(2, 1, 0, 1), new(1, 1, 1, 1)], progress.Steps);
    }

    [Fact(Timeout = 20_000)]
    public async Task ARetrievalThatIsRefusedOrFallsOverSaysSo()
    {
        var handler = new TestHandler
        {
            Get = (_, _) => RetrievePlan.Refused(DimseStatus.OutOfResources),
            Move = (_, _, _) => new MovePlan { SubOperations = 3, Outcomes = FallOver() },
        };
        await using var connected = await Connected.OpenAsync(handler, Connected.Options(Get, Move));

        var get = await connected.Client.GetAsync(SopClassUid.Parse(Get), new DataSet());
        var move = await connected.Client.MoveAsync(SopClassUid.Parse(Move), AeTitle.Parse("X"), new DataSet());

        Assert.Equal(DimseStatus.OutOfResources, get.Status);
        Assert.Equal(DimseStatus.UnableToPerformSubOperations, move.Status);
        Assert.Equal(1, move.Completed);
    }

    private static async IAsyncEnumerable<SubOperationOutcome> FallOver()
    {
        yield return new SubOperationOutcome(SopInstanceUid.Parse(Instance), DimseStatus.Success);
        await Task.Yield();
        throw new InvalidOperationException("made up");
    }

    private sealed class Progress : IProgress<RetrieveProgress>
    {
        public List<RetrieveProgress> Steps { get; } = [];

        public void Report(RetrieveProgress value) => Steps.Add(value);
    }

    private static IEnumerable<CFindResponse> Studies(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var match = new DataSet();
            match.SetString(DicomTag.PatientID, $"ID{i}");
            yield return CFindResponse.Match(match);
        }
    }
}
