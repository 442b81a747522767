using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>
/// A disk that fills up: A700 and nothing acknowledged that is not kept, reading goes on, and storing again when there is
/// room, without anybody's help. The disk is a small file system that only the server sees.
/// </summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_full_disk_refuses_keeps_reading_and_recovers()
    {
        if (!await ArchiveProcess.CanMountAsync())
        {
            Assert.Skip("a file system of the test's own needs root and unshare");
        }

        await using var archive = await ArchiveProcess.CreateAsync();
        var scanner = await archive.EnrolAsync("scanner", "SCANNER", "store");
        var workstation = await archive.EnrolAsync("workstation", "WORKSTATION", "query,retrieve");
        await archive.StartOnSmallDiskAsync(mebibytes: 160, ballastMebibytes: 60);

        List<RawInstance> acknowledged = [];
        var refusal = await FillAsync(archive, scanner, acknowledged);
        Assert.Equal(0xA700, refusal);
        Assert.NotEmpty(acknowledged);
        await AssertReadableAsync(archive, workstation, acknowledged[0]);
        await AssertReadableAsync(archive, workstation, acknowledged[^1]);
        Assert.Equal(0xA700, await StoreAsync(archive, scanner, Instance(90_000)));

        await archive.RemoveBallastAsync();
        using var timer = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await StoreAsync(archive, scanner, Instance(90_001)) != 0)
        {
            await Task.Delay(200, timer.Token);
        }

        await AssertReadableAsync(archive, workstation, Instance(90_001));
        foreach (var instance in acknowledged.Where((_, i) => i % 10 == 0))
        {
            await AssertReadableAsync(archive, workstation, instance);
        }
    }

    private static RawInstance Instance(int number) =>
        (TestInstance.Numbered(900, 1, number) with { Rows = 512, Columns = 512 }).ToRaw();

    private static async Task<ushort> FillAsync(
        ArchiveProcess archive,
        EnrolledDevice scanner,
        List<RawInstance> acknowledged
    )
    {
        for (var number = 1; number < 1000; number++)
        {
            var instance = Instance(number);
            var status = await StoreAsync(archive, scanner, instance);
            if (status != 0)
            {
                return status;
            }

            acknowledged.Add(instance);
        }

        return 0;
    }

    private static async Task<ushort> StoreAsync(ArchiveProcess archive, EnrolledDevice scanner, RawInstance instance)
    {
        await using var association = await ArchivePeer.ConnectAsync(
            archive,
            scanner,
            ArchivePeer.Contexts([instance])
        );
        var status = await association.StoreAsync(instance);
        await association.ReleaseAsync();
        return status;
    }

    private static async Task AssertReadableAsync(
        ArchiveProcess archive,
        EnrolledDevice workstation,
        RawInstance instance
    )
    {
        var got = await ArchivePeer.GetAsync(
            archive,
            workstation,
            instance,
            ArchivePeer.ImageKey("2.25.99.900", "2.25.99.900.1", instance.SopInstanceUid)
        );
        Assert.True(
            got is { Status: 0, Instances: [var back] } && back.DataSet.AsSpan().SequenceEqual(instance.DataSet),
            $"C-GET answered {got.Status:X4}\n{archive.Log}"
        );
    }
}
