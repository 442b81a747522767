using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Edge;
using Leadglass.Server.Associations;
using Leadglass.Server.Tests.Associations;
using CommitmentAnswer = Leadglass.Edge.CommitmentAnswer;

namespace Leadglass.Server.Tests.Edges;

/// <summary>What an edge and its archive tell each other.</summary>
public sealed class EdgeControlTests
{
    private static readonly SopClassUid Find = SopClassUid.Parse(SupportedServices.StudyRootFind);
    private static readonly SopClassUid Get = SopClassUid.Parse(SupportedServices.StudyRootGet);

    [Fact]
    public async Task AReportIsAnsweredWithTheListOnceAndShowsInThePosture()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store, arguments => arguments with { ListensAt = "192.0.2.5:104" });
        await edge.AddAsync(
            "ws1",
            DeviceRights.Query | DeviceRights.Retrieve,
            arguments => arguments with { MoveTo = ["ws2"] }
        );
        await using var association = await edge.CallAsync();
        var first = await ReportAsync(association, Report());
        Assert.Equal(["ct1", "ws1"], first.Scanners!.Scanners.Select(scanner => scanner.Name));
        var listed = first.Scanners.Checked().Scanners;
        Assert.True(listed[0].CallsFrom(IPAddress.Parse("192.0.2.5")));
        Assert.False(listed[0].CallsFrom(IPAddress.Parse("192.0.2.55")));
        Assert.Equal("192.0.2.5:104", listed[0].ListensAt);
        Assert.Equal([ScannerService.Query, ScannerService.Retrieve], listed[1].Services);
        Assert.True(listed[1].MayMoveTo(listed[1]) && listed[1].MayMoveTo(listed[0] with { Name = "WS2" }));
        Assert.False(listed[1].MayMoveTo(listed[0]));

        var report = Report() with { ScannersDigest = first.Scanners.Digest };
        Assert.Null((await ReportAsync(association, report)).Scanners);
        await archive.Host.Devices.ChangeAsync("ct1", device => device with { Enabled = false }, default);
        Assert.Equal(["ws1"], (await ReportAsync(association, report)).Scanners!.Scanners.Select(one => one.Name));

        var state = archive.Host.EdgeStates.Find("ward")!;
        Assert.Equal(
            (3, 4_000_000L, 90, 1, true),
            ((int)state.Envelopes, state.Bytes, (int)state.OldestSeconds, (int)state.SetAside, state.IsFull)
        );
        Assert.Equal("1.2.3", state.Version);
    }

    [Fact]
    public async Task RefusalsAtTheEdgeStandInTheTrailOnceHoweverOftenTheReportComes()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await using var association = await edge.CallAsync();
        var minute = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var report = Report() with
        {
            Sequence = 5,
            Refusals =
            [
                new EdgeRefusal("198.51.100.7", "ROGUE", null, EdgeRefusalReason.AddressNotListed, minute, 41),
                new EdgeRefusal("192.0.2.5", "CT1", "ct1", EdgeRefusalReason.ServiceNotAllowed, minute, 1),
                new EdgeRefusal("no address", "a\\b", null, EdgeRefusalReason.ProtocolBroken, minute, -7),
            ],
        };
        await ReportAsync(association, report);
        await ReportAsync(association, report);
        Assert.Equal(42, archive.Host.EdgeStates.Find("ward")!.Refused);
        var refusals = (await TestEdge.TrailAsync(archive)).Where(one => one.Through == "ward").ToList();
        Assert.Equal(
            [
                ("device:ct1", RefusalReason.RightMissing, 1),
                ("stranger", RefusalReason.SourceNotListed, 41),
                ("stranger", RefusalReason.WrongProtocol, 1),
            ],
            refusals.Select(one => (one.Who, one.Refusal!.Value, one.Count)).OrderBy(one => (one.Who, -one.Count))
        );
    }

    [Fact]
    public async Task ARenewedCertificateHoldsBesideTheOld()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await using var association = await edge.CallAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        for (var time = 0; time < 5; time++)
        {
            var renewed = await TestEdge.ActAsync(
                association,
                EdgeServices.RenewAction,
                new CertificateRenewal(pem),
                WireJson.Default.CertificateRenewal,
                WireJson.Default.RenewedCertificate
            );
            using var certificate = X509Certificate2.CreateFromPem(renewed.Certificate);
            Assert.Equal("CN=ward", certificate.Subject);
            Assert.IsType<Identification.Known>(archive.Host.Policy.Identify(certificate, address: null));
        }

        Assert.True(
            (
                await association.Dicom.ActionWithReplyAsync(
                    EdgeServices.Control,
                    EdgeServices.ControlInstance,
                    EdgeServices.ReportAction,
                    WireJson.ToDataSet(Report(), WireJson.Default.EdgeReport)
                )
            )
                .Status
                .IsSuccess
        );
        Assert.Equal(6, archive.Host.Devices.Current.Find("ward")!.Certificates.Length);
        Assert.Equal(
            5,
            (await TestEdge.TrailAsync(archive)).Count(one => one.Detail == "edge ward renewed its certificate")
        );
    }

    [Theory]
    [InlineData(EdgeServices.ReportAction)]
    [InlineData(EdgeServices.RenewAction)]
    [InlineData(EdgeServices.CommitmentAction)]
    [InlineData((ushort)4)]
    public async Task NonsenseIsRefusedAndTheAssociationStays(ushort action)
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await using var association = await edge.CallAsync();
        foreach (
            var json in new[]
            {
                "",
                "{}",
                "[]",
                "null",
                "{\"queue\":{}}",
                "{\"delivered\":7}",
                "{\"signingRequest\":7}",
            }
        )
        {
            var information = new DataSet();
            information.SetText(new DicomTag(0x0009, 0x0010), ValueRepresentation.LO, "LEADGLASS EDGE 1");
            information.SetBytes(
                new DicomTag(0x0009, 0x1001),
                ValueRepresentation.OB,
                System.Text.Encoding.UTF8.GetBytes(json.Length % 2 == 0 ? json : json + " ")
            );
            foreach (var asked in new[] { information, null })
            {
                var reply = await association.Dicom.ActionWithReplyAsync(
                    EdgeServices.Control,
                    EdgeServices.ControlInstance,
                    action,
                    asked
                );
                Assert.False(reply.Status.IsSuccess, $"{action} takes {json}");
            }
        }

        Assert.NotNull((await ReportAsync(association, Report())).Scanners);
    }

    [Fact]
    public async Task CommitmentIsAnsweredThroughTheEdgeUntilItIsDelivered()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await using var association = await edge.CallAsync();
        TestInstance[] instances = [TestInstance.Make("Ada", 1), TestInstance.Make("Ada", 2)];
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(edge.Seal("ct1", instances[0])));
        var request = Request(edge, instances);
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(request));
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(request));
        Assert.True((await ReportAsync(association, Report())).HasCommitmentAnswers);

        for (var time = 0; time < 2; time++)
        {
            var answer = Assert.Single(await InquireAsync(association));
            Assert.Equal(
                (request.Id, "ct1", "CT1", (ushort)2),
                (answer.Request, answer.Scanner, answer.AeTitle, answer.EventType)
            );
            var information = DataSetReader.Read(answer.Information, TransferSyntax.ExplicitVrLittleEndian);
            Assert.Equal("2.25.77", information.GetString(DicomTag.TransactionUID));
            Assert.Equal([instances[0].SopInstance.Value], Named(information, DicomTag.ReferencedSOPSequence));
            Assert.Equal([instances[1].SopInstance.Value], Named(information, DicomTag.FailedSOPSequence));
        }

        Assert.Empty(await InquireAsync(association, request.Id));
        Assert.False((await ReportAsync(association, Report())).HasCommitmentAnswers);
    }

    [Fact]
    public async Task ADeviceThatNeverTakesItsResultsHoldsUpNothing()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await using var association = await edge.CallAsync();
        var instance = TestInstance.Make("Ada", 1);
        var requests = Enumerable
            .Range(0, CommitmentQueue.RequestsPerDeviceMax + 3)
            .Select(number => Request(edge, $"2.25.{number}", instance))
            .ToList();
        foreach (var request in requests)
        {
            Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(request));
        }

        var again = Request(edge, $"2.25.{requests.Count - 1}", instance);
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(again));
        Assert.Equal(
            [.. requests[3..^1].Select(request => request.Id), again.Id],
            (await InquireAsync(association)).Select(answer => answer.Request)
        );
    }

    [Fact]
    public async Task AnotherEdgeDoesNotGetTheAnswers()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        using var other = await TestEdge.EnrolAsync(archive, "other");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await using var association = await edge.CallAsync();
        var request = Request(edge, TestInstance.Make("Ada", 1));
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(request));
        await using var others = await other.CallAsync();
        Assert.Empty(await InquireAsync(others, request.Id));
        Assert.Single(await InquireAsync(association));
    }

    [Fact]
    public async Task AListedWorkstationQueriesAndRetrievesThroughItsEdgeAndNobodyElseDoes()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await edge.AddAsync("ws1", DeviceRights.Query | DeviceRights.Retrieve);
        var instance = TestInstance.Make("Ada", 1);
        await using (var storing = await edge.CallAsync())
        {
            Assert.Equal(DimseStatus.Success, await storing.Dicom.StoreAsync(edge.Seal("ct1", instance)));
        }

        (string, TransferSyntax)[] wanted =
        [
            (Find.Value, TransferSyntax.ImplicitVrLittleEndian),
            (Get.Value, TransferSyntax.ImplicitVrLittleEndian),
            (TestInstance.CtImage, TransferSyntax.ExplicitVrLittleEndian),
        ];
        await using var peer = await TestPeer.EnrolAsync(archive, "collector", DeviceRights.None);
        await using (var live = await edge.CallAsync("WS1", peer, wanted))
        {
            Assert.Equal(instance.Study, Assert.Single(await FindAsync(live)));
            var outcome = await live.Dicom.GetAsync(Get, StudyKeys(instance.Study));
            Assert.Equal(
                (1, instance.Bytes.Length),
                (outcome.Completed, peer.Received[instance.SopInstance.Value].Bytes.Length)
            );
            // Storing goes by envelopes only.
            Assert.Equal(0x0124, (await live.Dicom.StoreAsync(TestInstance.Make("Ada", 9))).Code);
            await live.Dicom.ReleaseAsync();
        }

        // A scanner that is not listed for it, and a title of nobody.
        await using (var live = await edge.CallAsync("CT1", peer, wanted))
        {
            Assert.Empty(await FindAsync(live));
            Assert.Equal(0x0124, (await live.Dicom.GetAsync(Get, StudyKeys(instance.Study))).Status.Code);
        }

        var (connection, refused) = await edge.TryCallAsync("NOBODY", peer, wanted);
        await using (connection)
        {
            Assert.Null(refused.Association);
        }

        var trail = await TestEdge.TrailAsync(archive);
        Assert.Contains(trail, one => one is { Who: "device:ws1", Through: "ward", Operation: Operation.Query });
        Assert.Contains(
            trail,
            one => one is { Who: "device:ct1", Through: "ward", Refusal: RefusalReason.RightMissing }
        );
        Assert.Contains(trail, one => one is { Who: "device:ward", Refusal: RefusalReason.NotBehindEdge });
    }

    [Theory]
    [InlineData("ws1")]
    [InlineData("ward")]
    public async Task DisablingAWorkstationOrItsEdgeAbortsWhatIsUp(string disabled)
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ws1", DeviceRights.Query);
        await using var live = await edge.CallAsync(
            "WS1",
            handler: null,
            (Find.Value, TransferSyntax.ImplicitVrLittleEndian)
        );
        Assert.Empty(await FindAsync(live));
        await archive.Host.Devices.ChangeAsync(disabled, device => device with { Enabled = false }, default);
        await Assert.ThrowsAsync<AssociationEndedException>(() => FindAsync(live));
    }

    private static EdgeReport Report() =>
        new("1.2.3", new EdgeQueueState(3, 4_000_000, 90, 1, true), [], "") { Run = Guid.NewGuid(), Sequence = 1 };

    private static Task<EdgeInstructions> ReportAsync(TestAssociation association, EdgeReport report) =>
        TestEdge.ActAsync(
            association,
            EdgeServices.ReportAction,
            report,
            WireJson.Default.EdgeReport,
            WireJson.Default.EdgeInstructions
        );

    private static async Task<IReadOnlyList<CommitmentAnswer>> InquireAsync(
        TestAssociation association,
        params Guid[] delivered
    ) =>
        (
            await TestEdge.ActAsync(
                association,
                EdgeServices.CommitmentAction,
                new CommitmentInquiry(delivered),
                WireJson.Default.CommitmentInquiry,
                WireJson.Default.CommitmentAnswers
            )
        ).Answers;

    private static TestEnvelope Request(TestEdge edge, params TestInstance[] instances) =>
        Request(edge, "2.25.77", instances);

    private static TestEnvelope Request(TestEdge edge, string transaction, params TestInstance[] instances)
    {
        var information = new DataSet();
        information.SetString(DicomTag.TransactionUID, transaction);
        information.SetItems(
            DicomTag.ReferencedSOPSequence,
            [
                .. instances.Select(one =>
                {
                    var item = new DataSet();
                    item.SetString(DicomTag.ReferencedSOPClassUID, one.SopClass.Value);
                    item.SetString(DicomTag.ReferencedSOPInstanceUID, one.SopInstance.Value);
                    return item;
                }),
            ]
        );
        var encoded = new ArrayBufferWriter<byte>();
        DataSetWriter.Write(information, TransferSyntax.ExplicitVrLittleEndian, encoded);
        return edge.Seal(
            new EnvelopeDescription(
                EnvelopeKind.CommitmentRequest,
                "ct1",
                "CT1",
                "ARCHIVE",
                "192.0.2.5",
                TimeProvider.System.GetUtcNow()
            ),
            encoded.WrittenSpan.ToArray()
        );
    }

    private static IEnumerable<string?> Named(DataSet information, DicomTag sequence) =>
        information.GetItems(sequence).Select(item => item.GetString(DicomTag.ReferencedSOPInstanceUID));

    private static async Task<List<string?>> FindAsync(TestAssociation association)
    {
        var keys = StudyKeys("");
        var found = new List<string?>();
        await foreach (var response in association.Dicom.FindAsync(Find, keys))
        {
            if (response.Identifier is { } match)
            {
                found.Add(match.GetString(DicomTag.StudyInstanceUID));
            }
        }

        return found;
    }

    private static DataSet StudyKeys(string study)
    {
        var keys = new DataSet();
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        keys.SetString(DicomTag.StudyInstanceUID, study);
        return keys;
    }
}
