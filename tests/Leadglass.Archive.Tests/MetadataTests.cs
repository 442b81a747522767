using System.Text.Json;
using Leadglass.Access;
using Leadglass.Archive.Sqlite;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>The metadata of a series lies ready, says what the instances say, and never what they no longer say.</summary>
public sealed class MetadataTests
{
    private const string Study = "1.2.826.0.1.1";
    private const string Series = Study + ".1";
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task MetadataSaysWhatTheInstancesSayWithLongValuesByTheirPath()
    {
        await using var archive = await TestArchive.StartAsync();
        var inner = new DataSet();
        inner.SetBytes(DicomTag.WaveformData, ValueRepresentation.OW, new byte[5000]);
        var image = TestInstances.Ct(
            instance: "1.2.3.1",
            name: "Größe^Anna",
            change: one =>
            {
                one.SetBytes(DicomTag.EncapsulatedDocument, ValueRepresentation.OB, new byte[2 << 20]);
                one.SetBytes(DicomTag.RedPaletteColorLookupTableData, ValueRepresentation.OW, new byte[512]);
                one.Set(new SequenceElement(DicomTag.WaveformSequence, [inner]));
                one.SetBytes(new DicomTag(0xFFFC, 0xFFFC), ValueRepresentation.OB, new byte[6000]);
            }
        );
        await archive.StoreAsync(image);
        await archive.StoreAsync(TestInstances.Compressed(TestInstances.Ct(instance: "1.2.3.2")), Jpeg);

        var metadata = await MetadataAsync(archive);
        using var json = await JsonDocument.ParseAsync(metadata!.OpenRead(), default, None);
        Assert.Equal(2, json.RootElement.GetArrayLength());
        var first = json.RootElement[0];
        const string path = $"/dicom-web/studies/{Study}/series/{Series}/instances/1.2.3.1/bulkdata/";
        Assert.Equal(path + "7FE00010", UriOf(first, "7FE00010"));
        Assert.Equal(path + "00420011", UriOf(first, "00420011"));
        Assert.Equal(
            path + "54000100/0/54001010",
            UriOf(first.GetProperty("54000100").GetProperty("Value")[0], "54001010")
        );
        Assert.True(first.GetProperty("00281201").TryGetProperty("InlineBinary", out _));
        Assert.Equal(
            "Größe^Anna",
            first.GetProperty("00100010").GetProperty("Value")[0].GetProperty("Alphabetic").GetString()
        );
        Assert.EndsWith("1.2.3.2/bulkdata/7FE00010", UriOf(json.RootElement[1], "7FE00010"), StringComparison.Ordinal);
        Assert.Equal(image.Select(one => $"{one.Tag.Value:X8}"), first.EnumerateObject().Select(one => one.Name));

        // What a path names is what can be fetched.
        var grant = await archive.Access.GrantAsync(Operation.Retrieve);
        var found = await archive.Archive.Retrieval.FindAsync(
            grant,
            Uid,
            SeriesUid,
            SopInstanceUid.Parse("1.2.3.1"),
            None
        );
        using var opened = await archive.Archive.Retrieval.OpenAsync(grant, found!, None);
        Assert.Equal(2 << 20, (await opened.ReadBulkDataAsync("00420011", None))!.Length);
        Assert.Equal(path + "FFFCFFFC", UriOf(first, "FFFCFFFC"));
        Assert.Equal(6000, (await opened.ReadBulkDataAsync("FFFCFFFC", None))!.Length);
        Assert.Equal(5000, (await opened.ReadBulkDataAsync("54000100/0/54001010", None))!.Length);
    }

