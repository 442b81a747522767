using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>What comes in is durable and findable before anybody hears of success, and comes out as it came.</summary>
public sealed class IngestTests
{
    public static TheoryData<string> Syntaxes =>
        [
            TransferSyntax.ImplicitVrLittleEndian.Uid,
            TransferSyntax.ExplicitVrLittleEndian.Uid,
            TransferSyntax.ExplicitVrBigEndian.Uid,
            TransferSyntax.DeflatedExplicitVrLittleEndian.Uid,
        ];

    [Theory]
    [MemberData(nameof(Syntaxes))]
    public async Task AnInstanceComesBackByteForByte(string syntaxUid)
    {
        await using var archive = await TestArchive.StartAsync();
        var syntax = TransferSyntax.Find(syntaxUid)!;
        foreach (var pieceBytes in (int[])[1, 7919, 1_000_000])
        {
            var sent = TestInstances.Ct(instance: $"1.2.3.{pieceBytes}", pixelBytes: pieceBytes == 1 ? 512 : 300_000);
            var outcome = await archive.StoreAsync(sent, syntax, pieceBytes: pieceBytes);
            Assert.Equal((IngestResult.Stored, StorageStatus.Success), (outcome.Result, outcome.Status));
            Assert.Equal(
                DataSetWriter.ToBytes(sent, syntax).ToArray(),
                await archive.RetrieveAsync(sent.GetString(DicomTag.SOPInstanceUID)!)
            );
        }
    }

    [Fact]
    public async Task ALongInstanceStreamsAndTakesNoneOfTheBudget()
    {
        await using var archive = await TestArchive.StartAsync(
            new ArchiveOptions { IngestBudgetBytes = 4 << 20, BufferedInstanceBytesMax = 1 << 20 }
        );
        var instance = TestInstances.Ct(pixelBytes: 9_000_000);
        Assert.Equal(IngestResult.Stored, (await archive.StoreAsync(instance)).Result);
        Assert.True(await archive.Blobs.ReplayAsync(default, default).AnyAsync(entry => entry.Location.Pack > 1));
        Assert.Equal(4 << 20, archive.Archive.Ingest.BudgetLeftBytes);
        Assert.Equal(
            DataSetWriter.ToBytes(instance, TransferSyntax.ExplicitVrLittleEndian).ToArray(),
            await archive.RetrieveAsync(instance.GetString(DicomTag.SOPInstanceUID)!)
        );
    }

    [Fact]
    public async Task ManyAtOnceShareFlushesAndTheBudgetComesBack()
    {
        await using var archive = await TestArchive.StartAsync();
        var first = new TaskCompletionSource();
        archive.Memory.BeforeAppend = () => first.Task;
        await archive.Access.GrantAsync(Access.Operation.Store);
        var stores = Enumerable
            .Range(0, 40)
            .Select(i => Task.Run(() => archive.StoreAsync(TestInstances.Ct(instance: $"1.2.3.{i}", pixelBytes: 4096))))
            .ToArray();
        await Task.Delay(200);
        Assert.DoesNotContain(stores, store => store.IsCompleted);
        archive.Memory.BeforeAppend = null;
        first.SetResult();
        Assert.All(await Task.WhenAll(stores), outcome => Assert.Equal(IngestResult.Stored, outcome.Result));
        Assert.InRange(archive.Memory.Appends, 2, 20);
        Assert.Equal(40, (await archive.InstancesOfAsync("1.2.826.0.1.1")).Count);
        Assert.Equal(archive.Options.IngestBudgetBytes, archive.Archive.Ingest.BudgetLeftBytes);
    }

