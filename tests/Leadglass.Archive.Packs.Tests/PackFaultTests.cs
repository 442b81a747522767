using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Packs.Tests;

/// <summary>A full disk, a failing disk, rot and missing files: nothing false is said, nothing sound is cut.</summary>
public sealed class PackFaultTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly PackStoreOptions Small = new() { RollOverBytes = 64 * 1024 };
    private readonly FaultyDisk _disk = new(seed: 7);

    [Fact]
    public async Task AFullDiskRefusesTheBatchKeepsReadingAndRecoversByItself()
    {
        await using var store = Open(new PackStoreOptions { ReserveBytes = 0 });
        var first = await AppendAsync(store, Bytes(1, 20_000));
        _disk.CapacityBytes = 60_000;

        await Assert.ThrowsAsync<BlobStoreFullException>(() => AppendAsync(store, Bytes(2, 50_000)));
        Assert.Equal(Bytes(1, 20_000), await ReadAsync(store, first));
        Assert.Equal([first], await LocationsAsync(store));

        _disk.CapacityBytes = long.MaxValue;
        var second = await AppendAsync(store, Bytes(3, 50_000));
        Assert.Equal([first, second], await LocationsAsync(store));
    }

    [Theory]
    [InlineData("write")]
    [InlineData("create")]
    public async Task RunningFullInTheMiddleLeavesNoPartOfTheBatch(string operation)
    {
        await using var store = Open(Small);
        var first = await AppendAsync(store, Bytes(1, 20_000));
        for (var failing = 1; failing <= 3; failing++)
        {
            var countdown = failing;
            _disk.Fault = (_, what) => what == operation && --countdown == 0 ? Errnos.NoSpace : null;
            if (operation == "write" || failing == 1)
            {
                await Assert.ThrowsAsync<BlobStoreFullException>(() => AppendAsync(store, Bytes(2, 60_000)));
            }
        }

        _disk.Fault = (_, _) => null;
        var last = await AppendAsync(store, Bytes(3, 100));
        var locations = await LocationsAsync(store);
        Assert.Equal(first, locations[0]);
        Assert.Equal(last, locations[^1]);
        await using var again = PackStore.OpenReadOnly(_disk.Root);
        Assert.Equal(locations, await LocationsAsync(again));
    }

    [Fact]
    public async Task RoomForReadingIsLeftOnTheVolume()
    {
        _disk.CapacityBytes = 16_000_000;
        await using var store = Open(new PackStoreOptions { ReserveBytes = 64 << 20 });
        var refused = await Assert.ThrowsAsync<BlobStoreFullException>(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await AppendAsync(store, Bytes(i, 1_000_000));
            }
        });
        Assert.Contains("free some room", refused.Message, StringComparison.Ordinal);
        Assert.InRange(_disk.Root.Space.AvailableBytes, 1_000_000, 2_100_000);
    }

    [Theory]
    [InlineData("fdatasync", Errnos.InputOutput)]
    [InlineData("fdatasync", Errnos.NoSpace)]
    [InlineData("write", Errnos.InputOutput)]
    public async Task AfterAFailedFlushNothingMoreIsAcknowledgedAndReadingGoesOn(string operation, int errno)
    {
        var store = Open(Small);
        var first = await AppendAsync(store, Bytes(1, 5000));
        _disk.Fault = (_, what) => what == operation ? errno : null;
        await Assert.ThrowsAsync<BlobStorePoisonedException>(() => AppendAsync(store, Bytes(2, 5000)));

        _disk.Fault = (_, _) => null;
        await Assert.ThrowsAsync<BlobStorePoisonedException>(() => AppendAsync(store, Bytes(3, 5000)));
        await Assert.ThrowsAsync<BlobStorePoisonedException>(async () => await store.BeginStreamAsync(None));
        Assert.Equal(Bytes(1, 5000), await ReadAsync(store, first));
        await store.DisposeAsync();

        await using var reopened = Open(Small);
        var fourth = await AppendAsync(reopened, Bytes(4, 5000));
        var locations = await LocationsAsync(reopened);
        Assert.Equal(first, locations[0]);
        Assert.Equal(fourth, locations[^1]);
    }

    [Fact]
    public async Task RotBeforeAValidBatchIsReportedAndNeverCut()
    {
        await using (var store = Open(Small))
        {
            var locations = new List<BlobLocation>();
            for (var i = 0; i < 4; i++)
            {
                locations.Add(await AppendAsync(store, Bytes(i, 5000)));
            }

            // One bit in the second record's ciphertext, one in the third's commit record.
            _disk.Rot("00000001.pack", locations[1].Offset + 777, 0x10);
            _disk.Rot("00000001.pack", locations[2].Offset - 50, 0x01);
        }

        await using var reopened = Open(Small);
        var fifth = await AppendAsync(reopened, Bytes(5, 100));
        var entries = await reopened.ReplayAsync(default, None).ToListAsync();
        Assert.Equal(5, entries.Count);
        Assert.Equal([false, true, true, false, false], entries.Select(entry => entry.Damage is not null));
        Assert.Equal(Bytes(3, 5000), await ReadAsync(reopened, entries[3].Location));
        Assert.Equal(fifth, entries[4].Location);
        var rest = await reopened.ReplayAsync(entries[2].Next, None).ToListAsync();
        Assert.Equal(entries[3..], rest);
    }

    [Fact]
    public async Task ATailTheIndexKnowsIsNotCutEvenWhenItLooksTorn()
    {
        BlobMark indexed;
        await using (var store = Open(Small))
        {
            await AppendAsync(store, Bytes(1, 5000));
            var last = await AppendAsync(store, Bytes(2, 5000));
            indexed = store.End;
            _disk.Rot("00000001.pack", last.Offset + 3, 0x40);
        }

        await using var reopened = Open(Small, indexed);
        using (var file = _disk.Root.Open("00000001.pack", FileAccess.Read))
        {
            Assert.Equal(indexed.Offset, file.Length);
        }

        var third = await AppendAsync(reopened, Bytes(3, 5000));
        Assert.True(third.Pack > indexed.Pack);
        var entries = await reopened.ReplayAsync(default, None).ToListAsync();
        Assert.Equal([false, true, false], entries.Select(entry => entry.Damage is not null));
    }

    [Theory]
    [InlineData("record")]
    [InlineData("commit record")]
    [InlineData("pack header")]
    public async Task ReaderAndWriterSeeTheWholeTailThatTheIndexKnows(string rotten)
    {
        BlobMark indexed;
        await using (var store = Open(Small))
        {
            var locations = await store.AppendAsync([Bytes(1, 5000), Bytes(2, 5000)], None);
            indexed = store.End;
            var offset = rotten switch
            {
                "record" => locations[1].Offset,
                "commit record" => locations[0].Offset - 50,
                _ => 9,
            };
            _disk.Rot("00000001.pack", offset, 0x40);
        }

        await using (var reader = PackStore.OpenReadOnly(_disk.Root, indexed: indexed))
        {
            await CheckTailAsync(reader, indexed, isRecordLost: rotten == "record");
        }

        await using var reopened = Open(Small, indexed);
        await CheckTailAsync(reopened, indexed, isRecordLost: rotten == "record");
    }

    [Fact]
    public async Task PacksOlderThanTheirIndexDoNotPassForDamagedOnes()
    {
        BlobMark indexed;
        await using (var store = Open(Small))
        {
            await AppendAsync(store, Bytes(1, 5000));
            indexed = store.End;
        }

        await using var reopened = Open(Small, indexed with { Offset = indexed.Offset + 8192 });
        Assert.Equal(indexed, reopened.End);
    }

    [Fact]
    public async Task AMarkInABatchThatIsGonePassesOverNoOtherRecords()
    {
        BlobMark middle;
        await using (var store = Open(Small))
        {
            var first = await store.AppendAsync([Bytes(1, 500), Bytes(2, 500), Bytes(3, 500)], None);
            middle = (await store.ReplayAsync(default, None).ToListAsync())[1].Next;
            await store.AppendAsync([Bytes(4, 500), Bytes(5, 500)], None);
            _disk.Rot("00000001.pack", first[0].Offset - 50, 0x01);
        }

        await using var reopened = Open(Small, middle);
        var entries = await reopened.ReplayAsync(middle, None).ToListAsync();
        Assert.Equal([true, false, false], entries.Select(entry => entry.Damage is not null));
    }

    [Fact]
    public async Task AMarkAfterACutThatHitsNoBlockPassesOverNoRecords()
    {
        BlobMark indexed;
        await using (var store = Open(Small))
        {
            await AppendAsync(store, Bytes(1, 500));
            await AppendAsync(store, Bytes(2, 9000));
            indexed = store.End;
        }

        using (var file = _disk.Root.Open("00000001.pack", FileAccess.ReadWrite))
        {
            file.Truncate(file.Length - 5000);
        }

        BlobMark mark;
        await using (var reader = PackStore.OpenReadOnly(_disk.Root, indexed: indexed))
        {
            var last = await reader.ReplayAsync(default, None).LastAsync();
            Assert.NotNull(last.Damage);
            mark = last.Next;
            Assert.Equal(reader.End, mark);
        }

        await using var reopened = Open(Small, mark);
        Assert.Equal(mark, reopened.End);
        var third = await AppendAsync(reopened, Bytes(3, 500));
        var rest = Assert.Single(await reopened.ReplayAsync(mark, None).ToListAsync());
        Assert.Equal((third, null), (rest.Location, rest.Damage));
    }

    [Fact]
    public async Task AMissingOrShortenedPackIsReported()
    {
        var locations = new List<BlobLocation>();
        await using (var store = Open(Small))
        {
            for (var i = 0; i < 8; i++)
            {
                locations.Add(await AppendAsync(store, Bytes(i, 30_000)));
            }
        }

        Assert.InRange(locations[^1].Pack, 3, 8);
        _disk.Root.Delete("00000002.pack");
        using (var file = _disk.Root.Open("00000001.pack", FileAccess.ReadWrite))
        {
            file.Truncate(file.Length - 4096);
        }

        await using var reopened = Open(Small);
        var entries = await reopened.ReplayAsync(default, None).ToListAsync();
        Assert.Contains(entries, entry => entry.Damage is not null && entry.Location.Pack == 1);
        Assert.Contains(entries, entry => entry.Damage?.Contains("missing", StringComparison.Ordinal) == true);
        Assert.Equal(
            locations.Where(location => location.Pack > 2),
            entries.Where(entry => entry.Damage is null && entry.Location.Pack > 2).Select(entry => entry.Location)
        );
        await Assert.ThrowsAsync<BlobDamagedException>(() => ReadAsync(reopened, locations.Find(one => one.Pack == 2)));
    }

    [Fact]
    public async Task AReaderBesideTheWriterSeesWhatIsCommitted()
    {
        await using var store = Open(Small);
        var first = await AppendAsync(store, Bytes(1, 5000));
        await using var stream = await store.BeginStreamAsync(None);
        await stream.WriteAsync(Bytes(2, 10_000), None);
        await using (var reader = PackStore.OpenReadOnly(_disk.Root))
        {
            Assert.Equal([first], await LocationsAsync(reader));
            await Assert.ThrowsAsync<InvalidOperationException>(() => AppendAsync(reader, Bytes(3, 1)));
        }

        var large = await stream.CommitAsync(None);
        await using var later = PackStore.OpenReadOnly(_disk.Root);
        Assert.Equal([first, large], await LocationsAsync(later));
    }

    [Fact]
    public async Task WhatAReaderBuildsOnIsDurableFirst()
    {
        await using (var store = Open(Small))
        {
            await AppendAsync(store, Bytes(1, 5000));
            _disk.CutAtStep = _disk.Steps + 2;
            await Assert.ThrowsAsync<PowerCutException>(() => AppendAsync(store, Bytes(2, 5000)));
        }

        // Killed after the write and before the flush: the batch lies in the page cache only.
        _disk.KillProcess();
        BlobMark built;
        await using (var reader = PackStore.OpenReadOnly(_disk.Root, flushesFirst: true))
        {
            Assert.Equal(2, (await LocationsAsync(reader)).Count);
            built = reader.End;
        }

        _disk.CutPower();
        await using var reopened = Open(Small);
        Assert.Equal(built, reopened.End);
    }

    [Fact]
    public async Task LargeRecordsWithoutACommitRecordAreRemovedAtTheNextStart()
    {
        await using (var store = Open(Small))
        {
            await AppendAsync(store, Bytes(1, 5000));
            var stream = await store.BeginStreamAsync(None);
            await stream.WriteAsync(Bytes(2, 10_000), None);
            await stream.FlushAsync(None);
        }

        _disk.KillProcess();
        Assert.Contains("00000002.part", _disk.Root.List());
        await using var reopened = Open(Small);
        Assert.Equal(["00000001.pack"], _disk.Root.List());
    }

    private PackStore Open(PackStoreOptions options, BlobMark indexed = default) =>
        PackStore.Open(_disk.Root, options, TimeProvider.System, indexed);

    private static async Task<BlobLocation> AppendAsync(PackStore store, byte[] record) =>
        Assert.Single(await store.AppendAsync([record], None));

    /// <summary>Two records up to the mark: the second is rotten, or the batch cannot be told, or both are sound.</summary>
    private static async Task CheckTailAsync(PackStore store, BlobMark indexed, bool isRecordLost)
    {
        Assert.Equal(indexed, store.End);
        var entries = await store.ReplayAsync(default, None).ToListAsync();
        Assert.Single(entries, entry => entry.Damage is not null);
        Assert.Equal(indexed, entries[^1].Next);
        if (isRecordLost)
        {
            Assert.Equal([false, true], entries.Select(entry => entry.Damage is not null));
            Assert.Equal(Bytes(1, 5000), await ReadAsync(store, entries[0].Location));
        }
    }

    private static async Task<List<BlobLocation>> LocationsAsync(PackStore store)
    {
        var entries = await store.ReplayAsync(default, None).ToListAsync();
        Assert.All(entries, entry => Assert.Null(entry.Damage));
        return entries.ConvertAll(entry => entry.Location);
    }

    private static async Task<byte[]> ReadAsync(PackStore store, BlobLocation location)
    {
        var bytes = new byte[location.Length];
        Assert.Equal(bytes.Length, await store.ReadAsync(location, 0, bytes, None));
        return bytes;
    }

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
