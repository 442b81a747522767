using System.Buffers;
using Leadglass.Access;
using Leadglass.Contract;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>Whoever keeps the records sees what quarantined content says otherwise, and takes it in or discards it.</summary>
public sealed class ConflictResolutionTests : IAsyncLifetime
{
    private const string Study = "1.2.826.0.1.1";
    private static readonly CancellationToken None = CancellationToken.None;
    private TestArchive _archive = null!;

    public async ValueTask InitializeAsync() => _archive = await TestArchive.StartAsync();

    public ValueTask DisposeAsync() => _archive.DisposeAsync();

    [Fact]
    public async Task OtherContentIsComparedAndTakesThePlaceOfWhatIsStored()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        var edited = TestInstances.Ct(
            instance: "1.2.3.1",
            change: one => one.SetString(DicomTag.StudyDescription, "Head with contrast")
        );
        await _archive.StoreAsync(edited);
        var quarantined = Assert.Single(await _archive.QuarantinedAsync());
        var comparison = await CompareAsync(quarantined);
        var differing = Assert.Single(comparison!.Attributes);
        Assert.Equal(
            (DicomTag.StudyDescription, "Head routine", "Head with contrast"),
            (differing.Tag, differing.Stored, differing.Incoming)
        );
        Assert.False(comparison.PixelDataDiffers);

        Assert.True(await _archive.AcceptAsync(quarantined));
        await CheckAsync();
        await _archive.RestartAsync(new MemoryStudyIndex());
        await CheckAsync();
        Assert.False(await _archive.AcceptAsync(quarantined));
        Assert.Null(await CompareAsync(quarantined));

