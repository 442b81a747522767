using System.Collections.Concurrent;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>
/// The archive is killed, the link cut, the edge killed at random moments: whatever was acknowledged reaches the archive,
/// byte for byte, once, without anybody's help.
/// </summary>
[Collection(nameof(EdgeFixture))]
public sealed class EdgeOutageTests(EdgeFixture fixture, ITestOutputHelper output)
{
    private EdgeProcess Edge => fixture.Edge;

    [Fact]
    public async Task The_archive_is_killed_and_comes_back_elsewhere()
    {
        await StoreAsync(101, 10);
        await fixture.Archive.KillAsync();
        await StoreAsync(102, 20);
        Assert.True(Edge.Queue.Count >= 20);
        await fixture.Archive.StartAsync();
        Edge.Follow();
        await Edge.DrainAsync();
        await AssertCountsAsync((101, 10), (102, 20));
    }

    [Fact]
    public async Task The_link_swallows_everything_for_a_while()
    {
        await StoreAsync(103, 5);
        Edge.Link.Cut();
        await StoreAsync(104, 20);
        await Edge.Link.MendAsync();
        await Edge.DrainAsync();
        await AssertCountsAsync((103, 5), (104, 20));
    }

    [Fact]
    public async Task The_edge_is_killed_at_random_moments_while_scanners_store_and_it_forwards()
    {
        var rounds = LongForm.Choose(5, 100);
        var seed = Environment.GetEnvironmentVariable("LEADGLASS_SEED") is { } text ? int.Parse(text) : 20263;
        var random = new Random(seed);
        output.WriteLine($"{rounds} rounds, LEADGLASS_SEED={seed}");
        var acknowledged = new ConcurrentDictionary<string, RawInstance>(StringComparer.Ordinal);
        for (var round = 1; round <= rounds; round++)
        {
            var senders = Enumerable
                .Range(1, 3)
                .Select(n => SendUntilTheEndAsync(1_000 + (round * 10) + n, acknowledged))
                .ToList();
            await Task.Delay(random.Next(200, 900));
            await Edge.KillAsync();
            await Task.WhenAll(senders);
            await Edge.StartAsync();
            if (random.Next(3) == 0)
            {
                await Edge.Link.CloseAllAsync();
            }
        }

        await Edge.DrainAsync();
        Assert.True(acknowledged.Count > rounds * 3, "hardly anything was stored: the test shows nothing");
        output.WriteLine($"{acknowledged.Count} instances acknowledged, every one there");
        foreach (var study in acknowledged.Values.GroupBy(instance => StudyOf(instance.SopInstanceUid)))
        {
            var got = await fixture.GetDirectlyAsync(study.First(), ArchivePeer.StudyKey(study.Key));
            var back = got.Instances.ToDictionary(one => one.SopInstanceUid, StringComparer.Ordinal);
            foreach (var sent in study)
            {
                Assert.True(back.TryGetValue(sent.SopInstanceUid, out var found), $"lost\n{Edge.Log}");
                Assert.True(found.DataSet.AsSpan().SequenceEqual(sent.DataSet), "other bytes");
            }
        }
    }

    [Fact]
    public async Task A_full_queue_answers_A700_and_loses_nothing()
    {
        Edge.Link.Cut();
        await Edge.StopAsync();
        await Edge.ConfigureAsync("""{"reportSeconds": 1, "retrySecondsMax": 1, "queueInstances": 5}""");
        await Edge.StartAsync();
        var instances = Instances(105, 8).ToList();
        await using (var association = await Edge.ConnectAsync("CT1", ArchivePeer.Contexts(instances)))
        {
            List<ushort> statuses = [];
            foreach (var instance in instances)
            {
                statuses.Add(await association.StoreAsync(instance));
            }

            Assert.Equal([0, 0, 0, 0, 0, 0xA700, 0xA700, 0xA700], statuses.Select(status => (int)status));
        }

        await Edge.StopAsync();
        await Edge.ConfigureAsync("""{"reportSeconds": 1, "retrySecondsMax": 1}""");
        await Edge.StartAsync();
        await Edge.Link.MendAsync();
        await Edge.DrainAsync();
        await StoreAsync(106, 3);
        await Edge.DrainAsync();
        await AssertCountsAsync((105, 5), (106, 3));
    }

    private Task StoreAsync(int study, int count) => fixture.StoreAsync([.. Instances(study, count)]);

    private async Task AssertCountsAsync(params (int Study, int Count)[] studies)
    {
        foreach (var (study, count) in studies)
        {
            var sent = Instances(study, count).ToDictionary(one => one.SopInstanceUid, StringComparer.Ordinal);
            var got = await fixture.GetDirectlyAsync(sent.Values.First(), ArchivePeer.StudyKey($"2.25.99.{study}"));
            Assert.Equal(sent.Keys.Order(), got.Instances.Select(one => one.SopInstanceUid).Order());
            Assert.All(
                got.Instances,
                one => Assert.True(one.DataSet.AsSpan().SequenceEqual(sent[one.SopInstanceUid].DataSet))
            );
        }
    }

    private async Task SendUntilTheEndAsync(int study, ConcurrentDictionary<string, RawInstance> acknowledged)
    {
        try
        {
            await using var association = await Edge.ConnectAsync(
                "CT1",
                [new RawContext(TestInstance.CtImageStorage, RawServices.ExplicitLittle)]
            );
            for (var number = 1; number < 100_000; number++)
            {
                var size = (ushort)(number % 7 == 0 ? 512 : 64);
                var instance = (TestInstance.Numbered(study, 1, number) with { Rows = size, Columns = size }).ToRaw();
                if (await association.StoreAsync(instance) == 0)
                {
                    acknowledged[instance.SopInstanceUid] = instance;
                }
            }
        }
        catch (Exception end) when (end is IOException or System.Net.Sockets.SocketException)
        {
            // The edge was killed: this is the end that the test waits for.
        }
    }

    private static string StudyOf(string sopInstance) => string.Join('.', sopInstance.Split('.')[..4]);

    private static IEnumerable<RawInstance> Instances(int study, int count) =>
        Enumerable.Range(1, count).Select(number => TestInstance.Numbered(study, 1, number).ToRaw());
}
