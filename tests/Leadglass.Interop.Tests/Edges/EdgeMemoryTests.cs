using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>The edge's resident memory stays below 100 MiB while four scanners store at full speed, one of them a film.</summary>
[Collection(nameof(MemoryTests))]
public sealed class EdgeMemoryTests(ITestOutputHelper output)
{
    private const long LimitKibibytes = 100 * 1024;

    [Fact]
    public async Task Four_scanners_at_full_speed()
    {
        var count = LongForm.Choose(60, 1_000);
        await using var archive = await ArchiveProcess.StartNewAsync();
        await using var edge = await EdgeProcess.StartNewAsync(archive, "EDGE1", ("CT1", "CT1", ["--allow", "store"]));
        var film = (TestInstance.Numbered(80) with { Rows = 1024, Columns = 1024, Frames = 64 }).ToRaw();
        await Task.WhenAll([
            .. Enumerable.Range(1, 3).Select(n => StoreAsync(edge, Slices(80 + n, count))),
            StoreAsync(edge, [film]),
        ]);
        await edge.DrainAsync(TimeSpan.FromMinutes(10));
        var peak = edge.MemoryKibibytes();
        output.WriteLine($"{3 * count} slices of 512 KiB and one of 128 MiB: peak {peak / 1024} MiB");
        Assert.True(peak < LimitKibibytes, $"peak {peak} KiB");
    }

    private static IEnumerable<RawInstance> Slices(int study, int count) =>
        Enumerable
            .Range(1, count)
            .Select(number => (TestInstance.Numbered(study, 1, number) with { Rows = 512, Columns = 512 }).ToRaw());

    private static async Task StoreAsync(EdgeProcess edge, IEnumerable<RawInstance> instances)
    {
        await using var association = await edge.ConnectAsync(
            "CT1",
            [new RawContext(TestInstance.CtImageStorage, RawServices.ExplicitLittle)]
        );
        foreach (var instance in instances)
        {
            Assert.Equal(0, await association.StoreAsync(instance));
        }

        await association.ReleaseAsync();
    }
}
