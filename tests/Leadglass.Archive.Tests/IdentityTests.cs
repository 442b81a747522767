using System.Buffers;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>
/// The table of identity and duplicates: what is answered, what is found, what is quarantined, what storage commitment
/// says, and that a rebuilt index says the same.
/// </summary>
public sealed class IdentityTests
{
    private const string Study = "1.2.826.0.1.1";
    private static readonly DataSet Original = TestInstances.Ct();

    /// <summary>What is sent after the original, and what is expected of it.</summary>
    public sealed record Case(
        string Name,
        Func<DataSet> Second,
        IngestResult Result,
        ConflictReason? Conflict = null,
        TransferSyntax? Syntax = null,
        CommitmentFailure? Commitment = null,
        int Found = 1
    )
    {
        public override string ToString() => Name;
    }

    private static Case[] Table { get; } =
    [
        new("sent again", () => TestInstances.Ct(), IngestResult.AlreadyStored),
        new(
            "sent again in implicit VR",
            () => TestInstances.Ct(),
            IngestResult.AlreadyStored,
            Syntax: TransferSyntax.ImplicitVrLittleEndian
        ),
        new(
            "sent again in big endian",
            () => TestInstances.Ct(),
            IngestResult.AlreadyStored,
            Syntax: TransferSyntax.ExplicitVrBigEndian
        ),
        new(
            "sent again deflated",
            () => TestInstances.Ct(),
            IngestResult.AlreadyStored,
            Syntax: TransferSyntax.DeflatedExplicitVrLittleEndian
        ),
        new(
            "recompressed",
            () => TestInstances.Compressed(TestInstances.Ct()),
            IngestResult.AlreadyStored,
            Syntax: TransferSyntax.Find("1.2.840.10008.1.2.4.70")
        ),
        new(
            "edited attribute",
            () => TestInstances.Ct(change: one => one.SetString(DicomTag.InstanceNumber, "2")),
            IngestResult.Quarantined,
            ConflictReason.OtherContent,
            Commitment: CommitmentFailure.NoSuchObjectInstance
        ),
        new(
            "edited pixel",
            () =>
                TestInstances.Ct(change: one =>
                    one.SetBytes(DicomTag.PixelData, ValueRepresentation.OW, new byte[512])
                ),
            IngestResult.Quarantined,
            ConflictReason.OtherContent,
            Commitment: CommitmentFailure.NoSuchObjectInstance
        ),
        new(
            "other patient in the same study",
            () => TestInstances.Ct(instance: Study + ".1.2", patientId: "TEST-2"),
            IngestResult.Quarantined,
            ConflictReason.OtherPatient,
            Commitment: CommitmentFailure.NoSuchObjectInstance
        ),
        new(
            "same ID of another issuer in the same study",
            () => TestInstances.Ct(instance: Study + ".1.2", issuer: "ELSEWHERE"),
            IngestResult.Quarantined,
            ConflictReason.OtherPatient,
            Commitment: CommitmentFailure.NoSuchObjectInstance
        ),
        new(
            "no Patient ID in a study that has one",
            () => TestInstances.Ct(instance: Study + ".1.2", patientId: null),
            IngestResult.Quarantined,
            ConflictReason.OtherPatient,
            Commitment: CommitmentFailure.NoSuchObjectInstance
        ),
        new(
            "series in another study",
            () => TestInstances.Ct(study: "1.2.826.0.1.9", series: Study + ".1", instance: "1.2.826.0.1.9.1.1"),
            IngestResult.Quarantined,
            ConflictReason.OtherStudy,
            Commitment: CommitmentFailure.NoSuchObjectInstance
        ),
        new(
            "instance in another series",
            () => TestInstances.Ct(series: Study + ".2", instance: Study + ".1.1"),
            IngestResult.Quarantined,
            ConflictReason.OtherSeries,
            Commitment: CommitmentFailure.NoSuchObjectInstance
        ),
        new(
            "Japanese spelling of the name",
            () => TestInstances.Ct(instance: Study + ".1.2", name: "Example^Anna=例^安奈"),
            IngestResult.Stored,
            Found: 2
        ),
        new("another study of the patient", () => TestInstances.Ct(study: "1.2.826.0.1.2"), IngestResult.Stored),
        new(
            "same ID of another issuer in another study",
            () => TestInstances.Ct(study: "1.2.826.0.1.2", issuer: "ELSEWHERE"),
            IngestResult.Stored
        ),
    ];

