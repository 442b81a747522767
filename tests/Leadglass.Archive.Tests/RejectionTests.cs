using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>Rejected instances (IHE IOCM): kept, and nowhere to be seen until they are restored.</summary>
public sealed class RejectionTests : IAsyncLifetime
{
    private const string Study = "1.2.826.0.1.1";
    private static readonly CancellationToken None = CancellationToken.None;
    private TestArchive _archive = null!;

    public async ValueTask InitializeAsync() => _archive = await TestArchive.StartAsync();

    public ValueTask DisposeAsync() => _archive.DisposeAsync();

    [Fact]
    public async Task WhatIsRejectedIsNowhereToBeSeenAndComesBackAsItWas()
    {
        for (var i = 1; i <= 3; i++)
        {
            await _archive.StoreAsync(TestInstances.Ct(instance: $"1.2.3.{i}"));
        }

        await _archive.StoreAsync(TestInstances.Ct(series: "1.2.826.0.1.1.2", instance: "1.2.3.4", modality: "MR"));
        var before = await SeenAsync();
        var bytes = await _archive.RetrieveAsync("1.2.3.2");
        Assert.Equal(2, await _archive.RejectAsync(Study, RejectionReason.Quality, "1.2.3.2", "1.2.3.4"));

        Assert.Equal(["1.2.3.1", "1.2.3.3"], await _archive.InstancesOfAsync(Study));
        var study = Assert.Single(await StudiesAsync());
        Assert.Equal("2", study.GetString(DicomTag.NumberOfStudyRelatedInstances));
        Assert.Equal("1", study.GetString(DicomTag.NumberOfStudyRelatedSeries));
        Assert.Equal(["CT"], study.GetStrings(DicomTag.ModalitiesInStudy));
        Assert.Empty(await _archive.SelectAsync(TestInstances.Keys("IMAGE", (DicomTag.SOPInstanceUID, "1.2.3.2"))));
        var grant = await _archive.Access.GrantAsync(Operation.Retrieve);
        var retrieval = _archive.Archive.Retrieval;
        Assert.Null(await FindAsync("1.2.826.0.1.1.1", "1.2.3.2"));
        Assert.Null(await FindAsync("1.2.826.0.1.1.2", "1.2.3.4"));
        Assert.Null(
            await retrieval.MetadataAsync(
                grant,
                StudyInstanceUid.Parse(Study),
                SeriesInstanceUid.Parse("1.2.826.0.1.1.2"),
                None
            )
        );
        Assert.Equal(2, (await MetadataAsync()).InstanceCount);
        Assert.Equal(
            CommitmentFailure.NoSuchObjectInstance,
            await _archive.CommitAsync(TestInstances.Ct(instance: "1.2.3.2"))
        );

        Assert.Equal(1, await _archive.RestoreAsync(Study, "1.2.3.2"));
        Assert.Equal(1, await _archive.RestoreAsync(Study));
        Assert.Equal(0, await _archive.RestoreAsync(Study));
        Assert.Equal(before, await SeenAsync());
        Assert.Equal(bytes, await _archive.RetrieveAsync("1.2.3.2"));

        async Task<ArchivedInstance?> FindAsync(string series, string instance) =>
            await retrieval.FindAsync(
                grant,
                StudyInstanceUid.Parse(Study),
                SeriesInstanceUid.Parse(series),
                SopInstanceUid.Parse(instance),
                None
            );
    }

    [Fact]
    public async Task WhatWasSelectedBeforeItsRejectionLeavesNoMore()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"));
        var selected = await _archive.SelectAsync(TestInstances.Keys("STUDY", (DicomTag.StudyInstanceUID, Study)));
        var grant = await _archive.Access.GrantAsync(Operation.Retrieve);
        await _archive.RejectAsync(Study, RejectionReason.PatientSafety, "1.2.3.1");

        foreach (var instance in selected)
        {
            if (instance.SopInstance.Value == "1.2.3.1")
            {
                await Assert.ThrowsAsync<InstanceWithdrawnException>(async () =>
                    await _archive.Archive.Retrieval.OpenAsync(grant, instance, None)
                );
            }
            else
            {
                using var opened = await _archive.Archive.Retrieval.OpenAsync(grant, instance, None);
                Assert.NotEmpty(await TestArchive.BytesOfAsync(opened, opened.TransferSyntax));
            }
        }

