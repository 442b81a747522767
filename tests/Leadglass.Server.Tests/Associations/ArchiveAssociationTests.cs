using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Sealing;
using Leadglass.Server.Associations;

namespace Leadglass.Server.Tests.Associations;

/// <summary>The services of the archive, over mutual TLS, as a device meets them.</summary>
public sealed class ArchiveAssociationTests
{
    private static readonly TransferSyntax Explicit = TransferSyntax.ExplicitVrLittleEndian;
    private static readonly TransferSyntax Implicit = TransferSyntax.ImplicitVrLittleEndian;
    private static readonly SopClassUid Find = SopClassUid.Parse(SupportedServices.StudyRootFind);
    private static readonly SopClassUid Get = SopClassUid.Parse(SupportedServices.StudyRootGet);
    private static readonly SopClassUid Move = SopClassUid.Parse(SupportedServices.StudyRootMove);
    private static readonly SopClassUid Commit = SopClassUid.Parse(SupportedServices.StorageCommitment);

    [Fact]
    public async Task WhatAScannerStoresAWorkstationFindsAndGetsByteForByte()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var scanner = await TestPeer.EnrolAsync(archive, "scanner", DeviceRights.Store);
        await using var viewer = await TestPeer.EnrolAsync(
            archive,
            "viewer",
            DeviceRights.Query | DeviceRights.Retrieve
        );
        TestInstance[] sent = [TestInstance.Make("Ada", 1), TestInstance.Make("Ada", 2)];
        await StoreAsync(scanner, sent);

        await using var association = await viewer.CallAsync(
            (Find.Value, Implicit),
            (Get.Value, Implicit),
            (TestInstance.CtImage, Explicit)
        );
        var found = await FindAsync(association, "ada*");
        Assert.Equal(sent[0].Study, Assert.Single(found).GetString(DicomTag.StudyInstanceUID));

