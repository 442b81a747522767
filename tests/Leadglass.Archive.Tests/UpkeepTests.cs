using Leadglass.Access;
using Leadglass.Archive.Packs;
using Leadglass.Contract;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Tests;

/// <summary>Verification finds what is wrong and nothing else; an index made anew answers as the former one did.</summary>
public sealed class UpkeepTests : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly FaultyDisk _packs = new(seed: 11);
    private TestArchive _archive = null!;

    public async ValueTask DisposeAsync()
    {
        if (_archive is not null)
        {
            await _archive.DisposeAsync();
        }
    }

    [Fact]
    public async Task AnArchiveWithAllKindsOfRecordsIsSound()
    {
        await FillAsync();
        var report = await VerifyAsync();
        Assert.True(
            report.IsSound,
            string.Join("; ", report.IndexFindings.Concat(report.Damages.Select(one => one.What)))
        );
        Assert.Equal(9, report.SoundRecords);
        Assert.Equal(9, report.SoundRows);
    }

    [Fact]
    public async Task ARottenRecordIsFoundAndTheOthersStaySound()
    {
        await FillAsync();
        var entries = await _archive.Blobs.ReplayAsync(default, None).ToListAsync();
        _packs.Rot("00000001.pack", entries[1].Location.Offset + 300, 0x20);
        var report = await VerifyAsync();
        Assert.False(report.IsSound);
        Assert.Equal(entries[1].Location, Assert.Single(report.Damages).Location);
        Assert.Equal(0, report.IndexDisagreements);
        Assert.Equal(8, report.SoundRecords);
    }

    [Fact]
    public async Task AnIndexThatDisagreesIsFound()
    {
        await FillAsync();
        var keys = TestInstances.Keys("IMAGE", (DicomTag.SOPInstanceUID, "1.2.826.0.1.1.1.1"));
        Assert.Single(await _archive.FindAsync(keys, relational: true));
        using var tokens = new Tokenizer(_archive.Master, "instance");
        await _archive.Index.ApplyAsync(
            [new IndexChange.RemoveInstance(tokens.Compute("1.2.826.0.1.1.1.1"))],
            _archive.Index.Mark,
            None
        );
        var report = await VerifyAsync();
        Assert.Equal(0, report.DamagedRecords);
        Assert.Contains("not in the index", Assert.Single(report.IndexFindings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMissingPackIsFoundOnBothSides()
    {
        await FillAsync();
        var large = (await _archive.Blobs.ReplayAsync(default, None).ToListAsync()).Find(one => one.Location.Pack > 1)!;
        _packs.Root.Delete($"{large.Location.Pack:D8}.large");
        await using var packs = PackStore.OpenReadOnly(_packs.Root);
        var report = await VerifyAsync(packs);
        Assert.Equal(large.Location, Assert.Single(report.Damages).Location);
    }

    [Fact]
    public async Task WhatWasErasedIsNoDamage()
    {
        await FillAsync();
        var study = (await _archive.Index.StudiesAsync(None).ToListAsync())[0];
        _archive.Ring.Destroy(study.Key);
        var report = await VerifyAsync();
        Assert.Equal(0, report.DamagedRecords);
        Assert.InRange(report.Erased, 1, 8);
    }

    [Fact]
    public async Task AnIndexMadeAnewGivesTheSameAnswers()
    {
        await FillAsync();
        var before = await AnswersAsync();
        var index = new MemoryStudyIndex();
        var report = await IndexRebuild.RunAsync(
            _archive.Master,
            _archive.Ring,
            _archive.Blobs,
            index,
            AccessPolicy.Maintain(MaintenanceTask.RebuildIndex),
            progress: null,
            None
        );
        Assert.Equal((9, 0), (report.Records, report.DamagedRecords));
        await _archive.RestartAsync(index);
        Assert.Equal(before, await AnswersAsync());
        Assert.True((await VerifyAsync()).IsSound);
    }

    [Fact]
    public async Task RotInTheLastBatchCostsNoRecordButItsOwn()
    {
        var rotten = await FillOneBatchAsync();
        var end = _archive.Blobs.End;
        _packs.Rot("00000001.pack", rotten.Offset + 300, 0x04);
        await ReopenAsync(_archive.Index);
        await CheckAllButTheRottenAsync(rotten);
        Assert.Equal(end, _archive.Blobs.End);

        var index = new MemoryStudyIndex();
        await using (var reader = PackStore.OpenReadOnly(_packs.Root, flushesFirst: true, _archive.Index.Mark))
        {
            var report = await IndexRebuild.RunAsync(
                _archive.Master,
                _archive.Ring,
                reader,
                index,
                AccessPolicy.Maintain(MaintenanceTask.RebuildIndex),
                progress: null,
                None
            );
            Assert.Equal((4, 1), (report.Records, report.DamagedRecords));
            Assert.Equal(rotten, Assert.Single(report.Damages).Location);
        }

        Assert.Equal(end, index.Mark);
        await ReopenAsync(index);
        await CheckAllButTheRottenAsync(rotten);
        Assert.Equal(3, (await _archive.InstancesOfAsync("1.2.826.0.1.1")).Count);

        // Sent again, it is stored anew, behind what was kept.
        var again = TestInstances.Ct(instance: "1.2.826.0.1.1.1.3");
        Assert.Equal(IngestResult.Stored, (await _archive.StoreAsync(again)).Result);
        await ReopenAsync(new MemoryStudyIndex());
        await CheckAllButTheRottenAsync(rotten);
        Assert.Equal(4, (await _archive.InstancesOfAsync("1.2.826.0.1.1")).Count);
    }

    [Fact]
    public async Task ALongDeflatedInstanceIsIndexedAnewFromItsBeginning()
    {
        _archive = await TestArchive.StartAsync(
            blobs: PackStore.Open(_packs.Root, new PackStoreOptions(), TimeProvider.System)
        );
        var pixels = new byte[40 << 20];
        new Random(1).NextBytes(pixels);
        var instance = TestInstances.Ct(change: dataSet =>
            dataSet.SetBytes(DicomTag.PixelData, ValueRepresentation.OW, pixels)
        );
        var outcome = await _archive.StoreAsync(
            instance,
            TransferSyntax.DeflatedExplicitVrLittleEndian,
            pieceBytes: 1 << 20
        );
        Assert.Equal(IngestResult.Stored, outcome.Result);
        await _archive.RestartAsync(new MemoryStudyIndex());
        Assert.Equal(0, _archive.Archive.Recovery.DamagedRecords);
        Assert.Single(await _archive.InstancesOfAsync("1.2.826.0.1.1"));
    }

    [Fact]
    public async Task ALongDeflatedDocumentIsIndexedAnewToo()
    {
        _archive = await TestArchive.StartAsync(
            blobs: PackStore.Open(_packs.Root, new PackStoreOptions(), TimeProvider.System)
        );
        var document = TestInstances.Ct(change: dataSet =>
        {
            dataSet.Remove(DicomTag.PixelData);
            dataSet.SetString(DicomTag.SOPClassUID, SopClasses.EncapsulatedPDFStorage);
            // Longer than what a header may hold in memory, and next to nothing once deflated.
            dataSet.SetBytes(DicomTag.EncapsulatedDocument, ValueRepresentation.OB, new byte[20 << 20]);
        });
        var outcome = await _archive.StoreAsync(document, TransferSyntax.DeflatedExplicitVrLittleEndian);
        Assert.Equal(IngestResult.Stored, outcome.Result);
        var before = await AnswersAsync();
        await _archive.RestartAsync(new MemoryStudyIndex());
        Assert.Equal(0, _archive.Archive.Recovery.DamagedRecords);
        Assert.Single(await _archive.InstancesOfAsync("1.2.826.0.1.1"));
        Assert.Equal(before, await AnswersAsync());
    }

    /// <summary>Two studies, a large instance, content in quarantine, some of it discarded.</summary>
    private async Task FillAsync()
    {
        _archive = await TestArchive.StartAsync(
            new ArchiveOptions { BufferedInstanceBytesMax = 1 << 20 },
            PackStore.Open(_packs.Root, new PackStoreOptions(), TimeProvider.System)
        );
        for (var i = 1; i <= 4; i++)
        {
            await _archive.StoreAsync(TestInstances.Ct(instance: $"1.2.826.0.1.1.1.{i}"));
            await _archive.StoreAsync(
                TestInstances.Ct(
                    study: "1.2.826.0.1.2",
                    instance: $"1.2.826.0.1.2.1.{i}",
                    pixelBytes: i == 3 ? 3_000_000 : 512
                )
            );
        }

        // Other content under a known SOP Instance UID.
        await _archive.StoreAsync(
            TestInstances.Ct(instance: "1.2.826.0.1.1.1.1", name: "Other^Name", patientId: "TEST-2")
        );
        Assert.Single(await _archive.QuarantinedAsync());
    }

    /// <summary>Four instances, the last three in one batch; where the third of all lies.</summary>
    private async Task<BlobLocation> FillOneBatchAsync()
    {
        _archive = await TestArchive.StartAsync();
        var records = new List<byte[]>();
        for (var i = 1; i <= 4; i++)
        {
            await _archive.StoreAsync(TestInstances.Ct(instance: $"1.2.826.0.1.1.1.{i}"));
        }

        await foreach (var entry in _archive.Blobs.ReplayAsync(default, None))
        {
            var record = new byte[entry.Location.Length];
            await _archive.Blobs.ReadAsync(entry.Location, 0, record, None);
            records.Add(record);
        }

        // How many arrivals share a commit depends on the moment; so the batch is made from the records of another store.
        var packs = OpenPacks(default);
        await packs.AppendAsync([records[0]], None);
        var locations = await packs.AppendAsync([records[1], records[2], records[3]], None);
        await _archive.RestartAsync(new MemoryStudyIndex(), () => packs);
        Assert.Equal(4, (await _archive.InstancesOfAsync("1.2.826.0.1.1")).Count);
        Assert.Equal(packs.End, _archive.Index.Mark);
        return locations[1];
    }

    private Task ReopenAsync(IStudyIndex index) => _archive.RestartAsync(index, () => OpenPacks(index.Mark));

    private PackStore OpenPacks(BlobMark indexed) =>
        PackStore.Open(_packs.Root, new PackStoreOptions(), TimeProvider.System, indexed);

    private async Task CheckAllButTheRottenAsync(BlobLocation rotten)
    {
        foreach (var i in (int[])[1, 2, 4])
        {
            Assert.Equal(
                DataSetWriter
                    .ToBytes(TestInstances.Ct(instance: $"1.2.826.0.1.1.1.{i}"), TransferSyntax.ExplicitVrLittleEndian)
                    .ToArray(),
                await _archive.RetrieveAsync($"1.2.826.0.1.1.1.{i}")
            );
        }

        Assert.Equal(rotten, Assert.Single((await VerifyAsync()).Damages).Location);
        await using var reader = PackStore.OpenReadOnly(_packs.Root, indexed: _archive.Index.Mark);
        Assert.Equal(rotten, Assert.Single((await VerifyAsync(reader)).Damages).Location);
    }

    private Task<VerificationReport> VerifyAsync() => VerifyAsync(_archive.Blobs);

    private async Task<VerificationReport> VerifyAsync(IBlobStore blobs)
    {
        using var verification = new ArchiveVerification(
            _archive.Master,
            _archive.Ring,
            blobs,
            _archive.Index,
            AccessPolicy.Maintain(MaintenanceTask.Verify)
        );
        return await verification.RunAsync(progress: null, None);
    }

    private async Task<List<string>> AnswersAsync()
    {
        var answers = new List<string>();
        foreach (var level in (string[])["STUDY", "SERIES", "IMAGE"])
        {
            var keys = TestInstances.Keys(
                level,
                (DicomTag.PatientName, ""),
                (DicomTag.StudyInstanceUID, ""),
                (DicomTag.NumberOfStudyRelatedInstances, ""),
                (DicomTag.SOPInstanceUID, "")
            );
            answers.AddRange(
                (await _archive.FindAsync(keys, relational: true)).Select(one =>
                    Convert.ToHexString(DataSetWriter.ToBytes(one, TransferSyntax.ExplicitVrLittleEndian).Span)
                )
            );
        }

        answers.AddRange((await _archive.QuarantinedAsync()).Select(one => $"{one.Content} {one.Reason}"));
        return answers;
    }
}