    public static TheoryData<string> Names => [.. Table.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task EveryCaseOfTheTable(string name)
    {
        var one = Array.Find(Table, row => row.Name == name)!;
        await using var archive = await TestArchive.StartAsync();
        Assert.Equal(IngestResult.Stored, (await archive.StoreAsync(Original)).Result);

        var outcome = await archive.StoreAsync(one.Second(), one.Syntax);
        await CheckAsync(archive, one, outcome);

        // Sent once more it is the same once more: nothing piles up.
        var again = await archive.StoreAsync(one.Second(), one.Syntax);
        Assert.Equal(outcome.Status, again.Status);
        Assert.Equal(one.Result is IngestResult.Stored ? IngestResult.AlreadyStored : one.Result, again.Result);
        var before = await archive.Blobs.ReplayAsync(default, default).CountAsync();
        await CheckAsync(archive, one, outcome);

        // The packs alone say the same.
        await archive.RestartAsync(new Contract.MemoryStudyIndex());
        await CheckAsync(archive, one, outcome);
        Assert.Equal(before, await archive.Blobs.ReplayAsync(default, default).CountAsync());
    }

    [Fact]
    public async Task InstancesThatRaceAreDecidedOneAfterAnother()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.Access.GrantAsync(Access.Operation.Store);
        for (var round = 0; round < 20; round++)
        {
            var study = $"1.2.3.{round}";
            var outcomes = await Task.WhenAll(
                Enumerable
                    .Range(0, 8)
                    .Select(i =>
                        Task.Run(() =>
                            archive.StoreAsync(
                                TestInstances.Ct(
                                    study: study,
                                    instance: $"{study}.1.{i % 4}",
                                    patientId: i < 4 ? "TEST-1" : "TEST-2"
                                )
                            )
                        )
                    )
            );
            // Whoever comes first makes the study the one patient's; all of the other's is quarantined.
            var stored = outcomes.Index().Where(one => one.Item.Result is IngestResult.Stored).ToList();
            Assert.Equal(4, stored.Count);
            Assert.Single(stored.Select(one => one.Index < 4).Distinct());
            Assert.Equal(4, outcomes.Count(one => one.Result is IngestResult.Quarantined));
            Assert.Equal(4, (await archive.InstancesOfAsync(study)).Count);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnlyWhatIsStoredDecidesWhoseAStudyIs(bool firstCompletes)
    {
        await using var archive = await TestArchive.StartAsync();
        var first = await BeginAsync(archive, TestInstances.Ct());
        var second = Task.Run(() =>
            archive.StoreAsync(TestInstances.Ct(instance: Study + ".1.2", patientId: "TEST-2"))
        );
        await CheckWaitsAsync(archive, first, second, firstCompletes, ConflictReason.OtherPatient);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnlyWhatIsStoredDecidesWhichStudyASeriesIsOf(bool firstCompletes)
    {
        await using var archive = await TestArchive.StartAsync();
        var first = await BeginAsync(archive, TestInstances.Ct());
        var second = Task.Run(() =>
            archive.StoreAsync(TestInstances.Ct(study: "1.2.826.0.1.2", series: Study + ".1", instance: Study + ".1.2"))
        );
        await CheckWaitsAsync(archive, first, second, firstCompletes, ConflictReason.OtherStudy);
    }

    [Fact]
    public async Task TheFirstToBeStoredDecidesForThoseWhoWait()
    {
        await using var archive = await TestArchive.StartAsync();
        var first = await BeginAsync(archive, TestInstances.Ct());
        await using var other = await BeginAsync(archive, TestInstances.Ct(instance: Study + ".1.2"));
        var second = Task.Run(() =>
            archive.StoreAsync(TestInstances.Ct(instance: Study + ".1.3", patientId: "TEST-2"))
        );
        // One more of the same patient is still on its way: the study is decided all the same.
        await CheckWaitsAsync(archive, first, second, firstCompletes: true, ConflictReason.OtherPatient);
    }

    [Fact]
    public async Task WaitingForWhatIsOnItsWayCanBeCancelled()
    {
        await using var archive = await TestArchive.StartAsync();
        await using var first = await BeginAsync(archive, TestInstances.Ct());
        using var cancellation = new CancellationTokenSource();
        var second = Task.Run(() =>
            BeginAsync(archive, TestInstances.Ct(instance: Study + ".1.2", patientId: "TEST-2"), cancellation.Token)
        );
        await Task.Delay(50);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    [Fact]
    public async Task WithoutPatientIdEveryStudyHasAPatientOfItsOwn()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.1", patientId: null));
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.2", patientId: null));
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.1", instance: "1.2.3.1.1.2", patientId: null));
        var patients = await archive.FindAsync(
            TestInstances.Keys("PATIENT", (DicomTag.PatientID, ""), (DicomTag.NumberOfPatientRelatedStudies, "")),
            QueryModel.PatientRoot
        );
        Assert.Equal(2, patients.Count);
        Assert.All(patients, one => Assert.Equal("1", one.GetString(DicomTag.NumberOfPatientRelatedStudies)));
    }

    [Fact]
    public async Task ADevicesDefaultIssuerTellsPatientsApart()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(
            TestInstances.Ct(study: "1.2.3.1"),
            device: "north",
            change: device => device with { DefaultIssuer = "NORTH" }
        );
        await archive.StoreAsync(
            TestInstances.Ct(study: "1.2.3.2"),
            device: "south",
            change: device => device with { DefaultIssuer = "SOUTH" }
        );
        var keys = TestInstances.Keys("PATIENT", (DicomTag.PatientID, "TEST-1"), (DicomTag.IssuerOfPatientID, ""));
        var patients = await archive.FindAsync(keys, QueryModel.PatientRoot);
        Assert.Equal(
            ["NORTH", "SOUTH"],
            patients.Select(one => one.GetString(DicomTag.IssuerOfPatientID)).Order(StringComparer.Ordinal)
        );
        // What is stored is not touched: the issuer is in the index, not in the instance.
        Assert.Equal(
            DataSetWriter.ToBytes(TestInstances.Ct(study: "1.2.3.1"), TransferSyntax.ExplicitVrLittleEndian).ToArray(),
            await archive.RetrieveAsync("1.2.3.1.1.1")
        );
    }

    [Fact]
    public async Task ADeviceCanBeSetToRefuseConflicts()
    {
        await using var archive = await TestArchive.StartAsync();
        Func<Access.Device, Access.Device> strict = device => device with { RefuseConflicts = true };
        await archive.StoreAsync(Original, device: "strict", change: strict);
        foreach (var one in Table)
        {
            if (one.Result is not IngestResult.Quarantined)
            {
                continue;
            }

            var outcome = await archive.StoreAsync(one.Second(), one.Syntax, "strict");
            Assert.Equal((IngestResult.Refused, one.Conflict), (outcome.Result, outcome.Conflict));
            Assert.Equal(StorageStatus.CannotUnderstand, outcome.Status);
        }

        Assert.Equal(
            IngestResult.AlreadyStored,
            (await archive.StoreAsync(TestInstances.Ct(), device: "strict")).Result
        );
        Assert.Empty(await archive.QuarantinedAsync());
        Assert.Equal(archive.Options.IngestBudgetBytes, archive.Archive.Ingest.BudgetLeftBytes);
    }

    [Fact]
    public async Task ADevicesQuarantineHasAQuota()
    {
        await using var archive = await TestArchive.StartAsync(
            new ArchiveOptions { QuarantinedInstancesPerDeviceMax = 2 }
        );
        await archive.StoreAsync(Original);
        var results = new List<ushort>();
        for (var i = 2; i < 6; i++)
        {
            var number = i.ToString();
            results.Add(
                (
                    await archive.StoreAsync(
                        TestInstances.Ct(change: one => one.SetString(DicomTag.InstanceNumber, number))
                    )
                ).Status
            );
        }

        Assert.Equal(
            [
                StorageStatus.Conflict,
                StorageStatus.Conflict,
                StorageStatus.OutOfResources,
                StorageStatus.OutOfResources,
            ],
            results
        );
        var other = TestInstances.Ct(change: one => one.SetString(DicomTag.InstanceNumber, "9"));
        Assert.Equal(StorageStatus.Conflict, (await archive.StoreAsync(other, device: "another")).Status);
    }

    [Fact]
    public async Task ALongInstanceThatConflictsIsKeptToo()
    {
        await using var archive = await TestArchive.StartAsync(
            new ArchiveOptions { IngestBudgetBytes = 4 << 20, BufferedInstanceBytesMax = 1 << 20 }
        );
        var first = TestInstances.Ct(pixelBytes: 3_000_000);
        await archive.StoreAsync(first);
        Assert.Equal(
            IngestResult.AlreadyStored,
            (await archive.StoreAsync(TestInstances.Ct(pixelBytes: 3_000_000))).Result
        );
        var edited = TestInstances.Ct(
            pixelBytes: 3_000_000,
            change: one => one.SetString(DicomTag.InstanceNumber, "2")
        );
        Assert.Equal(IngestResult.Quarantined, (await archive.StoreAsync(edited)).Result);
        Assert.True(Assert.Single(await archive.QuarantinedAsync()).SealedBytes > 3_000_000);
    }

    [Fact]
    public async Task TheSameLongValueUnderAnotherTagIsOtherContent()
    {
        await using var archive = await TestArchive.StartAsync();
        var table = new byte[2 << 20];
        new Random(7).NextBytes(table);
        await archive.StoreAsync(
            TestInstances.Ct(change: one =>
                one.SetBytes(DicomTag.RedPaletteColorLookupTableData, ValueRepresentation.OW, table)
            )
        );
        var moved = TestInstances.Ct(change: one =>
            one.SetBytes(DicomTag.BluePaletteColorLookupTableData, ValueRepresentation.OW, table)
        );
        Assert.Equal(IngestResult.Quarantined, (await archive.StoreAsync(moved)).Result);
    }

    [Fact]
    public async Task TheFirstOnesAttributesStayAndDifferencesAreNoted()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(name: "Müller^Anna"));
        await archive.StoreAsync(TestInstances.Ct(instance: Study + ".1.2", name: "MUELLER^ANNA"));
        var keys = TestInstances.Keys("STUDY", (DicomTag.StudyDescription, ""), (DicomTag.PatientName, ""));
        var grant = Access.AccessPolicy.Maintain(Access.MaintenanceTask.Verify);
        Assert.Empty(await archive.Archive.Conflicts.DifferencesAsync(grant, default).ToListAsync());

        await archive.StoreAsync(
            TestInstances.Ct(
                instance: Study + ".1.3",
                name: "muller^anna",
                change: one => one.SetString(DicomTag.StudyDescription, "Something else")
            )
        );
        var found = Assert.Single(await archive.FindAsync(keys));
        Assert.Equal("Head routine", found.GetString(DicomTag.StudyDescription));
        Assert.Equal("Müller^Anna", found.GetString(DicomTag.PatientName));
        var difference = Assert.Single(await archive.Archive.Conflicts.DifferencesAsync(grant, default).ToListAsync());
        Assert.Equal([DicomTag.StudyDescription], difference.Tags);
    }

