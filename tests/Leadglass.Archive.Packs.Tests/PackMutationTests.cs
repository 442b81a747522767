using CsCheck;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Packs.Tests;

/// <summary>Packs that somebody or something changed: nothing crashes, and what is called sound is what was stored.</summary>
public sealed class PackMutationTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public Task ChangedPacksAreReadAsFarAsTheyAreSoundAndNoFurther() =>
        Gen.Select(Gen.Int[1, 12].Array[1, 6], Gen.Int[0, int.MaxValue])
            .SampleAsync((changes, seed) => CheckAsync(changes, seed), iter: 150, threads: 1);

    [Fact]
    public async Task ManyMorePacksThanOpenFilesAreReadByManyAtOnce()
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-many-");
        try
        {
            var options = new PackStoreOptions { RollOverBytes = 64 * 1024 };
            await using var store = PackStore.Open(DurableFolder.Open(folder.FullName), options, TimeProvider.System);
            var stored = new List<(BlobLocation Location, byte[] Bytes)>();
            for (var i = 0; i < 300; i++)
            {
                var bytes = Bytes(i, 33_000);
                stored.Add((Assert.Single(await store.AppendAsync([bytes], None)), bytes));
            }

            Assert.Equal(300, stored.Select(one => one.Location.Pack).Distinct().Count());
            await Parallel.ForAsync(
                0,
                2000,
                new ParallelOptions { MaxDegreeOfParallelism = 8 },
                async (i, cancellationToken) =>
                {
                    var (location, bytes) = stored[i * 7919 % stored.Count];
                    var read = new byte[bytes.Length];
                    await store.ReadAsync(location, 0, read, cancellationToken);
                    Assert.Equal(bytes, read);
                }
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task CheckAsync(int[] changes, int seed)
    {
        var disk = new FaultyDisk(seed);
        var stored = await StoreAsync(disk);
        var random = new Random(seed);
        foreach (var change in changes)
        {
            Change(disk, random, change);
        }

        foreach (var isReader in (bool[])[true, false])
        {
            await using var store = isReader
                ? PackStore.OpenReadOnly(disk.Root)
                : PackStore.Open(disk.Root, new PackStoreOptions(), TimeProvider.System);
            await foreach (var entry in store.ReplayAsync(default, None))
            {
                if (entry.Damage is null)
                {
                    var bytes = new byte[entry.Location.Length];
                    await store.ReadAsync(entry.Location, 0, bytes, None);
                    Assert.True(stored.Exists(one => one.AsSpan().SequenceEqual(bytes)), "called sound, never stored");
                }
            }

            if (!isReader)
            {
                var last = Assert.Single(await store.AppendAsync([Bytes(99, 500)], None));
                Assert.Equal(last, (await store.ReplayAsync(default, None).LastAsync()).Location);
            }
        }
    }

    private static async Task<List<byte[]>> StoreAsync(FaultyDisk disk)
    {
        var options = new PackStoreOptions { RollOverBytes = 64 * 1024 };
        await using var store = PackStore.Open(disk.Root, options, TimeProvider.System);
        var stored = new List<byte[]>();
        for (var i = 0; i < 8; i++)
        {
            stored.Add(Bytes(i, 5000 * (i + 1)));
            if (i == 4)
            {
                await using var stream = await store.BeginStreamAsync(None);
                await stream.WriteAsync(stored[^1], None);
                await stream.CommitAsync(None);
            }
            else
            {
                await store.AppendAsync([stored[^1], stored[0]], None);
            }
        }

        return stored;
    }

    /// <summary>Bits, stretches of zeros, stretches from elsewhere, cuts, extensions, missing and exchanged files.</summary>
    private static void Change(FaultyDisk disk, Random random, int change)
    {
        var names = disk.Root.List();
        if (names.Count == 0)
        {
            return;
        }

        var name = names[random.Next(names.Count)];
        if (change == 12)
        {
            disk.Root.Rename(name, names[random.Next(names.Count)]);
            return;
        }

        using var file = disk.Root.Open(name, FileAccess.ReadWrite);
        var offset = random.NextInt64(Math.Max(1, file.Length));
        switch (change)
        {
            case <= 5:
                var one = new byte[1];
                file.Read(offset, one);
                one[0] ^= (byte)(1 << random.Next(8));
                file.Write(offset, one);
                break;
            case 6 or 7:
                file.Write(offset / 4096 * 4096, new byte[4096]);
                break;
            case 8 or 9:
                var piece = new byte[4096 * random.Next(1, 4)];
                file.Read(offset / 4096 * 4096, piece);
                file.Write(random.NextInt64(Math.Max(1, file.Length)) / 4096 * 4096, piece);
                break;
            case 10:
                file.Truncate(offset);
                break;
            case 11:
                file.Write(file.Length, Bytes(random.Next(), random.Next(1, 20_000)));
                break;
        }
    }

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
