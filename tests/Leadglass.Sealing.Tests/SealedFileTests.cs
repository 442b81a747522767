using Leadglass.Testing;

namespace Leadglass.Sealing.Tests;

/// <summary>A sealed file holds the former or the new content, whatever happens, and opens under its own name only.</summary>
public sealed class SealedFileTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly MasterKey _master = MasterKey.Create();

    public void Dispose() => _master.Dispose();

    [Fact]
    public async Task APowerCutLeavesTheFormerOrTheNewContent()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var disk = new FaultyDisk(seed) { SectorBytes = seed % 2 == 0 ? 512 : 4096 };
            SealedFile.Write(disk.Root, "devices", _master, Records.Content(3000, 1));
            disk.CutAtStep = disk.Steps + 1 + (seed % 5);
            var (former, latest) = (1, 2);
            try
            {
                SealedFile.Write(disk.Root, "devices", _master, Records.Content(3000, 2));
                former = 2;
                disk.CutAtStep = disk.Steps + 1 + (seed % 3);
                SealedFile.Write(disk.Root, "devices", _master, Records.Content(3000, latest = 3));
                former = 3;
            }
            catch (PowerCutException)
            {
                // What follows is checked below.
            }

            disk.CutPower();
            var content = await SealedFile.ReadAsync(disk.Root, "devices", _master, None);
            Assert.True(
                content.AsSpan().SequenceEqual(Records.Content(3000, former))
                    || content.AsSpan().SequenceEqual(Records.Content(3000, latest)),
                $"seed {seed}"
            );
            SealedFile.Write(disk.Root, "devices", _master, Records.Content(10, 9));
        }
    }

    [Fact]
    public async Task AFileUnderAnotherNameOrMasterKeyIsRefused()
    {
        var disk = new FaultyDisk(seed: 1);
        SealedFile.Write(disk.Root, "devices", _master, "content"u8);
        disk.Root.Rename("devices", "people");
        await Assert.ThrowsAsync<SealBrokenException>(async () =>
            await SealedFile.ReadAsync(disk.Root, "people", _master, None)
        );
        disk.Root.Rename("people", "devices");
        Assert.Equal("content"u8.ToArray(), await SealedFile.ReadAsync(disk.Root, "devices", _master, None));
        using var other = MasterKey.Create();
        await Assert.ThrowsAsync<SealedFormatException>(async () =>
            await SealedFile.ReadAsync(disk.Root, "devices", other, None)
        );
        SealedFile.Delete(disk.Root, "devices");
        SealedFile.Delete(disk.Root, "devices");
        Assert.Null(await SealedFile.ReadAsync(disk.Root, "devices", _master, None));
    }
}