    /// <summary>Sends an instance up to its pixel data and beyond, without completing it.</summary>
    private static async Task<IncomingInstance> BeginAsync(
        TestArchive archive,
        DataSet dataSet,
        CancellationToken cancellationToken = default
    )
    {
        var incoming = archive.Archive.Ingest.Begin(
            await archive.Access.GrantAsync(Access.Operation.Store),
            new IngestRequest
            {
                SopClass = SopClassUid.Parse(dataSet.GetString(DicomTag.SOPClassUID)),
                SopInstance = SopInstanceUid.Parse(dataSet.GetString(DicomTag.SOPInstanceUID)),
                TransferSyntax = TransferSyntax.ExplicitVrLittleEndian,
            }
        );
        var bytes = DataSetWriter.ToBytes(dataSet, TransferSyntax.ExplicitVrLittleEndian);
        await incoming.WriteAsync(new ReadOnlySequence<byte>(bytes), cancellationToken);
        return incoming;
    }

    private static async Task CheckWaitsAsync(
        TestArchive archive,
        IncomingInstance first,
        Task<IngestOutcome> second,
        bool firstCompletes,
        ConflictReason reason
    )
    {
        await Task.Delay(50);
        Assert.False(second.IsCompleted);
        if (firstCompletes)
        {
            Assert.Equal(IngestResult.Stored, (await first.CompleteAsync(default)).Result);
        }

        await first.DisposeAsync();
        var outcome = await second.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(
            firstCompletes ? (IngestResult.Quarantined, reason) : (IngestResult.Stored, (ConflictReason?)null),
            (outcome.Result, outcome.Conflict)
        );
        Assert.Equal(firstCompletes ? 1 : 0, (await archive.QuarantinedAsync()).Count);
    }