        Assert.Equal(2, selected.Count);
    }

    [Fact]
    public async Task AStudyRejectedWholeIsGoneUntilSomethingOfItIsShown()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.RejectAsync(Study, RejectionReason.IncorrectWorklistEntry);
        Assert.Empty(await StudiesAsync());
        Assert.Equal(0, _archive.Archive.Search.StudyCount);

        // Sent again it stays rejected, whatever was wrong; its sender need not send it for ever.
        var again = await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        Assert.Equal((IngestResult.AlreadyStored, StorageStatus.Success), (again.Result, again.Status));
        Assert.Empty(await StudiesAsync());

        // Another instance of the study shows it, and it alone.
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"));
        Assert.Equal(["1.2.3.2"], await _archive.InstancesOfAsync(Study));

        // The study is still the patient's that it was of.
        var other = await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.3", patientId: "TEST-2"));
        Assert.Equal(ConflictReason.OtherPatient, other.Conflict);
    }

    [Fact]
    public async Task RejectionsAreListedForWhoeverKeepsTheRecords()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"));
        await _archive.RejectAsync(Study, RejectionReason.PatientSafety, "1.2.3.1");
        var listed = Assert.Single(await ListAsync());
        Assert.Equal((RejectionReason.PatientSafety, "test"), (listed.Reason, listed.Text));
        Assert.Equal(Study, listed.Study.Study.Value);
        Assert.Equal("1.2.3.1", Assert.Single(listed.Instances).SopInstance.Value);
        Assert.StartsWith("person:", listed.DecidedBy, StringComparison.Ordinal);
        await _archive.RestoreAsync(Study);
        Assert.Empty(await ListAsync());

        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await _archive
                .Archive.Rejections.ListAsync(await _archive.Access.GrantAsync(Operation.Query), None)
                .ToListAsync(None)
        );
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await _archive.Archive.Rejections.RejectAsync(
                await _archive.Access.GrantAsync(Operation.Store),
                StudyInstanceUid.Parse(Study),
                null,
                null,
                RejectionReason.Quality,
                "",
                None
            )
        );
    }

    [Theory]
    [InlineData("113001")]
    [InlineData("113037")]
    [InlineData("113038")]
    [InlineData("113039")]
    public async Task ARejectionNoteHidesWhatItNamesAndItself(string code)
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.2"));
        var note = Note(code, "1.2.3.1");
        Assert.Equal(IngestResult.Stored, (await StoreNoteAsync(note)).Result);
        Assert.Equal(["1.2.3.2"], await _archive.InstancesOfAsync(Study));
        Assert.Contains(await ListAsync(), one => one.Instances.Any(i => i.SopInstance.Value == "1.2.3.1"));

        // A note sent again changes nothing; after a restart all is as it was.
        Assert.Equal(IngestResult.AlreadyStored, (await StoreNoteAsync(note)).Result);
        await _archive.RestartAsync(new Contract.MemoryStudyIndex());
        Assert.Equal(["1.2.3.2"], await _archive.InstancesOfAsync(Study));
    }

    [Fact]
    public async Task ANoteSentAgainDoesNotRejectWhatWasRestored()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        var note = Note("113001", "1.2.3.1");
        await StoreNoteAsync(note);
        Assert.Equal(1, await _archive.RestoreAsync(Study, "1.2.3.1"));
        var again = await StoreNoteAsync(note);
        Assert.Equal((IngestResult.AlreadyStored, StorageStatus.Success), (again.Result, again.Status));
        Assert.Equal(["1.2.3.1"], await _archive.InstancesOfAsync(Study));

        // Nor when the note itself is shown again.
        Assert.Equal(1, await _archive.RestoreAsync(Study));
        await StoreNoteAsync(note);
        Assert.Contains("1.2.3.1", await _archive.InstancesOfAsync(Study));
    }

    [Fact]
    public async Task ANoteOfWhoeverMayNotRejectIsRefusedAndHidesNothing()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        var outcome = await _archive.StoreAsync(Note("113001", "1.2.3.1"));
        Assert.Equal((IngestResult.Refused, StorageStatus.NotAuthorized), (outcome.Result, outcome.Status));
        Assert.Equal(["1.2.3.1"], await _archive.InstancesOfAsync(Study));

        // Other key objects are images' companions like any other.
        Assert.Equal(IngestResult.Stored, (await _archive.StoreAsync(Note("113000", "1.2.3.1"))).Result);
        Assert.Equal(2, (await _archive.InstancesOfAsync(Study)).Count);
    }

    [Fact]
    public async Task ANoteThatNamesWhatIsNotHereSaysSo()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        var outcome = await StoreNoteAsync(Note("113001", "1.2.3.1", "1.2.3.99"));
        Assert.Equal(StorageStatus.Conflict, outcome.Status);
        Assert.Empty(await _archive.InstancesOfAsync(Study));
    }

    private static DataSet Note(string code, params string[] rejected)
    {
        var note = TestInstances.Ct(
            series: Study + ".9",
            instance: "1.2.9.1",
            modality: "KO",
            change: one =>
            {
                one.SetString(DicomTag.SOPClassUID, SopClasses.KeyObjectSelectionDocumentStorage);
                one.Remove(DicomTag.PixelData);
            }
        );
        var title = new DataSet();
        title.SetString(DicomTag.CodeValue, code);
        title.SetString(DicomTag.CodingSchemeDesignator, "DCM");
        note.Set(new SequenceElement(DicomTag.ConceptNameCodeSequence, [title]));
        var series = new DataSet();
        series.Set(
            new SequenceElement(
                DicomTag.ReferencedSOPSequence,
                [
                    .. rejected.Select(uid =>
                    {
                        var item = new DataSet();
                        item.SetString(DicomTag.ReferencedSOPInstanceUID, uid);
                        return item;
                    }),
                ]
            )
        );
        var study = new DataSet();
        study.SetString(DicomTag.StudyInstanceUID, Study);
        study.Set(new SequenceElement(DicomTag.ReferencedSeriesSequence, [series]));
        note.Set(new SequenceElement(DicomTag.CurrentRequestedProcedureEvidenceSequence, [study]));
        return note;
    }

    /// <summary>Sent by a program that may store and reject.</summary>
    private async Task<IngestOutcome> StoreNoteAsync(DataSet note)
    {
        await using var incoming = _archive.Archive.Ingest.Begin(
            await _archive.Access.ProgramAsync(Operation.Store, ProgramRights.Write | ProgramRights.Records),
            new IngestRequest { TransferSyntax = TransferSyntax.ExplicitVrLittleEndian }
        );
        await incoming.WriteAsync(new(DataSetWriter.ToBytes(note, TransferSyntax.ExplicitVrLittleEndian)), None);
        return await incoming.CompleteAsync(None);
    }

    private async Task<List<RejectedInstances>> ListAsync() =>
        await _archive
            .Archive.Rejections.ListAsync(await _archive.Access.RecordsAsync(Operation.Reject), None)
            .ToListAsync(None);

    private async Task<ReadyMetadata> MetadataAsync() =>
        (
            await _archive.Archive.Retrieval.MetadataAsync(
                await _archive.Access.GrantAsync(Operation.Retrieve),
                StudyInstanceUid.Parse(Study),
                SeriesInstanceUid.Parse(Study + ".1"),
                None
            )
        )!;

    private async Task<List<DataSet>> StudiesAsync() =>
        await _archive.FindAsync(
            TestInstances.Keys(
                "STUDY",
                (DicomTag.StudyInstanceUID, ""),
                (DicomTag.ModalitiesInStudy, ""),
                (DicomTag.NumberOfStudyRelatedSeries, ""),
                (DicomTag.NumberOfStudyRelatedInstances, "")
            )
        );

    private async Task<List<string>> SeenAsync() =>
        [
            .. await _archive.InstancesOfAsync(Study),
            .. (await StudiesAsync()).Select(one =>
                string.Join('|', one.Select(element => string.Join('\\', one.GetStrings(element.Tag).Order())))
            ),
        ];
}
