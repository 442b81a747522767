using Leadglass.Access.Trails;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Access.Tests.Trails;

/// <summary>
/// Invariant 2 against a disk that loses, tears and reorders whatever was not flushed: what was recorded before something
/// was released is there when the power is back, and the trail goes on by itself without a finding.
/// </summary>
public sealed class TrailPowerCutTests : IDisposable
{
    private readonly MasterKey _master = MasterKey.Create();

    public void Dispose() => _master.Dispose();

    [Fact]
    public async Task NothingAcknowledgedIsLostWhereverThePowerGoes()
    {
        var cuts = 0;
        for (var step = 1; step <= 60; step++)
        {
            for (var variant = 0; variant < 12; variant++)
            {
                cuts += await SurviveAsync((step * 100) + variant, step);
            }
        }
        Assert.True(cuts > 1_000, $"{cuts} power cuts");
    }

    private async Task<int> SurviveAsync(int seed, int firstCut)
    {
        var disk = new FaultyDisk(seed);
        var random = new Random(seed);
        var writer = new Writer(_master, disk, random);
        var cuts = 0;
        for (var round = 0; round < 3; round++)
        {
            disk.CutAtStep = disk.Steps + (round == 0 ? firstCut : random.Next(1, 20));
            try
            {
                await writer.RunAsync();
            }
            catch (Exception gone) when (gone is PowerCutException or TrailUnavailableException)
            {
                cuts++;
            }
            if (random.Next(4) == 0)
            {
                disk.KillProcess();
            }
            else
            {
                disk.CutPower();
            }
        }
        await using (await Trail.OpenAsync(disk.Root, _master, new ManualClock(), CancellationToken.None))
        {
            var reader = new TrailReader(disk.Root, _master);
            var kept = reader.Read(default).Select(entry => entry.Event.Study?.Value).ToHashSet();
            Assert.All(
                writer.Acknowledged,
                study => Assert.True(kept.Contains(study), $"seed {seed}: {study} is lost")
            );
            var verified = await reader.VerifyAsync(CancellationToken.None);
            Assert.True(verified.Findings.Count == 0, $"seed {seed}: {string.Join("; ", verified.Findings)}");
        }
        return cuts;
    }

    private sealed class Writer(MasterKey master, FaultyDisk disk, Random random)
    {
        private readonly ManualClock _clock = new();
        private readonly Lock _gate = new();
        private int _tried;

        public List<string> Acknowledged { get; } = [];

        public async Task RunAsync()
        {
            await using var trail = await Trail.OpenAsync(disk.Root, master, _clock, CancellationToken.None);
            for (var batch = 0; batch < 12; batch++)
            {
                string[] studies = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"1.2.{++_tried}")];
                await Task.WhenAll(studies.Select(study => RecordAsync(trail, study)));
                _clock.Advance(TimeSpan.FromSeconds(random.Next(40)));
            }
        }

        private async Task RecordAsync(Trail trail, string study)
        {
            await trail.RecordAsync(TrailTests.Said(study), CancellationToken.None);
            lock (_gate)
            {
                Acknowledged.Add(study);
            }
        }
    }
}
