using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>Storage commitment through an edge is answered when the archive has committed, and not a moment before.</summary>
[Collection(nameof(EdgeFixture))]
public sealed class EdgeCommitmentTests(EdgeFixture fixture)
{
    private EdgeProcess Edge => fixture.Edge;

    [Fact]
    public async Task While_the_scanner_waits()
    {
        var instances = Instances(61);
        await using var association = await ConnectAsync(instances);
        await StoreAsync(association, instances);
        Assert.Equal(0, await association.RequestCommitmentAsync("2.25.60101", instances));
        await AssertReportAsync(association, "2.25.60101", 1);
    }

    [Fact]
    public async Task With_the_archive_away_and_back_and_the_edge_killed_meanwhile()
    {
        await fixture.Archive.KillAsync();
        var instances = Instances(62);
        await using (var association = await ConnectAsync(instances))
        {
            await StoreAsync(association, instances);
            Assert.Equal(0, await association.RequestCommitmentAsync("2.25.60201", instances));
            var report = association.ReceiveAsync();
            Assert.NotSame(report, await Task.WhenAny(report, Task.Delay(3_000)));
            await Edge.KillAsync();
            await Assert.ThrowsAnyAsync<IOException>(() => report);
        }

        await Edge.StartAsync();
        await fixture.Archive.StartAsync();
        Edge.Follow();
        await Edge.DrainAsync();

        // The scanner comes back and is told.
        await using var again = await ConnectAsync([]);
        await AssertReportAsync(again, "2.25.60201", 1);
    }

    /// <summary>As most modalities ask: on an association of its own, while what it is about still lies in the queue.</summary>
    [Fact]
    public async Task On_an_association_of_its_own_with_a_long_queue_before_it()
    {
        await fixture.Archive.KillAsync();
        var instances = Enumerable.Range(1, 40).Select(number => TestInstance.Numbered(64, 1, number).ToRaw()).ToList();
        await fixture.StoreAsync(instances);
        await using var association = await ConnectAsync([]);
        Assert.Equal(0, await association.RequestCommitmentAsync("2.25.60401", instances));
        await fixture.Archive.StartAsync();
        Edge.Follow();
        await AssertReportAsync(association, "2.25.60401", 1);
    }

    [Fact]
    public async Task What_the_archive_does_not_have_is_not_confirmed()
    {
        var instances = Instances(63);
        await using var association = await ConnectAsync(instances);
        await StoreAsync(association, instances);
        var missing = TestInstance.Numbered(63, 1, 99).ToRaw();
        Assert.Equal(0, await association.RequestCommitmentAsync("2.25.60301", [.. instances, missing]));
        await AssertReportAsync(association, "2.25.60301", 2);
    }

    private Task<RawAssociation> ConnectAsync(IReadOnlyList<RawInstance> instances) =>
        Edge.ConnectAsync(
            "CT1",
            [
                .. ArchivePeer.Contexts(instances),
                new RawContext(RawServices.StorageCommitment, RawServices.ImplicitLittle),
            ]
        );

    private static async Task StoreAsync(RawAssociation association, IReadOnlyList<RawInstance> instances)
    {
        foreach (var instance in instances)
        {
            Assert.Equal(0, await association.StoreAsync(instance));
        }
    }

    private async Task AssertReportAsync(RawAssociation association, string transaction, ushort eventType)
    {
        // After a crash an earlier report may come again: the archive was not told that it had arrived.
        while (true)
        {
            var report = await ReceiveAsync(association);
            Assert.Equal(0x0100, report.Command.Field);
            await association.SendAsync(report.ContextId, RawCommand.Response(report.Command, 0));
            if (RawElements.Texts(report.DataSet, isExplicit: false)[0x00081195] == transaction)
            {
                Assert.Equal(eventType, report.Command.GetUInt16(0x1002));
                await association.ReleaseAsync();
                return;
            }
        }
    }

    private async Task<RawMessage> ReceiveAsync(RawAssociation association)
    {
        try
        {
            return await association.ReceiveAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"no report\n{Edge.Log}\n{fixture.Archive.Log}", late);
        }
    }

    private static List<RawInstance> Instances(int study) =>
        [.. Enumerable.Range(1, 3).Select(number => TestInstance.Numbered(study, 1, number).ToRaw())];
}
