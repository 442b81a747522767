using Leadglass.Archive.Packs;
using Leadglass.Archive.Sqlite;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Tests;

/// <summary>An index file of an earlier hour, as a loss of power or a backup leaves it, catches up with the packs by itself.</summary>
public sealed class AgedIndexTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task AnOlderIndexFileCatchesUpWithThePacks()
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-aged-").FullName;
        var packs = Directory.CreateDirectory(Path.Combine(folder, "packs")).FullName;
        try
        {
            await using var blobs = PackStore.Open(
                DurableFolder.Open(packs),
                new PackStoreOptions { RollOverBytes = 64 * 1024 },
                TimeProvider.System
            );
            await using var index = await SqliteStudyIndex.OpenAsync(Path.Combine(folder, "index.db"), None);
            await using var archive = await TestArchive.StartAsync(blobs: blobs, index: index);
            List<string> copies = [];
            for (var i = 0; i < 24; i++)
            {
                await StepAsync(archive, i);
                if (i % 3 == 0)
                {
                    copies.Add(await CopyAsync(folder, i));
                }
            }

            var expected = await AnswersAsync(archive);
            Assert.True(expected.Count > 10);
            foreach (var copy in copies)
            {
                await using var aged = await SqliteStudyIndex.OpenAsync(copy, None);
                Assert.True(aged.Mark.CompareTo(blobs.End) < 0);
                await archive.RestartAsync(aged);
                Assert.Equal(blobs.End, aged.Mark);
                Assert.Equal(expected, await AnswersAsync(archive));
                await archive.RestartAsync(index);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task AnIndexThatKnowsMoreThanThePacksIsRefused()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        await archive.Index.ApplyAsync([], new BlobMark(9, 4096), None);
        var damaged = await Assert.ThrowsAsync<IndexDamagedException>(() => archive.RestartAsync());
        Assert.Contains("packs", damaged.Message, StringComparison.Ordinal);
    }

    private static async Task StepAsync(TestArchive archive, int step)
    {
        var study = $"1.9.{step % 3}";
        if (step % 8 == 7)
        {
            await archive.DeleteAsync("1.9.0", $"1.9.0.{step - 1}");
            await archive.DeleteAsync("1.9.2", $"1.9.2.{step - 2}");
        }

        await archive.StoreAsync(
            TestInstances.Ct(study, instance: $"{study}.{step}", patientId: step % 5 == 4 ? "TEST-2" : "TEST-1")
        );
    }

    /// <summary>What the file would be if the machine stopped now.</summary>
    private static async Task<string> CopyAsync(string folder, int step)
    {
        var copy = Path.Combine(folder, $"aged-{step}.db");
        await using var source = new SqliteConnection(
            $"Data Source={Path.Combine(folder, "index.db")};Mode=ReadOnly;Pooling=False"
        );
        await using var target = new SqliteConnection($"Data Source={copy};Pooling=False");
        await source.OpenAsync();
        await target.OpenAsync();
        source.BackupDatabase(target);
        return copy;
    }

    private static async Task<List<string>> AnswersAsync(TestArchive archive)
    {
        var keys = TestInstances.Keys(
            "IMAGE",
            (DicomTag.SOPInstanceUID, ""),
            (DicomTag.NumberOfStudyRelatedInstances, ""),
            (DicomTag.PatientID, "")
        );
        var found = await archive.FindAsync(keys, relational: true);
        return
        [
            .. found.Select(one =>
                string.Join('|', one.Select(element => string.Join('\\', one.GetStrings(element.Tag))))
            ),
            .. (await archive.QuarantinedAsync()).Select(one => $"{one.Reason} {one.SopInstance.Value}"),
        ];
    }
}
