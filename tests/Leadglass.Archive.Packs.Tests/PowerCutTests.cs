using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Packs.Tests;

/// <summary>
/// Invariant 3 against a disk that loses, tears and reorders whatever was not flushed: every acknowledged record is there
/// and byte-exact after the power is back, and nothing else stands in the way of starting.
/// </summary>
public sealed class PowerCutTests
{
    private const int Rounds = 4;

    /// <summary>The power goes at every step of a run of commits, many times each, then twice more while it starts.</summary>
    [Theory]
    [InlineData(512, false)]
    [InlineData(4096, true)]
    public async Task NothingAcknowledgedIsLostWhereverThePowerGoes(int sectorBytes, bool tearsNeighbours)
    {
        var steps = await CountStepsAsync();
        Assert.InRange(steps, 30, 300);
        var cuts = 0;
        for (var step = 1; step <= steps; step++)
        {
            for (var variant = 0; variant < 10; variant++)
            {
                var seed = (step * 1000) + variant;
                var disk = new FaultyDisk(seed) { SectorBytes = sectorBytes, TearsNeighbours = tearsNeighbours };
                cuts += await SurviveAsync(disk, seed, step);
            }
        }

        Assert.True(cuts > steps * 10, $"{cuts} power cuts in {steps} steps");
    }

    private static async Task<int> CountStepsAsync()
    {
        var disk = new FaultyDisk(0);
        await new Writer(disk, seed: 0).RunAsync(default);
        return disk.Steps;
    }

    private static async Task<int> SurviveAsync(FaultyDisk disk, int seed, int step)
    {
        var random = new Random(seed);
        var writer = new Writer(disk, seed);
        var cuts = 0;
        BlobMark indexed = default;
        for (var round = 0; round < Rounds; round++)
        {
            disk.CutAtStep = disk.Steps + (round == 0 ? step : random.Next(1, 60));
            try
            {
                await writer.RunAsync(indexed);
            }
            catch (PowerCutException)
            {
                cuts++;
            }

            // A killed process loses nothing by itself, but what it left in the page cache is not durable either.
            if (random.Next(3) == 0)
            {
                disk.KillProcess();
            }
            else
            {
                disk.CutPower();
            }

            indexed = writer.SomeMark(random);
        }

        disk.CutPower();
        await writer.CheckAsync(indexed, $"seed {seed}, step {step}");
        return cuts;
    }

    /// <summary>Writes batches and large records and remembers what was acknowledged.</summary>
    private sealed class Writer(FaultyDisk disk, int seed)
    {
        private static readonly PackStoreOptions Options = new() { RollOverBytes = 64 * 1024 };
        private readonly Random _random = new(seed);
        private readonly List<(BlobLocation Location, byte[] Bytes)> _acknowledged = [];
        private readonly List<byte[]> _attempted = [];
        private readonly List<BlobMark> _marks = [default];

        /// <summary>What the index may know: any mark up to the last acknowledged one.</summary>
        public BlobMark SomeMark(Random random) => _marks[random.Next(_marks.Count)];

        public async Task RunAsync(BlobMark indexed)
        {
            await using var store = PackStore.Open(disk.Root.Folder("packs"), Options, TimeProvider.System, indexed);
            await NoteWhatIsThereAsync(store);
            for (var i = 0; i < 8; i++)
            {
                if (i % 4 == 2)
                {
                    await StreamAsync(store, commit: i == 2);
                }
                else
                {
                    await AppendAsync(store);
                }
            }
        }

        public async Task CheckAsync(BlobMark indexed, string where)
        {
            await using var store = PackStore.Open(disk.Root.Folder("packs"), Options, TimeProvider.System, indexed);
            var replayed = await store.ReplayAsync(default, CancellationToken.None).ToListAsync();
            Assert.All(replayed, entry => Assert.True(entry.Damage is null, $"{where}: {entry}"));
            Assert.Equal(
                _acknowledged.Select(one => one.Location),
                replayed
                    .Select(entry => entry.Location)
                    .Where(location => _acknowledged.Exists(one => one.Location == location))
            );
            foreach (var (location, bytes) in _acknowledged)
            {
                Assert.Equal(bytes, await ReadAsync(store, location));
            }

            await AppendAsync(store);
            var files = disk.Root.Folder("packs").List();
            Assert.DoesNotContain(files, name => name.EndsWith(".part", StringComparison.Ordinal));
        }

        /// <summary>
        /// What a replay gives counts as committed from now on, whether or not anybody had been told; it is one of the
        /// records that were attempted, whole.
        /// </summary>
        private async Task NoteWhatIsThereAsync(PackStore store)
        {
            await foreach (var entry in store.ReplayAsync(default, CancellationToken.None))
            {
                Assert.Null(entry.Damage);
                if (!_acknowledged.Exists(one => one.Location == entry.Location))
                {
                    var bytes = await ReadAsync(store, entry.Location);
                    Assert.Contains(_attempted, attempt => attempt.AsSpan().SequenceEqual(bytes));
                    _acknowledged.Add((entry.Location, bytes));
                    _marks.Add(entry.Next);
                }
            }
        }

        private async Task AppendAsync(PackStore store)
        {
            var records = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Attempt(9000)).ToArray();
            var locations = await store.AppendAsync(
                [.. records.Select(record => (ReadOnlyMemory<byte>)record)],
                CancellationToken.None
            );
            _acknowledged.AddRange(locations.Zip(records));
            _marks.Add(store.End);
        }

        private async Task StreamAsync(PackStore store, bool commit)
        {
            var record = Attempt(30_000);
            await using var stream = await store.BeginStreamAsync(CancellationToken.None);
            foreach (var piece in record.Chunk(7000))
            {
                await stream.WriteAsync(piece, CancellationToken.None);
            }

            await AppendAsync(store);
            await stream.FlushAsync(CancellationToken.None);
            await AppendAsync(store);
            if (commit)
            {
                _acknowledged.Add((await stream.CommitAsync(CancellationToken.None), record));
                _marks.Add(store.End);
            }
        }

        private byte[] Attempt(int lengthMax)
        {
            var bytes = new byte[_random.Next(1, lengthMax)];
            _random.NextBytes(bytes);
            _attempted.Add(bytes);
            return bytes;
        }

        private static async Task<byte[]> ReadAsync(PackStore store, BlobLocation location)
        {
            var bytes = new byte[location.Length];
            Assert.Equal(bytes.Length, await store.ReadAsync(location, 0, bytes, CancellationToken.None));
            return bytes;
        }
    }
}
