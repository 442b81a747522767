using System.Buffers.Binary;
using System.Text.Json;
using Leadglass.Archive.Packs;
using Leadglass.Dicom;
using Leadglass.IndependentReader;
using Leadglass.Sealing;

namespace Leadglass.Archive.Tests;

/// <summary>docs/storage-format.md, "Instances": the reader written from the text finds each data set as it came.</summary>
public sealed class StorageFormatTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("leadglass-instances-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task EveryStoredDataSetIsReadFromThePacksAlone()
    {
        var data = DurableFolder.Open(_folder.FullName);
        await using var packs = PackStore.Open(data.Folder("packs"), new PackStoreOptions(), TimeProvider.System);
        await using var archive = await TestArchive.StartAsync(
            new ArchiveOptions { BufferedInstanceBytesMax = 1 << 20 },
            packs,
            keyring: data.Folder("state").Folder("keyring")
        );
        MasterKeyFile.Write(data.Folder("keys"), archive.Master);
        var expected = new Dictionary<string, (string Syntax, byte[] DataSet)>();
        foreach (var (syntax, pixelBytes) in Cases)
        {
            var sent = TestInstances.Ct(instance: $"1.2.826.0.1.{expected.Count + 1}", pixelBytes: pixelBytes);
            if (syntax.IsEncapsulated)
            {
                sent = TestInstances.Compressed(sent);
            }

            await archive.StoreAsync(sent, syntax);
            var uid = sent.GetString(DicomTag.SOPInstanceUID)!;
            expected.Add(uid, (syntax.Uid, DataSetWriter.ToBytes(sent, syntax).ToArray()));
        }

        var keys = new KeysReader(Path.Combine(_folder.FullName, "keys"), _folder.FullName);
        var records = PacksReader.ReadRecords(_folder.FullName).Select(one => RecordReader.Open(one, keys)).ToList();
        Assert.Equal(expected.Count, records.Count);
        foreach (var record in records)
        {
            using var descriptor = JsonDocument.Parse(record.Runs[0]);
            var uid = descriptor.RootElement.GetProperty("sopInstance").GetString()!;
            Assert.Equal("instance", descriptor.RootElement.GetProperty("kind").GetString());
            Assert.Equal(expected[uid].Syntax, descriptor.RootElement.GetProperty("transferSyntax").GetString());
            Assert.Equal(keys.Token("instance", uid), record.Instance);
            byte[] dataSet = [.. record.Runs[1], .. record.Runs.GetValueOrDefault(2, [])];
            Assert.Equal(expected[uid].DataSet, dataSet);
        }
    }

    [Fact]
    public async Task FragmentsAndDecisionsAreReadFromThePacksAlone()
    {
        var data = DurableFolder.Open(_folder.FullName);
        await using var packs = PackStore.Open(data.Folder("packs"), new PackStoreOptions(), TimeProvider.System);
        await using var archive = await TestArchive.StartAsync(
            blobs: packs,
            keyring: data.Folder("state").Folder("keyring")
        );
        MasterKeyFile.Write(data.Folder("keys"), archive.Master);
        var sent = TestInstances.Compressed(TestInstances.Ct(instance: "1.2.3.1"));
        await archive.StoreAsync(sent, TransferSyntax.Find("1.2.840.10008.1.2.4.50")!);
        await archive.RejectAsync("1.2.826.0.1.1");
        await archive.RestoreAsync("1.2.826.0.1.1");
        await archive.AssignAsync("1.2.826.0.1.1", "TEST-9");
        await archive.DeleteAsync("1.2.826.0.1.1");

        var keys = new KeysReader(Path.Combine(_folder.FullName, "keys"), _folder.FullName);
        var records = PacksReader.ReadRecords(_folder.FullName).Select(one => RecordReader.Open(one, keys)).ToList();
        Assert.Equal(5, records.Count);
        Assert.All(records, record => Assert.Equal(records[0].KeyId, record.KeyId));
        var fragments = ((FragmentsElement)sent.Find(DicomTag.PixelData)!).Fragments;
        var table = records[0].Runs[3].AsSpan();
        Assert.Equal(12 * fragments.Count, table.Length);
        for (var i = 0; i < fragments.Count; i++)
        {
            var offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(table[(12 * i)..]);
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(table[((12 * i) + 8)..]);
            Assert.Equal(fragments[i].ToArray(), records[0].Runs[2].AsSpan(offset, length).ToArray());
        }

        List<JsonElement> decisions = [];
        foreach (var record in records.Skip(1))
        {
            using var descriptor = JsonDocument.Parse(record.Runs[0]);
            var root = descriptor.RootElement;
            Assert.Equal(
                (2, "decision"),
                (root.GetProperty("version").GetInt32(), root.GetProperty("kind").GetString())
            );
            Assert.Equal("1.2.826.0.1.1", root.GetProperty("study").GetString());
            decisions.Add(root.GetProperty("decision").Clone());
        }

        Assert.Equal("113001", decisions[0].GetProperty("rejects").GetProperty("code").GetString());
        foreach (
            var named in (JsonElement[])
                [decisions[0].GetProperty("rejects").GetProperty("instances"), decisions[1].GetProperty("restores")]
        )
        {
            var one = Assert.Single(named.EnumerateArray());
            Assert.Equal("1.2.3.1", one.GetProperty("instance").GetString());
            Assert.Equal("1.2.826.0.1.1.1", one.GetProperty("series").GetString());
        }

        Assert.Equal("TEST-9", decisions[2].GetProperty("corrects").GetProperty("patientId").GetString());
        Assert.Empty(decisions[3].GetProperty("deletes").EnumerateArray());
    }

    private static (TransferSyntax Syntax, int PixelBytes)[] Cases =>
        [
            (TransferSyntax.ImplicitVrLittleEndian, 512),
            (TransferSyntax.ExplicitVrLittleEndian, 300_000),
            (TransferSyntax.ExplicitVrLittleEndian, 3_000_000),
            (TransferSyntax.ExplicitVrBigEndian, 512),
            (TransferSyntax.DeflatedExplicitVrLittleEndian, 100_000),
            (TransferSyntax.Find("1.2.840.10008.1.2.4.50")!, 512),
        ];
}