    [Fact]
    public async Task BeyondTheBudgetInstancesStreamInsteadOfWaiting()
    {
        await using var archive = await TestArchive.StartAsync(new ArchiveOptions { IngestBudgetBytes = 1 << 20 });
        await archive.Access.GrantAsync(Access.Operation.Store);
        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    Task.Run(() => archive.StoreAsync(TestInstances.Ct(instance: $"1.2.3.{i}", pixelBytes: 700_000)))
                )
        );
        Assert.All(outcomes, outcome => Assert.Equal(IngestResult.Stored, outcome.Result));
        Assert.Equal(1 << 20, archive.Archive.Ingest.BudgetLeftBytes);
        for (var i = 0; i < 8; i++)
        {
            var sent = TestInstances.Ct(instance: $"1.2.3.{i}", pixelBytes: 700_000);
            Assert.Equal(
                DataSetWriter.ToBytes(sent, TransferSyntax.ExplicitVrLittleEndian).ToArray(),
                await archive.RetrieveAsync($"1.2.3.{i}")
            );
        }
    }

    [Fact]
    public async Task AFullDiskRefusesKeepsReadingAndRecoversByItself()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        archive.Memory.Room = 0;
        var refused = await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"));
        Assert.Equal((IngestResult.Refused, StorageStatus.OutOfResources), (refused.Result, refused.Status));
        Assert.True(archive.Archive.Ingest.IsFull);
        Assert.NotEmpty(await archive.RetrieveAsync("1.2.3.1"));
        Assert.Equal(["1.2.3.1"], await archive.InstancesOfAsync("1.2.826.0.1.1"));

        archive.Memory.Room = null;
        Assert.Equal(IngestResult.Stored, (await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"))).Result);
        Assert.False(archive.Archive.Ingest.IsFull);
    }

    [Fact]
    public async Task AFullIndexRefusesAndCatchesUpBeforeItTakesMore()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        archive.MemoryIndex.Full = true;
        var refused = await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"));
        Assert.Equal((IngestResult.Refused, StorageStatus.OutOfResources), (refused.Result, refused.Status));
        Assert.Equal(IngestResult.Refused, (await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.3"))).Result);

        // The packs have the first refused one: what is sent again is the same again, something else is a conflict.
        archive.MemoryIndex.Full = false;
        var edited = TestInstances.Ct(
            instance: "1.2.3.2",
            change: instance => instance.SetString(DicomTag.InstanceNumber, "99")
        );
        Assert.Equal(IngestResult.Quarantined, (await archive.StoreAsync(edited)).Result);
        Assert.Equal(
            IngestResult.AlreadyStored,
            (await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"))).Result
        );
        Assert.Equal(["1.2.3.1", "1.2.3.2"], await archive.InstancesOfAsync("1.2.826.0.1.1"));
    }

    [Fact]
    public async Task AfterAFailedFlushNothingIsAcknowledgedAnyMore()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        archive.Memory.FailNextFlush = true;
        for (var i = 2; i < 5; i++)
        {
            var refused = await archive.StoreAsync(TestInstances.Ct(instance: $"1.2.3.{i}"));
            Assert.Equal((IngestResult.Refused, StorageStatus.ProcessingFailure), (refused.Result, refused.Status));
        }

        Assert.NotNull(archive.Archive.Ingest.Failure);
        Assert.NotEmpty(await archive.RetrieveAsync("1.2.3.1"));
    }

    [Fact]
    public async Task WithoutTheTrailNothingIsAcknowledged()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.Access.GrantAsync(Access.Operation.Store);
        archive.Access.Trail.Fails = true;
        var refused = await archive.StoreAsync(TestInstances.Ct());
        Assert.Equal((IngestResult.Refused, StorageStatus.OutOfResources), (refused.Result, refused.Status));
        archive.Access.Trail.Fails = false;
        Assert.Empty(await archive.InstancesOfAsync("1.2.826.0.1.1"));
        Assert.Equal(IngestResult.Stored, (await archive.StoreAsync(TestInstances.Ct())).Result);
    }

    [Fact]
    public async Task WhatIsNotCompletedLeavesNothing()
    {
        await using var archive = await TestArchive.StartAsync();
        var grant = await archive.Access.GrantAsync(Access.Operation.Store);
        var instance = TestInstances.Ct();
        var bytes = DataSetWriter.ToBytes(instance, TransferSyntax.ExplicitVrLittleEndian);
        var incoming = archive.Archive.Ingest.Begin(
            grant,
            new IngestRequest
            {
                SopClass = SopClassUid.Parse(SopClasses.CTImageStorage),
                SopInstance = SopInstanceUid.Parse(instance.GetString(DicomTag.SOPInstanceUID)),
                TransferSyntax = TransferSyntax.ExplicitVrLittleEndian,
            }
        );
        await incoming.WriteAsync(new System.Buffers.ReadOnlySequence<byte>(bytes), default);
        await incoming.DisposeAsync();
        Assert.Empty(await archive.InstancesOfAsync("1.2.826.0.1.1"));
        Assert.Equal(0, archive.Memory.Appends);
        Assert.Equal(archive.Options.IngestBudgetBytes, archive.Archive.Ingest.BudgetLeftBytes);
        Assert.Equal(IngestResult.Stored, (await archive.StoreAsync(instance)).Result);
    }

    public static TheoryData<string, int> Refusals =>
        new()
        {
            { "class of another kind", StorageStatus.DataSetDoesNotMatch },
            { "no class", StorageStatus.DataSetDoesNotMatch },
            { "other instance", StorageStatus.CannotUnderstand },
            { "no study", StorageStatus.CannotUnderstand },
            { "bad study", StorageStatus.CannotUnderstand },
            { "no series", StorageStatus.CannotUnderstand },
            { "hanging protocol", StorageStatus.SopClassNotSupported },
            { "private class", StorageStatus.SopClassNotSupported },
            { "JPIP", StorageStatus.CannotUnderstand },
            { "cut short", StorageStatus.CannotUnderstand },
            { "patient behind the pixels", StorageStatus.CannotUnderstand },
            { "garbage", StorageStatus.CannotUnderstand },
        };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task WhatCannotBeKeptIsRefusedWithItsStatus(string what, int status)
    {
        await using var archive = await TestArchive.StartAsync();
        var instance = TestInstances.Ct(change: one =>
        {
            switch (what)
            {
                case "class of another kind":
                    one.SetString(DicomTag.SOPClassUID, SopClasses.MRImageStorage);
                    break;
                case "no class":
                    one.Remove(DicomTag.SOPClassUID);
                    break;
                case "other instance":
                    one.SetString(DicomTag.SOPInstanceUID, "1.2.3.99");
                    break;
                case "no study":
                    one.Remove(DicomTag.StudyInstanceUID);
                    break;
                case "bad study":
                    one.SetString(DicomTag.StudyInstanceUID, "1.2.x");
                    break;
                case "no series":
                    one.SetEmpty(DicomTag.SeriesInstanceUID);
                    break;
                default:
                    break;
            }
        });
        var bytes = DataSetWriter.ToBytes(instance, TransferSyntax.ExplicitVrLittleEndian).ToArray();
        var outcome = await archive.StoreAsync(
            what switch
            {
                "cut short" => bytes[..^5],
                // (0010,0020) LO, 6 bytes, behind the pixel data.
                "patient behind the pixels" => [.. bytes, 0x10, 0, 0x20, 0, .. "LO"u8, 6, 0, .. "TEST-2"u8],
                "garbage" => [.. Enumerable.Repeat((byte)0xA5, 3000)],
                _ => bytes,
            },
            what == "JPIP" ? TransferSyntax.Find("1.2.840.10008.1.2.4.94")! : TransferSyntax.ExplicitVrLittleEndian,
            SopClassUid.Parse(
                what switch
                {
                    "hanging protocol" => SopClasses.HangingProtocolStorage,
                    "private class" => "1.2.3.4.5",
                    _ => SopClasses.CTImageStorage,
                }
            ),
            SopInstanceUid.Parse("1.2.826.0.1.1.1.1")
        );
        Assert.Equal((IngestResult.Refused, status), (outcome.Result, outcome.Status));
        Assert.InRange(outcome.Comment!.Length, 1, 64);
        Assert.Equal(0, archive.Memory.Appends);
        Assert.Equal(archive.Options.IngestBudgetBytes, archive.Archive.Ingest.BudgetLeftBytes);
    }
}
