namespace Leadglass.Contract;

/// <summary>What every <see cref="IBlobStore"/> does. An adapter's tests derive from it.</summary>
public abstract class BlobStoreContract
{
    /// <summary>A new, empty store.</summary>
    protected abstract Task<IBlobStore> CreateAsync();

    /// <summary>Closes the store and opens it again on what is on its disk; null where there is none.</summary>
    protected abstract Task<IBlobStore?> ReopenAsync(IBlobStore store);

    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task EveryRecordOfABatchIsReadBackFromItsOwnPlace()
    {
        await using var store = await CreateAsync();
        byte[][] records = [Bytes(1, 10), Bytes(2, 70_000), Bytes(3, 1)];

        var locations = await store.AppendAsync(Memories(records), None);

        Assert.Equal(records.Length, locations.Count);
        for (var i = 0; i < records.Length; i++)
        {
            Assert.Equal(records[i].Length, locations[i].Length);
            Assert.Equal(records[i], await ReadAsync(store, locations[i]));
        }
    }

    [Fact]
    public async Task APartOfARecordIsReadWithoutTheRest()
    {
        await using var store = await CreateAsync();
        var record = Bytes(4, 200_000);
        var location = Assert.Single(await store.AppendAsync(Memories(record), None));

        var part = new byte[1000];
        Assert.Equal(1000, await store.ReadAsync(location, 150_000, part, None));
        Assert.Equal(record[150_000..151_000], part);
        Assert.Equal(10, await store.ReadAsync(location, record.Length - 10, part, None));
        Assert.Equal(0, await store.ReadAsync(location, record.Length, part, None));
    }

    [Fact]
    public async Task AReplayGivesEveryRecordInTheOrderOfCommitsAndGoesOnFromAnyMark()
    {
        await using var store = await CreateAsync();
        await using var early = await store.BeginStreamAsync(None);
        await early.WriteAsync(Bytes(9, 100_000), None);
        var first = await store.AppendAsync(Memories(Bytes(1, 5), Bytes(2, 6)), None);
        await early.FlushAsync(None);
        var streamed = await early.CommitAsync(None);
        var last = await store.AppendAsync(Memories(Bytes(3, 7)), None);

        BlobLocation[] expected = [.. first, streamed, .. last];
        var entries = await store.ReplayAsync(default, None).ToListAsync(None);
        Assert.Equal(expected, entries.Select(entry => entry.Location));
        Assert.All(entries, entry => Assert.Null(entry.Damage));
        for (var i = 0; i < entries.Count; i++)
        {
            var rest = await store.ReplayAsync(entries[i].Next, None).ToListAsync(None);
            Assert.Equal(expected[(i + 1)..], rest.Select(entry => entry.Location));
        }

        Assert.Empty(await store.ReplayAsync(store.End, None).ToListAsync(None));
    }

    [Fact]
    public async Task AStreamedRecordComesBackWholeAndOneWithoutCommitLeavesNothing()
    {
        await using var store = await CreateAsync();
        var record = Bytes(5, 3_000_000);
        await using var stream = await store.BeginStreamAsync(None);
        await using (var abandoned = await store.BeginStreamAsync(None))
        {
            await abandoned.WriteAsync(Bytes(6, 100_000), None);
        }

        foreach (var part in record.Chunk(123_457))
        {
            await stream.WriteAsync(part, None);
        }

        Assert.Equal(record.Length, stream.Length);
        var location = await stream.CommitAsync(None);
        Assert.Equal(record, await ReadAsync(store, location));
        Assert.Equal(location, Assert.Single(await store.ReplayAsync(default, None).ToListAsync(None)).Location);
    }

    [Fact]
    public async Task EverythingCommittedIsThereAfterOpeningAgain()
    {
        var store = await CreateAsync();
        var small = await store.AppendAsync(Memories(Bytes(1, 500), Bytes(2, 80_000)), None);
        BlobLocation large;
        await using (var stream = await store.BeginStreamAsync(None))
        {
            await stream.WriteAsync(Bytes(3, 900_000), None);
            large = await stream.CommitAsync(None);
        }

        var end = store.End;
        if (await ReopenAsync(store) is not { } reopened)
        {
            return;
        }

        await using (reopened)
        {
            Assert.Equal(end, reopened.End);
            Assert.Equal(Bytes(2, 80_000), await ReadAsync(reopened, small[1]));
            Assert.Equal(Bytes(3, 900_000), await ReadAsync(reopened, large));
            var later = await reopened.AppendAsync(Memories(Bytes(4, 10)), None);
            Assert.Equal(
                [.. small, large, .. later],
                await reopened.ReplayAsync(default, None).Select(entry => entry.Location).ToListAsync(None)
            );
        }
    }

    [Fact]
    public async Task AMissingRecordIsDamage()
    {
        await using var store = await CreateAsync();
        await Assert.ThrowsAsync<BlobDamagedException>(async () =>
            await store.ReadAsync(new BlobLocation(77, 4096, 100), 0, new byte[10], None)
        );
    }

    /// <summary>Repeatable bytes.</summary>
    protected static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A batch.</summary>
    protected static IReadOnlyList<ReadOnlyMemory<byte>> Memories(params byte[][] records) =>
        [.. records.Select(record => (ReadOnlyMemory<byte>)record)];

    /// <summary>A whole record.</summary>
    protected static async Task<byte[]> ReadAsync(IBlobStore store, BlobLocation location)
    {
        var bytes = new byte[location.Length];
        Assert.Equal(bytes.Length, await store.ReadAsync(location, 0, bytes, None));
        return bytes;
    }
}
