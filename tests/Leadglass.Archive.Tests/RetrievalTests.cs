using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive.Tests;

/// <summary>What leaves is what the request names and the grant covers, byte for byte or converted.</summary>
public sealed class RetrievalTests
{
    [Fact]
    public async Task EveryLevelAndListsOfUidsNameTheirInstances()
    {
        await using var archive = await TestArchive.StartAsync();
        foreach (var id in (string[])["1.1.1", "1.1.2", "1.2.1", "2.1.1"])
        {
            var parts = id.Split('.');
            await archive.StoreAsync(
                TestInstances.Ct(study: $"1.9.{parts[0]}", series: $"1.9.{parts[0]}.{parts[1]}", instance: $"1.9.{id}")
            );
        }

        Assert.Equal(
            4,
            (
                await archive.SelectAsync(
                    Keys("PATIENT", (DicomTag.PatientID, "TEST-1")),
                    QueryModel.PatientRoot,
                    false
                )
            ).Count
        );
        Assert.Equal(
            3,
            (await archive.SelectAsync(Keys("STUDY", (DicomTag.StudyInstanceUID, "1.9.1")), relational: false)).Count
        );
        Assert.Equal(4, (await archive.SelectAsync(Keys("STUDY", (DicomTag.StudyInstanceUID, "1.9.1\\1.9.2")))).Count);
        Assert.Equal(
            2,
            (
                await archive.SelectAsync(
                    Keys("SERIES", (DicomTag.StudyInstanceUID, "1.9.1"), (DicomTag.SeriesInstanceUID, "1.9.1.1")),
                    relational: false
                )
            ).Count
        );
        Assert.Equal(
            2,
            (await archive.SelectAsync(Keys("IMAGE", (DicomTag.SOPInstanceUID, "1.9.1.1.2\\1.9.2.1.1\\1.9.7")))).Count
        );
        Assert.Empty(await archive.SelectAsync(Keys("STUDY", (DicomTag.StudyInstanceUID, "1.9.3"))));
        foreach (
            var incomplete in (DataSet[])
                [
                    Keys("STUDY"),
                    Keys("SERIES", (DicomTag.SeriesInstanceUID, "1.9.1.1")),
                    Keys("STUDY", (DicomTag.StudyInstanceUID, "no uid")),
                    Keys("PATIENT", (DicomTag.PatientID, "TEST-1")),
                ]
        )
        {
            var refused = await Assert.ThrowsAsync<SearchRefusedException>(() =>
                archive.SelectAsync(incomplete, relational: false)
            );
            Assert.Equal(QueryStatus.IdentifierDoesNotMatch, refused.Status);
        }
    }

    [Fact]
    public async Task UncompressedSyntaxesBecomeEachOther()
    {
        await using var archive = await TestArchive.StartAsync();
        TransferSyntax[] syntaxes =
        [
            TransferSyntax.ImplicitVrLittleEndian,
            TransferSyntax.ExplicitVrLittleEndian,
            TransferSyntax.ExplicitVrBigEndian,
            TransferSyntax.DeflatedExplicitVrLittleEndian,
        ];
        foreach (var (i, stored) in syntaxes.Index())
        {
            var sent = TestInstances.Ct(instance: $"1.2.3.{i}", pixelBytes: 100_000);
            await archive.StoreAsync(sent, stored);
            foreach (var accepted in syntaxes)
            {
                var left = DataSetReader.Read(await archive.RetrieveAsync($"1.2.3.{i}", accepted), accepted);
                Assert.Equal(sent.Select(element => element.Tag), left.Select(element => element.Tag));
                Assert.Equal(
                    sent.GetBytes(DicomTag.PixelData)!.Value.ToArray(),
                    left.GetBytes(DicomTag.PixelData)!.Value.ToArray()
                );
                Assert.Equal(sent.GetString(DicomTag.PatientName), left.GetString(DicomTag.PatientName));
                Assert.Equal(sent.GetInt32(DicomTag.Rows), left.GetInt32(DicomTag.Rows));
            }
        }
    }