    [Fact]
    public async Task WhatLiesReadyIsWhatARequestWouldMakeAndGoesWithEveryChange()
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-metadata-").FullName;
        try
        {
            await using var index = await SqliteStudyIndex.OpenAsync(Path.Combine(folder, "index.db"), None);
            await using var archive = await TestArchive.StartAsync(index: index);

            await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1", name: "Zauberwort^Anna"));
            var token = await SeriesTokenAsync(index);
            (string Name, Func<Task> Do)[] changes =
            [
                ("stored", () => archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2", name: "Zauberwort^Anna"))),
                ("rejected", () => archive.RejectAsync(Study, RejectionReason.Quality, "1.2.3.1")),
                ("restored", () => archive.RestoreAsync(Study)),
                ("corrected", () => archive.AssignAsync(Study, "TEST-9")),
                ("corrected again", () => archive.AssignAsync(Study, "TEST-9", name: "Other^Name")),
                ("deleted", () => archive.DeleteAsync(Study, "1.2.3.2")),
            ];
            HashSet<string> versions = [];
            foreach (var (name, change) in changes)
            {
                await archive.Archive.Metadata.MakeReadyAsync(token, None);
                var kept = await index.FindMetadataAsync(token, None);
                Assert.True(kept is not null, $"nothing lies ready before it is {name}");
                Assert.False(
                    kept.Sealed.Span.IndexOf("Zauberwort"u8) >= 0
                        || File.ReadAllBytes(Path.Combine(folder, "index.db")).AsSpan().IndexOf("Zauberwort"u8) >= 0
                );
                var ready = await MetadataAsync(archive);
                await change();
                Assert.Null(await index.FindMetadataAsync(token, None));
                var made = await MetadataAsync(archive);
                Assert.NotEqual(ready!.Version, made!.Version);
                Assert.NotEqual(await TextAsync(ready), await TextAsync(made));
                await archive.Archive.Metadata.MakeReadyAsync(token, None);
                var again = await MetadataAsync(archive);
                Assert.Equal((made.Version, made.UncompressedLength), (again!.Version, again.UncompressedLength));
                Assert.Equal(await TextAsync(made), await TextAsync(again));
                versions.Add(made.Version);
            }

            // After a restoration the content is what it was, and so is its version.
            Assert.Equal(changes.Length - 1, versions.Count);
            var before = await MetadataAsync(archive);
            await archive.RestartAsync(new Contract.MemoryStudyIndex());
            Assert.Equal(before!.Version, (await MetadataAsync(archive))!.Version);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task ARequestKeepsWhatItMade()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await MetadataAsync(archive);
        var token = await SeriesTokenAsync(archive.Index);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await archive.Index.FindMetadataAsync(token, timeout.Token) is null)
        {
            await Task.Delay(10, timeout.Token);
        }
    }

    [Fact]
    public async Task OneReleaseOfMetadataIsInTheTrailAndWithoutTheTrailThereIsNone()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await archive.Archive.Metadata.MakeReadyAsync(await SeriesTokenAsync(archive.Index), None);
        Assert.DoesNotContain(archive.Access.Trail.Recorded, one => one.Operation is Operation.Retrieve);
        archive.Access.Trail.Fails = true;
        await Assert.ThrowsAsync<AccessRefusedException>(() => MetadataAsync(archive));
        archive.Access.Trail.Fails = false;
        await MetadataAsync(archive);
        Assert.Contains(archive.Access.Trail.Recorded, one => one.Operation is Operation.Retrieve && one.Study == Uid);
    }

    private static TransferSyntax Jpeg => TransferSyntax.Find("1.2.840.10008.1.2.4.50")!;

    private static StudyInstanceUid Uid => StudyInstanceUid.Parse(Study);

    private static SeriesInstanceUid SeriesUid => SeriesInstanceUid.Parse(Series);

    private static string? UriOf(JsonElement item, string tag) =>
        item.GetProperty(tag).GetProperty("BulkDataURI").GetString();

    private static async Task<ReadyMetadata?> MetadataAsync(TestArchive archive) =>
        await archive.Archive.Retrieval.MetadataAsync(
            await archive.Access.GrantAsync(Operation.Retrieve),
            Uid,
            SeriesUid,
            None
        );

    private static async Task<string> TextAsync(ReadyMetadata metadata)
    {
        using var reader = new StreamReader(metadata.OpenRead());
        return await reader.ReadToEndAsync(None);
    }

    private static async ValueTask<Sealing.Token> SeriesTokenAsync(IStudyIndex index)
    {
        var study = await index.StudiesAsync(None).FirstAsync(None);
        return (await index.SeriesOfAsync(study.Token, None).FirstAsync(None)).Token;
    }
}