    private static async Task CheckAsync(TestArchive archive, Case one, IngestOutcome outcome)
    {
        Assert.Equal((one.Result, one.Conflict), (outcome.Result, outcome.Conflict));
        Assert.Equal(
            one.Result is IngestResult.Quarantined ? StorageStatus.Conflict : StorageStatus.Success,
            outcome.Status
        );
        Assert.Equal(one.Found, (await archive.InstancesOfAsync(Study)).Count);
        var quarantined = await archive.QuarantinedAsync();
        if (one.Conflict is { } reason)
        {
            var kept = Assert.Single(quarantined);
            Assert.Equal(reason, kept.Reason);
            Assert.Equal(one.Second().GetString(DicomTag.SOPInstanceUID), kept.SopInstance.Value);
        }
        else
        {
            Assert.Empty(quarantined);
        }

        // The device that sent the contradiction is told of no commitment for its UID; others are.
        Assert.Equal(one.Commitment, await archive.CommitAsync(one.Second()));
        Assert.Null(await archive.CommitAsync(Original, device: "another"));
        Assert.Equal(
            CommitmentFailure.ClassInstanceConflict,
            await archive.CommitAsync(Original, SopClasses.MRImageStorage, "another")
        );
        // Whatever came after it, the original leaves as it came.
        Assert.Equal(
            DataSetWriter.ToBytes(Original, TransferSyntax.ExplicitVrLittleEndian).ToArray(),
            await archive.RetrieveAsync(Study + ".1.1")
        );
    }
}
