using Leadglass.Access;
using Leadglass.Archive.Packs;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Tests;

/// <summary>What changed, in the order of the commits, from positions that outlive the index.</summary>
public sealed class ChangeFeedTests
{
    private const string Study = "1.2.826.0.1.1";
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task EveryChangeIsToldOnceInItsOrder()
    {
        var disk = new FaultyDisk(5).Root;
        await using var archive = await TestArchive.StartAsync(
            blobs: PackStore.Open(disk, new PackStoreOptions { RollOverBytes = 64 * 1024 }, TimeProvider.System)
        );
        await LiveAsync(archive);
        List<(ChangeKind, int)> expected =
        [
            (ChangeKind.Added, 1),
            (ChangeKind.Added, 1),
            (ChangeKind.Added, 1),
            (ChangeKind.Rejected, 2),
            (ChangeKind.Restored, 2),
            (ChangeKind.Corrected, 0),
            (ChangeKind.Deleted, 1),
            (ChangeKind.Deleted, 0),
            (ChangeKind.Added, 1),
        ];
        foreach (var limit in (int[])[1, 2, 4, 1000])
        {
            var told = await AllAsync(archive, limit);
            Assert.Equal(expected, told.Select(one => (one.Kind, one.Instances.Length)));
            Assert.All(told, one => Assert.Equal(Study, one.Study.Value));
        }

        // From a position in the middle, on an index made anew, comes exactly what follows.
        var all = await AllAsync(archive, 1000);
        await archive.RestartAsync(new Contract.MemoryStudyIndex());
        for (var i = 0; i < all.Count; i++)
        {
            var rest = await ReadAsync(archive, ChangePosition.Parse(all[i].Position.Text), 1000);
            Assert.Equal(all.Skip(i + 1).Select(one => one.Position), rest.Changes.Select(one => one.Position));
            Assert.False(rest.HasMore);
        }

        // At the end nothing comes, and the position stays good for what is to come.
        var end = (await ReadAsync(archive, ChangePosition.Beginning, 1000)).Position;
        Assert.Empty((await ReadAsync(archive, end, 10)).Changes);
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.8"));
        var change = Assert.Single((await ReadAsync(archive, end, 10)).Changes);
        Assert.Equal("1.2.3.8", Assert.Single(change.Instances).SopInstance.Value);
    }

    [Fact]
    public async Task OnlyPositionsThatWereGivenOutAreTaken()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        var good = (await ReadAsync(archive, ChangePosition.Beginning, 10)).Position.Text;
        Assert.Equal(32, good.Length);
        foreach (
            var wrong in (string[])
                [
                    "0",
                    good[..31],
                    good + "A",
                    (good[0] == 'A' ? "B" : "A") + good[1..],
                    new('A', 32),
                    new('*', 32),
                    "\0",
                ]
        )
        {
            await Assert.ThrowsAsync<FormatException>(() => ReadAsync(archive, ChangePosition.Parse(wrong), 10));
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ReadAsync(archive, default, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ReadAsync(archive, default, 1001));
        var retrieve = await archive.Access.GrantAsync(Operation.Retrieve);
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Archive.Changes.ReadAsync(retrieve, default, 10, None)
        );
    }

    [Fact]
    public async Task NobodyIsToldOfWhatTheyMayNotSee()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        await archive.StoreAsync(TestInstances.Ct("1.2.826.0.1.2", patientId: "TEST-2"));
        await archive.AssignAsync("1.2.826.0.1.2", "TEST-3");
        await archive.Access.GrantAsync(
            Operation.Query,
            "narrow",
            device => device with { Scope = new DeviceScope { Patients = [new PatientKey("TEST-1", "")] } }
        );
        var seen = await archive.Archive.Changes.ReadAsync(
            await archive.Access.GrantAsync(Operation.Query, "narrow"),
            default,
            10,
            None
        );
        Assert.Equal([Study], seen.Changes.Select(one => one.Study.Value));
        Assert.False(seen.HasMore);
    }

    private static async Task LiveAsync(TestArchive archive)
    {
        for (var i = 1; i <= 3; i++)
        {
            await archive.StoreAsync(TestInstances.Ct(instance: $"1.2.3.{i}"));
        }

        // Neither the same again nor what waits in quarantine is a change.
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.9", patientId: "TEST-2"));
        await archive.RejectAsync(Study, RejectionReason.Quality, "1.2.3.1", "1.2.3.2");
        await archive.RestoreAsync(Study);
        await archive.AssignAsync(Study, "TEST-9");
        await archive.DeleteAsync(Study, "1.2.3.3");
        await archive.DeleteAsync(Study);
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
    }

    private static async Task<List<Change>> AllAsync(TestArchive archive, int limit)
    {
        List<Change> all = [];
        var position = ChangePosition.Beginning;
        while (true)
        {
            var page = await ReadAsync(archive, position, limit);
            Assert.InRange(page.Changes.Count, 0, limit);
            all.AddRange(page.Changes);
            position = page.Position;
            if (!page.HasMore)
            {
                return all;
            }
        }
    }

    private static async Task<ChangePage> ReadAsync(TestArchive archive, ChangePosition after, int limit) =>
        await archive.Archive.Changes.ReadAsync(await archive.Access.GrantAsync(Operation.Query), after, limit, None);
}