        async Task CheckAsync()
        {
            Assert.Empty(await _archive.QuarantinedAsync());
            Assert.Equal(["1.2.3.1"], await _archive.InstancesOfAsync(Study));
            Assert.Equal(
                DataSetWriter.ToBytes(edited, TransferSyntax.ExplicitVrLittleEndian).ToArray(),
                await _archive.RetrieveAsync("1.2.3.1")
            );
        }
    }

    [Theory]
    [InlineData(512)]
    [InlineData(600_000)]
    public async Task ContentOfAnotherPatientIsTakenIntoTheStudyAndLeavesAsItsPatients(int pixelBytes)
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1", name: "Example^Anna"));
        await _archive.StoreAsync(
            TestInstances.Ct(instance: "1.2.3.2", patientId: "TEST-2", name: "Wrong^Name", pixelBytes: pixelBytes)
        );
        var quarantined = Assert.Single(await _archive.QuarantinedAsync());
        Assert.Contains(
            (await CompareAsync(quarantined))!.Attributes,
            one => one.Tag == DicomTag.PatientID && one.Stored == "TEST-1" && one.Incoming == "TEST-2"
        );
        Assert.True(await _archive.AcceptAsync(quarantined));
        await CheckAsync();
        await _archive.RestartAsync(new MemoryStudyIndex());
        await CheckAsync();

        async Task CheckAsync()
        {
            Assert.Equal(["1.2.3.1", "1.2.3.2"], await _archive.InstancesOfAsync(Study));
            foreach (var instance in (string[])["1.2.3.1", "1.2.3.2"])
            {
                var left = DataSetReader.Read(
                    new ReadOnlySequence<byte>(await _archive.RetrieveAsync(instance)),
                    TransferSyntax.ExplicitVrLittleEndian
                );
                Assert.Equal("TEST-1", left.GetString(DicomTag.PatientID));
                Assert.Equal("Example^Anna", left.GetString(DicomTag.PatientName));
            }
        }
    }

    [Fact]
    public async Task ASeriesOfAnotherStudyCannotBeTakenIn()
    {
        await _archive.StoreAsync(TestInstances.Ct("1.2.1", "1.2.9", "1.2.3.1"));
        await _archive.StoreAsync(TestInstances.Ct("1.2.2", "1.2.9", "1.2.3.2"));
        var quarantined = Assert.Single(await _archive.QuarantinedAsync());
        Assert.Equal(ConflictReason.OtherStudy, quarantined.Reason);
        Assert.False(await _archive.AcceptAsync(quarantined));
        Assert.Single(await _archive.QuarantinedAsync());
        Assert.Equal(["1.2.3.1"], await _archive.InstancesOfAsync("1.2.1"));

        await _archive.DiscardAsync(quarantined);
        Assert.Empty(await _archive.QuarantinedAsync());
    }

    [Fact]
    public async Task AnInstanceOfAnotherSeriesMovesWhenItIsAccepted()
    {
        await _archive.StoreAsync(TestInstances.Ct(series: Study + ".1", instance: "1.2.3.1"));
        await _archive.StoreAsync(TestInstances.Ct(series: Study + ".2", instance: "1.2.3.1"));
        var quarantined = Assert.Single(await _archive.QuarantinedAsync());
        Assert.Equal(ConflictReason.OtherSeries, quarantined.Reason);
        Assert.True(await _archive.AcceptAsync(quarantined));
        var keys = TestInstances.Keys("SERIES", (DicomTag.StudyInstanceUID, Study), (DicomTag.SeriesInstanceUID, ""));
        var series = Assert.Single(await _archive.FindAsync(keys));
        Assert.Equal(Study + ".2", series.GetString(DicomTag.SeriesInstanceUID));
    }

    [Theory]
    [InlineData(true, "TEST-1")]
    [InlineData(false, "TEST-3")]
    public async Task TheOnlyInstanceDoesNotMakeWayWhereItsStudyWouldLoseItsPatient(bool corrects, string patientId)
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.StoreAsync(
            TestInstances.Ct(
                instance: "1.2.3.1",
                patientId: patientId,
                change: one => one.SetString(DicomTag.StudyDescription, "Head with contrast")
            )
        );
        if (corrects)
        {
            Assert.True(await _archive.AssignAsync(Study, "TEST-2"));
        }

        var quarantined = Assert.Single(await _archive.QuarantinedAsync());
        var before = await _archive.RetrieveAsync("1.2.3.1");
        await Assert.ThrowsAsync<StateException>(() => _archive.AcceptAsync(quarantined));
        Assert.Single(await _archive.QuarantinedAsync());
        Assert.Equal(before, await _archive.RetrieveAsync("1.2.3.1"));

        // With another instance the study stays, and with it whose it is.
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"));
        Assert.True(await _archive.AcceptAsync(quarantined));
        var left = DataSetReader.Read(
            new ReadOnlySequence<byte>(await _archive.RetrieveAsync("1.2.3.1")),
            TransferSyntax.ExplicitVrLittleEndian
        );
        Assert.Equal(corrects ? "TEST-2" : "TEST-1", left.GetString(DicomTag.PatientID));
        Assert.Equal("Head with contrast", left.GetString(DicomTag.StudyDescription));
    }

    [Fact]
    public async Task ContentOfASopClassThatOnlyItsSenderNamedIsTakenIn()
    {
        const string sopClass = "1.2.826.0.1.9.9";
        foreach (var description in (string[])["Head", "Head with contrast"])
        {
            var one = TestInstances.Ct(
                instance: "1.2.3.1",
                change: dataSet =>
                {
                    dataSet.SetString(DicomTag.SOPClassUID, sopClass);
                    dataSet.SetString(DicomTag.StudyDescription, description);
                }
            );
            await using var incoming = _archive.Archive.Ingest.Begin(
                await _archive.Access.GrantAsync(Operation.Store),
                new IngestRequest
                {
                    TransferSyntax = TransferSyntax.ExplicitVrLittleEndian,
                    NegotiatedStorageSopClasses = [sopClass],
                }
            );
            await incoming.WriteAsync(new(DataSetWriter.ToBytes(one, TransferSyntax.ExplicitVrLittleEndian)), None);
            await incoming.CompleteAsync(None);
        }

        Assert.True(await _archive.AcceptAsync(Assert.Single(await _archive.QuarantinedAsync())));
        var left = DataSetReader.Read(
            new ReadOnlySequence<byte>(await _archive.RetrieveAsync("1.2.3.1")),
            TransferSyntax.ExplicitVrLittleEndian
        );
        Assert.Equal("Head with contrast", left.GetString(DicomTag.StudyDescription));
    }

    [Fact]
    public async Task WhatIsRejectedMakesWayOnlyOnceItIsRestored()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.StoreAsync(
            TestInstances.Ct(
                instance: "1.2.3.1",
                change: one => one.SetString(DicomTag.StudyDescription, "Head with contrast")
            )
        );
        await _archive.RejectAsync(Study);
        var quarantined = Assert.Single(await _archive.QuarantinedAsync());
        await Assert.ThrowsAsync<StateException>(() => _archive.AcceptAsync(quarantined));
        Assert.Empty(await _archive.InstancesOfAsync(Study));
        Assert.Equal(1, await _archive.RestoreAsync(Study));
        Assert.True(await _archive.AcceptAsync(quarantined));
        Assert.Equal(["1.2.3.1"], await _archive.InstancesOfAsync(Study));
    }

    [Fact]
    public async Task WhatFailedAfterTheStoredInstanceMadeWayIsDoneWhenItIsTriedAgain()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.StoreAsync(
            TestInstances.Ct(
                instance: "1.2.3.1",
                change: one => one.SetString(DicomTag.StudyDescription, "Head with contrast")
            )
        );
        await _archive.DeleteAsync(Study, "1.2.3.1");
        await _archive.RestartAsync(new MemoryStudyIndex());
        var quarantined = Assert.Single(await _archive.QuarantinedAsync());
        Assert.True(await _archive.AcceptAsync(quarantined));
        Assert.Equal(["1.2.3.1"], await _archive.InstancesOfAsync(Study));
        Assert.Empty(await _archive.QuarantinedAsync());
    }

    [Fact]
    public async Task NobodyResolvesWithoutLeave()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2", patientId: "TEST-2"));
        var quarantined = Assert.Single(await _archive.QuarantinedAsync());
        var conflicts = _archive.Archive.Conflicts;
        foreach (var operation in (Operation[])[Operation.Query, Operation.Retrieve, Operation.Store])
        {
            var grant = await _archive.Access.GrantAsync(operation);
            await RefusedAsync(() => conflicts.AcceptAsync(grant, quarantined, "test", None));
            await RefusedAsync(() => conflicts.DiscardAsync(grant, [quarantined], "test", None));
            await RefusedAsync(async () => await conflicts.CompareAsync(grant, quarantined, None));
            await RefusedAsync(() => conflicts.DeleteAsync(grant, StudyInstanceUid.Parse(Study), null, "test", None));
        }

        Assert.Single(await _archive.QuarantinedAsync());
        Assert.Equal(["1.2.3.1"], await _archive.InstancesOfAsync(Study));

        static async Task RefusedAsync(Func<Task> act) => await Assert.ThrowsAsync<AccessRefusedException>(act);
    }

    private async Task<ConflictComparison?> CompareAsync(QuarantinedInstance quarantined) =>
        await _archive.Archive.Conflicts.CompareAsync(
            await _archive.Access.RecordsAsync(Operation.ResolveConflict),
            quarantined,
            None
        );
}