    [Fact]
    public async Task ACompressedInstanceLeavesAsItIsOrNotAtAll()
    {
        await using var archive = await TestArchive.StartAsync();
        var jpeg = TransferSyntax.Find("1.2.840.10008.1.2.4.70")!;
        var sent = TestInstances.Compressed(TestInstances.Ct());
        await archive.StoreAsync(sent, jpeg);
        Assert.Equal(DataSetWriter.ToBytes(sent, jpeg).ToArray(), await archive.RetrieveAsync("1.2.826.0.1.1.1.1"));
        Assert.Null(OpenedInstance.BestOf(jpeg, [TransferSyntax.ExplicitVrLittleEndian]));
        Assert.Equal(jpeg, OpenedInstance.BestOf(jpeg, [TransferSyntax.ImplicitVrLittleEndian, jpeg]));
        Assert.Equal(
            TransferSyntax.ExplicitVrLittleEndian,
            OpenedInstance.BestOf(
                TransferSyntax.ExplicitVrBigEndian,
                [
                    TransferSyntax.DeflatedExplicitVrLittleEndian,
                    TransferSyntax.ImplicitVrLittleEndian,
                    TransferSyntax.ExplicitVrLittleEndian,
                ]
            )
        );
        await Assert.ThrowsAsync<NotSupportedException>(() =>
            archive.RetrieveAsync("1.2.826.0.1.1.1.1", TransferSyntax.ExplicitVrLittleEndian)
        );
    }

    [Fact]
    public async Task NothingLeavesWithoutGrantScopeAndTrail()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        var keys = Keys("STUDY", (DicomTag.StudyInstanceUID, "1.2.826.0.1.1"));
        var instance = Assert.Single(await archive.SelectAsync(keys));

        var query = await archive.Access.GrantAsync(Operation.Query);
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Archive.Retrieval.OpenAsync(query, instance, default)
        );
        await archive.Access.GrantAsync(
            Operation.Retrieve,
            "elsewhere",
            device => device with { Scope = new DeviceScope { Modalities = ["MR"] } }
        );
        Assert.Empty(await archive.SelectAsync(keys, device: "elsewhere"));
        var outside = await archive.Access.GrantAsync(Operation.Retrieve, "elsewhere");
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Archive.Retrieval.OpenAsync(outside, instance, default)
        );

        await archive.Access.GrantAsync(Operation.Retrieve, "other");
        archive.Access.Trail.Fails = true;
        var grant = await archive.Access.GrantAsync(Operation.Retrieve, "other");
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Archive.Retrieval.OpenAsync(grant, instance, default)
        );
        archive.Access.Trail.Fails = false;
        using var opened = await archive.Archive.Retrieval.OpenAsync(grant, instance, default);
        Assert.Contains(
            archive.Access.Trail.Recorded,
            one => one.Operation == Operation.Retrieve && one.Who == "device:other"
        );
    }

    [Fact]
    public async Task ADamagedRecordIsNotHandedOut()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(pixelBytes: 200_000));
        var entry = await archive.Blobs.ReplayAsync(default, default).SingleAsync();
        archive.Memory.Damage(entry.Location, entry.Location.Length / 2);
        await Assert.ThrowsAsync<SealBrokenException>(() => archive.RetrieveAsync("1.2.826.0.1.1.1.1"));
    }

    [Fact]
    public async Task WhatIsDeletedIsGoneAndStaysGone()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"));
        await archive.StoreAsync(TestInstances.Ct(series: "1.2.826.0.1.1.2", instance: "1.2.3.3", modality: "MR"));
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.826.0.1.2", instance: "1.2.3.4"));
        await archive.DeleteAsync("1.2.826.0.1.1", "1.2.3.1", "1.2.3.3");
        await archive.DeleteAsync("1.2.826.0.1.2");
        await CheckAsync();
        await archive.RestartAsync(new Contract.MemoryStudyIndex());
        await CheckAsync();

        // Sent again it is new.
        var again = TestInstances.Ct(study: "1.2.826.0.1.2", instance: "1.2.3.4");
        Assert.Equal(IngestResult.Stored, (await archive.StoreAsync(again)).Result);
        await archive.RestartAsync(new Contract.MemoryStudyIndex());
        Assert.Equal(["1.2.3.4"], await archive.InstancesOfAsync("1.2.826.0.1.2"));

        async Task CheckAsync()
        {
            Assert.Equal(["1.2.3.2"], await archive.InstancesOfAsync("1.2.826.0.1.1"));
            var study = Assert.Single(
                await archive.FindAsync(
                    Keys("STUDY", (DicomTag.ModalitiesInStudy, ""), (DicomTag.NumberOfStudyRelatedInstances, ""))
                )
            );
            Assert.Equal(["CT"], study.GetStrings(DicomTag.ModalitiesInStudy));
            Assert.Equal("1", study.GetString(DicomTag.NumberOfStudyRelatedInstances));
            Assert.Equal(
                CommitmentFailure.NoSuchObjectInstance,
                await archive.CommitAsync(TestInstances.Ct(instance: "1.2.3.1"))
            );
        }
    }

    private static DataSet Keys(string level, params (DicomTag Tag, string Value)[] keys) =>
        TestInstances.Keys(level, keys);
}
