using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Leadglass.IndependentReader;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Packs.Tests;

/// <summary>
/// Invariant 4 and docs/storage-format.md: a reader written from the text alone opens everything with the key and nothing
/// without, and the disk shows nothing of what is stored.
/// </summary>
public sealed class IndependentReaderTests : IDisposable
{
    private const string Canary = "Canary^Carla";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("leadglass-format-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task TheReaderSharesNoCodeAndReadsEverythingWithTheKeyAndNothingWithout()
    {
        var project = Path.Combine(SharedData.CheckoutRoot, "tests", "Leadglass.IndependentReader");
        var references = XDocument.Load(Path.Combine(project, "Leadglass.IndependentReader.csproj"));
        Assert.Empty(references.Descendants("ProjectReference").Concat(references.Descendants("PackageReference")));

        var (data, keys) = (Sub("data"), Sub("keys"));
        var stored = await StoreAsync(data, keys);

        var opened = PacksReader
            .ReadRecords(data)
            .Select(record => RecordReader.Open(record, new KeysReader(keys, data)));
        var tokens = new KeysReader(keys, data);
        Assert.Equal(
            stored.Select(one =>
                (Convert.ToHexString(tokens.Token("instance", one.Uid)), Convert.ToHexString(one.Pixels))
            ),
            opened.Select(record => (Convert.ToHexString(record.Instance), Convert.ToHexString(record.Runs[2])))
        );
        Assert.All(opened, record => Assert.Equal(Canary, Encoding.ASCII.GetString(record.Runs[1])));

        var sealedRecords = PacksReader.ReadRecords(data).ToList();
        Assert.All(
            sealedRecords,
            record =>
                Assert.Throws<InvalidDataException>(() =>
                    RecordReader.Open(record, new KeysReader(new byte[32], Sub("none")))
                )
        );
        Assert.Throws<InvalidDataException>(() => new KeysReader(new byte[32], data));
    }

    [Fact]
    public async Task TheDiskShowsNothingAndDoesNotCompress()
    {
        var data = Sub("data");
        await StoreAsync(data, Sub("keys"));
        foreach (var file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file, None);
            foreach (var encoding in (Encoding[])[Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode])
            {
                Assert.Equal(-1, bytes.AsSpan().IndexOf(encoding.GetBytes("Canary")));
                Assert.Equal(-1, bytes.AsSpan().IndexOf(encoding.GetBytes("1.2.826.0.1")));
            }

            if (file.Contains("/packs/", StringComparison.Ordinal))
            {
                using var packed = new MemoryStream();
                await using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true))
                {
                    await brotli.WriteAsync(bytes, None);
                }

                Assert.True(packed.Length > bytes.Length * 0.98, $"{bytes.Length} bytes pack to {packed.Length}");
            }
        }
    }

    [Fact]
    public async Task TheRecoveryKeyOpensTheArchiveWithoutTheKeysFolder()
    {
        var (data, keys) = (Sub("data"), Sub("keys"));
        await StoreAsync(data, keys);
        using var recovery = RecoveryKey.Create();
        var state = DurableFolder.Open(Path.Combine(data, "state"));
        using (var master = MasterKeyFile.Read(DurableFolder.Open(keys)))
        {
            recovery.Wrap(state, master!);
        }

        var fresh = Sub("fresh");
        using (var typed = RecoveryKey.TryParse(recovery.Reveal()))
        using (var master = typed!.Unwrap(state))
        {
            MasterKeyFile.Write(DurableFolder.Open(fresh), master);
        }

        var reader = new KeysReader(fresh, data);
        Assert.All(PacksReader.ReadRecords(data), record => RecordReader.Open(record, reader));
    }

    /// <summary>Stores some instances of a few studies, one of them large, and tells what they are.</summary>
    private static async Task<List<(string Uid, byte[] Pixels)>> StoreAsync(string data, string keys)
    {
        using var master = MasterKey.Create();
        MasterKeyFile.Write(DurableFolder.Open(keys), master);
        using var ring = KeyRing.Open(DurableFolder.Open(data).Folder("state").Folder("keyring"), master);
        using var tokens = new Tokenizer(master, "instance");
        await using var store = PackStore.Open(
            DurableFolder.Open(data).Folder("packs"),
            new PackStoreOptions { RollOverBytes = 1 << 20 },
            TimeProvider.System
        );
        var stored = new List<(string, byte[])>();
        for (var study = 0; study < 3; study++)
        {
            var key = ring.TakeFresh();
            for (var i = 0; i < 4; i++)
            {
                var uid = $"1.2.826.0.1.{study}.{i}";
                var pixels = new byte[RandomNumberGenerator.GetInt32(1, 400_000)];
                stored.Add((uid, pixels));
                var record = Seal(key, tokens.Compute(uid), pixels);
                if (i == 2)
                {
                    await using var stream = await store.BeginStreamAsync(None);
                    await stream.WriteAsync(record, None);
                    await stream.CommitAsync(None);
                }
                else
                {
                    await store.AppendAsync([record], None);
                }
            }
        }

        return stored;
    }

    private static ReadOnlyMemory<byte> Seal(DataKey key, Token instance, byte[] pixels)
    {
        var output = new ArrayBufferWriter<byte>();
        using var sealer = new RecordSealer(key, instance, output);
        sealer.Write(RecordRun.Attributes, Encoding.ASCII.GetBytes(Canary));
        sealer.Write(RecordRun.PixelData, pixels);
        sealer.Write(RecordRun.Descriptor, "{}"u8);
        sealer.Complete();
        return output.WrittenMemory;
    }

    private string Sub(string name) => _folder.CreateSubdirectory(name).FullName;
}