        var outcome = await association.Dicom.GetAsync(Get, StudyKeys(sent[0].Study));
        Assert.Equal((DimseStatus.Success, 2, 0), (outcome.Status, outcome.Completed, outcome.Failed));
        Assert.All(sent, one => Assert.Equal(one.Bytes, viewer.Received[one.SopInstance.Value].Bytes));
    }

    [Fact]
    public async Task ARequesterOfAnotherNativeSyntaxGetsAConversion()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var peer = await TestPeer.EnrolAsync(archive, "peer", DeviceRights.Store | DeviceRights.Retrieve);
        var sent = TestInstance.Make("Ada", 1);
        await StoreAsync(peer, sent);
        await using var association = await peer.CallAsync((Get.Value, Explicit), (TestInstance.CtImage, Implicit));
        var outcome = await association.Dicom.GetAsync(Get, StudyKeys(sent.Study));
        Assert.Equal(1, outcome.Completed);
        var (syntax, bytes) = peer.Received[sent.SopInstance.Value];
        Assert.Equal(Implicit, syntax);
        var back = DataSetReader.Read(bytes, Implicit);
        var first = DataSetReader.Read(sent.Bytes, Explicit);
        Assert.Equal(
            first.GetBytes(DicomTag.PixelData)!.Value.ToArray(),
            back.GetBytes(DicomTag.PixelData)!.Value.ToArray()
        );
        Assert.Equal(first.GetString(DicomTag.PatientName), back.GetString(DicomTag.PatientName));
    }

    [Fact]
    public async Task WithoutAnAcceptableContextTheFailedInstanceIsListed()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var peer = await TestPeer.EnrolAsync(archive, "peer", DeviceRights.Store | DeviceRights.Retrieve);
        var sent = TestInstance.Make("Ada", 1);
        await StoreAsync(peer, sent);
        await using var association = await peer.CallAsync((Get.Value, Explicit));
        var outcome = await association.Dicom.GetAsync(Get, StudyKeys(sent.Study));
        Assert.Equal(1, outcome.Failed);
        Assert.Equal([sent.SopInstance], outcome.FailedInstances);
        Assert.False(outcome.Status.IsSuccess);
    }

    [Fact]
    public async Task EveryOperationNeedsItsRightAndRefusalsAreRecorded()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var peer = await TestPeer.EnrolAsync(archive, "echoer", DeviceRights.None);
        await using (
            var association = await peer.CallAsync(
                (SupportedServices.Verification, Implicit),
                (Find.Value, Implicit),
                (Get.Value, Implicit),
                (Move.Value, Implicit),
                (Commit.Value, Implicit),
                (TestInstance.CtImage, Explicit)
            )
        )
        {
            var dicom = association.Dicom;
            Assert.Equal(DimseStatus.Success.Code, (await dicom.EchoAsync()).Code);
            Assert.Equal(0x0124, (await dicom.StoreAsync(TestInstance.Make("Ada", 1))).Code);
            Assert.Equal(0x0124, (await FindStatusAsync(association)).Code);
            Assert.Equal(0x0124, (await dicom.GetAsync(Get, StudyKeys("1.2.3"))).Status.Code);
            Assert.Equal(0x0124, (await dicom.MoveAsync(Move, peer.Title, StudyKeys("1.2.3"))).Status.Code);
            Assert.Equal(0x0124, (await CommitAsync(association, [])).Code);
            await dicom.ReleaseAsync();
        }

        var refusals = (await TrailAsync(archive)).Where(one => one.Refusal is RefusalReason.RightMissing);
        Assert.Equal(
            [Operation.Store, Operation.Query, Operation.Retrieve, Operation.Move],
            refusals.Select(one => one.Operation!.Value).Distinct().Order()
        );
    }

    [Fact]
    public async Task AnotherDevicesTitleIsRejectedAndRecorded()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var peer = await TestPeer.EnrolAsync(archive, "first", DeviceRights.Store);
        await using var other = await TestPeer.EnrolAsync(archive, "second", DeviceRights.Store);
        var (connection, result) = await peer.TryCallAsync("SECOND", [(SupportedServices.Verification, Implicit)]);
        await using (connection)
        {
            Assert.Equal(AAssociateReject.CallingAeTitleNotRecognized, result.Failure?.Rejection);
        }

        Assert.Contains(
            await TrailAsync(archive),
            one => one.Refusal is RefusalReason.CallingAeTitleMismatch && one.Who == "device:first"
        );
    }

    [Fact]
    public async Task DisablingADeviceAbortsWhatIsUp()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var peer = await TestPeer.EnrolAsync(archive, "scanner", DeviceRights.Store);
        await using var association = await peer.CallAsync((SupportedServices.Verification, Implicit));
        Assert.True((await association.Dicom.EchoAsync()).IsSuccess);
        await archive.Host.Devices.ChangeAsync(
            "scanner",
            device => device with { Enabled = false },
            CancellationToken.None
        );
        await Assert.ThrowsAsync<AssociationEndedException>(async () =>
        {
            while (true)
            {
                await association.Dicom.EchoAsync();
            }
        });
        Assert.NotNull(association.Dicom.End);
    }

    [Fact]
    public async Task AMoveGoesToTheEnrolledDestination()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var store = await TestPeer.EnrolAsync(archive, "store", DeviceRights.Retrieve, listens: true);
        await using var peer = await TestPeer.EnrolAsync(
            archive,
            "peer",
            DeviceRights.Store | DeviceRights.Retrieve,
            movesTo: "store"
        );
        TestInstance[] sent = [TestInstance.Make("Ada", 1), TestInstance.Make("Ada", 2), TestInstance.Make("Ada", 3)];
        await StoreAsync(peer, sent);
        await using var association = await peer.CallAsync((Move.Value, Implicit));
        var outcome = await association.Dicom.MoveAsync(Move, store.Title, StudyKeys(sent[0].Study));
        Assert.Equal((DimseStatus.Success, 3), (outcome.Status, outcome.Completed));
        Assert.All(sent, one => Assert.Equal(one.Bytes, store.Received[one.SopInstance.Value].Bytes));
    }

    [Fact]
    public async Task AMoveWhoseDestinationAbortsCountsWhatFailedAndIsRecorded()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var store = await TestPeer.EnrolAsync(archive, "store", DeviceRights.Retrieve, listens: true);
        store.AbortsAfter = 1;
        await using var peer = await TestPeer.EnrolAsync(
            archive,
            "peer",
            DeviceRights.Store | DeviceRights.Retrieve,
            movesTo: "store"
        );
        // Larger than what the buffers between hold, so that the abort comes while an instance is being copied.
        TestInstance[] sent = [.. Enumerable.Range(1, 3).Select(one => TestInstance.Make("Ada", one, pixels: 2048))];
        await StoreAsync(peer, sent);
        await using (var association = await peer.CallAsync((Move.Value, Implicit)))
        {
            var outcome = await association.Dicom.MoveAsync(Move, store.Title, StudyKeys(sent[0].Study));
            Assert.Equal(
                (DimseStatus.WarningSubOperationsFailed.Code, 1, 2),
                (outcome.Status.Code, outcome.Completed, outcome.Failed)
            );
            Assert.Equal(
                sent.Select(one => one.SopInstance.Value).Except(store.Received.Keys).Order(),
                outcome.FailedInstances.Select(one => one.Value).Order()
            );
        }

        // The record follows the response, so it is waited for.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (
            !(await TrailAsync(archive)).Exists(one =>
                one.Operation is Operation.Move && one.Outcome != AuditOutcome.Success
            )
        )
        {
            await Task.Delay(50, patience.Token);
        }
    }

    [Fact]
    public async Task AMoveOfManyClassesTakesFurtherAssociations()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var store = await TestPeer.EnrolAsync(archive, "store", DeviceRights.Retrieve, listens: true);
        await using var peer = await TestPeer.EnrolAsync(
            archive,
            "peer",
            DeviceRights.Store | DeviceRights.Retrieve,
            movesTo: "store"
        );
        // Each is offered in the stored syntax and three that it can become: 160 contexts, of which one association has 128.
        var sent = UidRegistry
            .PatientStudyStorageSopClasses.Take(40)
            .Select((uid, place) => TestInstance.Make("Ada", place + 1, uid, pixels: 4))
            .ToArray();
        await using (var storing = await peer.CallAsync([.. sent.Select(one => (one.SopClass.Value, Explicit))]))
        {
            foreach (var instance in sent)
            {
                Assert.True((await storing.Dicom.StoreAsync(instance)).IsSuccess);
            }
        }

        await using var association = await peer.CallAsync((Move.Value, Implicit));
        var outcome = await association.Dicom.MoveAsync(Move, store.Title, StudyKeys(sent[0].Study));
        Assert.Equal((DimseStatus.Success, sent.Length), (outcome.Status, outcome.Completed));
        Assert.Equal(sent.Length, store.Received.Count);
        Assert.Equal(2, store.AssociationsTaken);
    }

    [Fact]
    public async Task AMoveToAnybodyElseIsRefused()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var foreign = await TestPeer.EnrolAsync(archive, "foreign", DeviceRights.Retrieve, listens: true);
        await using var peer = await TestPeer.EnrolAsync(archive, "peer", DeviceRights.Store | DeviceRights.Retrieve);
        var sent = TestInstance.Make("Ada", 1);
        await StoreAsync(peer, sent);
        await using var association = await peer.CallAsync((Move.Value, Implicit));
        var unknown = await association.Dicom.MoveAsync(Move, AeTitle.Parse("NOBODY"), StudyKeys(sent.Study));
        Assert.Equal(DimseStatus.MoveDestinationUnknown.Code, unknown.Status.Code);
        var unpermitted = await association.Dicom.MoveAsync(Move, foreign.Title, StudyKeys(sent.Study));
        Assert.Equal(DimseStatus.NotAuthorized.Code, unpermitted.Status.Code);
        Assert.Empty(foreign.Received);
    }

    [Fact]
    public async Task ADestinationThatShowsAnotherCertificateGetsNothing()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var store = await TestPeer.EnrolAsync(
            archive,
            "store",
            DeviceRights.Retrieve,
            listens: true,
            answersAs: "impostor"
        );
        await using var peer = await TestPeer.EnrolAsync(
            archive,
            "peer",
            DeviceRights.Store | DeviceRights.Retrieve,
            movesTo: "store"
        );
        var sent = TestInstance.Make("Ada", 1);
        await StoreAsync(peer, sent);
        await using var association = await peer.CallAsync((Move.Value, Implicit));
        var outcome = await association.Dicom.MoveAsync(Move, store.Title, StudyKeys(sent.Study));
        Assert.Equal((0, 1), (outcome.Completed, outcome.Failed));
        Assert.Equal([sent.SopInstance], outcome.FailedInstances);
        Assert.Empty(store.Received);
    }

    [Fact]
    public async Task ACommitmentIsReportedOnTheAssociationThatAsked()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var peer = await TestPeer.EnrolAsync(archive, "scanner", DeviceRights.Store);
        var sent = TestInstance.Make("Ada", 1);
        var missing = TestInstance.Make("Ada", 2);
        await StoreAsync(peer, sent);
        await using var association = await peer.CallAsync((Commit.Value, Implicit));
        Assert.True((await CommitAsync(association, [sent, missing])).IsSuccess);
        var (type, information) = await peer.Reports.NextAsync();
        Assert.Equal(CommitmentReport.SomeFailed, type);
        Assert.Equal(sent.SopInstance.Value, ReferencedIn(information, DicomTag.ReferencedSOPSequence));
        Assert.Equal(missing.SopInstance.Value, ReferencedIn(information, DicomTag.FailedSOPSequence));
        Assert.Equal(0x0112, information.GetItems(DicomTag.FailedSOPSequence)[0].GetInt32(DicomTag.FailureReason));
    }

    [Fact]
    public async Task ACommitmentIsReportedOnAReversedAssociationWhenTheRequesterIsGone()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var peer = await TestPeer.EnrolAsync(archive, "scanner", DeviceRights.Store, listens: true);
        var sent = TestInstance.Make("Ada", 1);
        await StoreAsync(peer, sent);
        await using (var association = await peer.CallAsync((Commit.Value, Implicit)))
        {
            Assert.True((await CommitAsync(association, [sent])).IsSuccess);
            association.Dicom.Abort();
        }

        var (type, information) = await peer.Reports.NextAsync();
        Assert.Equal(CommitmentReport.AllCommitted, type);
        Assert.Equal(sent.SopInstance.Value, ReferencedIn(information, DicomTag.ReferencedSOPSequence));
    }

    [Fact]
    public async Task APrivateStorageClassIsTakenWhenThePeerNamesItAsOne()
    {
        const string Private = "1.2.826.0.1.3680043.10.999.77";
        await using var archive = await ServedArchive.StartAsync();
        await using var peer = await TestPeer.EnrolAsync(archive, "scanner", DeviceRights.Store);
        var (connection, unnamed) = await peer.TryCallAsync(null, [(Private, Explicit)]);
        await using (connection)
        {
            Assert.Empty(unnamed.Association!.PresentationContexts);
            await unnamed.Association.DisposeAsync();
        }

        var (again, named) = await peer.TryCallAsync(
            null,
            [(Private, Explicit)],
            [new CommonExtendedNegotiation(Private, "1.2.840.10008.4.2", [])]
        );
        await using var association = new TestAssociation(again, named.Association!);
        var status = await association.Dicom.StoreAsync(TestInstance.Make("Ada", 1, Private));
        Assert.True(status.IsSuccess, $"{status}");
    }

    private static async Task StoreAsync(TestPeer peer, params TestInstance[] instances)
    {
        await using var association = await peer.CallAsync((TestInstance.CtImage, Explicit));
        foreach (var instance in instances)
        {
            var status = await association.Dicom.StoreAsync(instance);
            Assert.True(status.IsSuccess, $"{status} {status.Comment}");
        }

        await association.Dicom.ReleaseAsync();
    }

    private static async Task<List<DataSet>> FindAsync(TestAssociation association, string name)
    {
        var found = new List<DataSet>();
        await foreach (var response in association.Dicom.FindAsync(Find, NameKeys(name)))
        {
            if (response.Identifier is { } match)
            {
                found.Add(match);
            }
        }

        return found;
    }

    private static async Task<DimseStatus> FindStatusAsync(TestAssociation association)
    {
        var status = DimseStatus.Success;
        await foreach (var response in association.Dicom.FindAsync(Find, NameKeys("*")))
        {
            status = response.Status;
        }

        return status;
    }

    private static Task<DimseStatus> CommitAsync(TestAssociation association, TestInstance[] instances)
    {
        var information = new DataSet();
        information.SetString(DicomTag.TransactionUID, "1.2.826.0.1.3680043.10.999.5.1");
        information.SetItems(
            DicomTag.ReferencedSOPSequence,
            [
                .. instances.Select(instance =>
                {
                    var item = new DataSet();
                    item.SetString(DicomTag.ReferencedSOPClassUID, instance.SopClass.Value);
                    item.SetString(DicomTag.ReferencedSOPInstanceUID, instance.SopInstance.Value);
                    return item;
                }),
            ]
        );
        return association.Dicom.ActionAsync(Commit, CommitmentReport.Instance, 1, information);
    }

    private static string? ReferencedIn(DataSet information, DicomTag sequence) =>
        Assert.Single(information.GetItems(sequence)).GetString(DicomTag.ReferencedSOPInstanceUID);

    private static async Task<List<TrailEvent>> TrailAsync(ServedArchive archive)
    {
        await archive.Host.Trail.PrepareReadingAsync("test", CancellationToken.None);
        var reader = new TrailReader(DurableFolder.Open(archive.Folder.Trail), archive.Host.Master);
        return [.. reader.Read(DateTimeOffset.MinValue).Select(entry => entry.Event)];
    }

    private static DataSet StudyKeys(string study)
    {
        var keys = new DataSet();
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        keys.SetString(DicomTag.StudyInstanceUID, study);
        return keys;
    }

    private static DataSet NameKeys(string name)
    {
        var keys = new DataSet();
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        keys.SetString(DicomTag.PatientName, name);
        keys.SetEmpty(DicomTag.StudyInstanceUID);
        return keys;
    }
}
