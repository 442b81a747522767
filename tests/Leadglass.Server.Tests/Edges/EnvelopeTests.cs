using CsCheck;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Edge;
using Leadglass.Sealing;
using Leadglass.Server.Associations;
using Leadglass.Server.Tests.Associations;

namespace Leadglass.Server.Tests.Edges;

/// <summary>What an edge forwards, and what somebody might make of it on the way.</summary>
public sealed class EnvelopeTests
{
    private const int CannotUnderstand = 0xC000;
    private const int NotAuthorized = 0x0124;

    private static readonly SopClassUid Get = SopClassUid.Parse(SupportedServices.StudyRootGet);

    [Fact]
    public async Task WhatAScannerStoredAtTheEdgeIsGivenByteForByteAndTheTrailNamesBoth()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        // One long enough for several chunks.
        TestInstance[] sent = [TestInstance.Make("Ada", 1), TestInstance.Make("Ada", 2, pixels: 512)];
        await using (var association = await edge.CallAsync())
        {
            foreach (var instance in sent)
            {
                Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(edge.Seal("ct1", instance)));
            }

            await association.Dicom.ReleaseAsync();
        }

        var received = await RetrieveAsync(archive, sent[0].Study);
        Assert.Equal(2, received.Count);
        Assert.All(sent, one => Assert.Equal(one.Bytes, received[one.SopInstance.Value]));
        var stored = (await TestEdge.TrailAsync(archive)).Where(one => one.Operation is Operation.Store).ToList();
        Assert.NotEmpty(stored);
        Assert.All(
            stored,
            one => Assert.Equal(("device:ct1", "ward", "192.0.2.5"), (one.Who, one.Through, one.Address))
        );
    }

    [Fact]
    public async Task TheSameEnvelopeTwiceIsOneInstance()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await using var association = await edge.CallAsync();
        var instance = TestInstance.Make("Ada", 1);
        var envelope = edge.Seal("ct1", instance);
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(envelope));
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(envelope));
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(edge.Seal("ct1", instance)));
        Assert.Single(await RetrieveAsync(archive, instance.Study));
    }

    [Fact]
    public async Task WhatIsNotForThisArchiveFromThisEdgeUnderThisIdIsRefused()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        using var other = await TestEdge.EnrolAsync(archive, "other");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await using var association = await edge.CallAsync();
        await using var others = await other.CallAsync();
        var instance = TestInstance.Make("Ada", 1);
        var right = edge.Seal("ct1", instance);
        foreach (
            var wrong in new[]
            {
                edge.Seal("ct1", instance, ids => ids with { Archive = Guid.NewGuid() }),
                edge.Seal("ct1", instance, ids => ids with { Sender = other.Grant.Edge }),
                edge.Seal("ct1", instance, ids => ids with { Envelope = Guid.NewGuid() }),
                right.With(right.Bytes[..^1]),
                right.With(right.Bytes[..100]),
                right.With(right.Bytes[..169]),
                right.With([.. right.Bytes, 0]),
                right.With([.. right.Bytes, .. right.Bytes]),
                right.With(instance.Bytes),
            }
        )
        {
            Assert.Equal(CannotUnderstand, (await association.Dicom.StoreAsync(wrong)).Code);
        }

        // Another edge that got hold of the envelope, and one that made it itself for a scanner of the first.
        Assert.Equal(CannotUnderstand, (await others.Dicom.StoreAsync(right)).Code);
        Assert.Equal(NotAuthorized, (await others.Dicom.StoreAsync(other.Seal("ct1", instance))).Code);
        Assert.Empty(await RetrieveAsync(archive, instance.Study));
        var trail = await TestEdge.TrailAsync(archive);
        Assert.Contains(trail, one => one is { Who: "device:ward", Refusal: RefusalReason.EnvelopeInvalid });
        Assert.Contains(trail, one => one is { Who: "device:other", Refusal: RefusalReason.NotBehindEdge });

        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(right));
    }

    [Fact]
    public async Task NoDamageIsTakenForAnInstanceAndNoneEndsTheAssociation()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await using var association = await edge.CallAsync();
        var instance = TestInstance.Make("Ada", 1, pixels: 256);
        var whole = edge.Seal("ct1", instance);
        Gen.Int[0, whole.Bytes.Length - 1]
            .Select(Gen.Byte[1, 255], Gen.Int[0, 2])
            .Sample(
                damage =>
                {
                    var (at, with, kind) = damage;
                    var bytes = whole.Bytes.ToArray();
                    bytes[at] ^= with;
                    var sent = kind switch
                    {
                        0 => bytes,
                        1 => bytes[..(at + 1)],
                        _ => [.. whole.Bytes[..at], .. whole.Bytes[Math.Min(whole.Bytes.Length, at + with)..]],
                    };
                    return association.Dicom.StoreAsync(whole.With(sent)).GetAwaiter().GetResult().Code
                        == CannotUnderstand;
                },
                iter: 300,
                threads: 1
            );
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(whole));
        Assert.Single(await RetrieveAsync(archive, instance.Study));
    }

    [Fact]
    public async Task ADeviceThatIsShutOutIsRefusedAndLetInAgain()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await edge.AddAsync("ws1", DeviceRights.Query);
        await using var association = await edge.CallAsync();
        var envelope = edge.Seal("ct1", TestInstance.Make("Ada", 1));
        await EnableAsync("ct1", enabled: false);
        Assert.Equal(NotAuthorized, (await association.Dicom.StoreAsync(envelope)).Code);
        await EnableAsync("ct1", enabled: true);
        Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(envelope));
        var unlisted = edge.Seal("ws1", TestInstance.Make("Ada", 2));
        Assert.Equal(NotAuthorized, (await association.Dicom.StoreAsync(unlisted)).Code);

        await EnableAsync("ward", enabled: false);
        // The abort may come a moment later; meanwhile it is told to wait, never that its envelope is refused for good.
        await Assert.ThrowsAsync<AssociationEndedException>(async () =>
        {
            while ((await association.Dicom.StoreAsync(envelope)).Code == DimseStatus.OutOfResources.Code)
            {
                await Task.Yield();
            }
        });

        Task EnableAsync(string name, bool enabled) =>
            archive
                .Host.Devices.ChangeAsync(name, device => device with { Enabled = enabled }, CancellationToken.None)
                .AsTask();
    }

    [Fact]
    public async Task WhatTwoDevicesStoreIntoOneStudyIsCountedForEach()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await edge.AddAsync("ct2", DeviceRights.Store);
        await using (var association = await edge.CallAsync())
        {
            foreach (var (device, number) in new[] { ("ct1", 1), ("ct2", 2), ("ct2", 3) })
            {
                var envelope = edge.Seal(device, TestInstance.Make("Ada", number));
                Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(envelope));
            }

            await association.Dicom.ReleaseAsync();
        }

        await archive.Server.StopAsync();
        var outcomes = (await TestEdge.TrailAsync(archive)).Where(one =>
            one.Event is Access.Trails.AuditEvent.InstancesTransferred
        );
        Assert.Equal([("device:ct1", 1), ("device:ct2", 2)], outcomes.Select(one => (one.Who, one.Count)).Order());
    }

    /// <summary>What a direct C-STORE is answered, an envelope with the same in it is.</summary>
    [Fact]
    public async Task RefusalsAreThoseOfADirectStore()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        await using var scanner = await TestPeer.EnrolAsync(archive, "direct", DeviceRights.Store);
        await using var direct = await scanner.CallAsync((TestInstance.CtImage, TransferSyntax.ExplicitVrLittleEndian));
        await using var association = await edge.CallAsync();
        var stored = TestInstance.Make("Ada", 1);
        Assert.Equal(DimseStatus.Success, await direct.Dicom.StoreAsync(stored));
        foreach (
            var odd in new[]
            {
                Changed(DicomTag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.4"),
                Changed(DicomTag.StudyInstanceUID, "no uid"),
                Changed(DicomTag.SeriesInstanceUID, ""),
                Changed(DicomTag.PatientID, "ID-of-another"),
            }
        )
        {
            var expected = await direct.Dicom.StoreAsync(odd);
            Assert.NotEqual(0, expected.Code);
            Assert.Equal(expected, await association.Dicom.StoreAsync(edge.Seal("ct1", odd)));
        }

        TestInstance Changed(DicomTag tag, string value)
        {
            var dataSet = DataSetReader.Read(stored.Bytes, TransferSyntax.ExplicitVrLittleEndian);
            dataSet.SetString(tag, value);
            return new TestInstance(dataSet, TransferSyntax.ExplicitVrLittleEndian)
            {
                SopClass = stored.SopClass,
                SopInstance = stored.SopInstance,
            };
        }
    }

    [Fact]
    public async Task CoercionRulesSetWhatTheySayAndTheTrailTellsWhatWasThere()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync(
            "ct1",
            DeviceRights.Store,
            arguments => arguments with { Institution = "Klinik Süd", Station = "CT 1", DefaultIssuer = "WARD" }
        );
        var plain = TestInstance.Make("Ada", 1);
        var dataSet = DataSetReader.Read(plain.Bytes, TransferSyntax.ExplicitVrLittleEndian);
        dataSet.SetString(DicomTag.InstitutionName, "Somewhere else");
        var sent = new TestInstance(dataSet, TransferSyntax.ExplicitVrLittleEndian);
        await using (var association = await edge.CallAsync())
        {
            var envelope = edge.Seal("ct1", sent);
            Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(envelope));
            Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(envelope));
        }

        var received = await RetrieveAsync(archive, sent.Study);
        var stored = DataSetReader.Read(received[sent.SopInstance.Value], TransferSyntax.ExplicitVrLittleEndian);
        Assert.Equal("Klinik Süd", stored.GetString(DicomTag.InstitutionName));
        Assert.Equal("CT 1", stored.GetString(DicomTag.StationName));
        Assert.Equal(dataSet.GetBytes(DicomTag.PixelData)!.Value, stored.GetBytes(DicomTag.PixelData)!.Value);
        Assert.Equal(dataSet.GetString(DicomTag.PatientName), stored.GetString(DicomTag.PatientName));
        var told = Assert.Single(
            await TestEdge.TrailAsync(archive),
            one => one.Detail?.StartsWith("coercion rule", StringComparison.Ordinal) is true
        );
        Assert.Equal(("device:ct1", "ward", sent.Study), (told.Who, told.Through, told.Study?.Value));
        Assert.Contains("\"Klinik Süd\", was \"Somewhere else\"", told.Detail, StringComparison.Ordinal);
        Assert.Contains("\"CT 1\", was empty or absent", told.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEdgesOwnAssociationTakesNothingElse()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await using var association = await edge.CallAsync(
            wanted:
            [
                (SupportedServices.Verification, TransferSyntax.ImplicitVrLittleEndian),
                (SupportedServices.StudyRootFind, TransferSyntax.ImplicitVrLittleEndian),
                (SupportedServices.StudyRootGet, TransferSyntax.ImplicitVrLittleEndian),
                (TestInstance.CtImage, TransferSyntax.ExplicitVrLittleEndian),
                (EdgeServices.EnvelopeStorage.Value, TransferSyntax.ExplicitVrLittleEndian),
            ]
        );
        Assert.Equal(
            [SupportedServices.Verification],
            association.Dicom.PresentationContexts.Select(context => context.AbstractSyntaxUid)
        );
    }

    [Fact]
    public async Task ADeviceWithoutAnEdgeCannotBringEnvelopes()
    {
        await using var archive = await ServedArchive.StartAsync();
        await using var scanner = await TestPeer.EnrolAsync(archive, "scanner", DeviceRights.Store);
        await using var association = await scanner.CallAsync(
            (SupportedServices.Verification, TransferSyntax.ImplicitVrLittleEndian),
            (EdgeServices.EnvelopeStorage.Value, TransferSyntax.LeadglassEnvelope),
            (EdgeServices.Control.Value, TransferSyntax.ExplicitVrLittleEndian)
        );
        Assert.Equal(
            [SupportedServices.Verification],
            association.Dicom.PresentationContexts.Select(context => context.AbstractSyntaxUid)
        );
    }

    /// <summary>The private key that opens envelopes lies sealed, and survives a restart.</summary>
    [Fact]
    public async Task TheKeyOfEnvelopesLiesSealed()
    {
        await using var archive = await ServedArchive.StartAsync();
        var state = DurableFolder.Open(archive.Folder.State);
        using var again = await Server.Edges.EdgeKeys.OpenAsync(state, archive.Host.Master, CancellationToken.None);
        Assert.Equal(archive.Host.EdgeKey.PublicKey.Id, again.PublicKey.Id);
        var onDisk = await File.ReadAllBytesAsync(Path.Combine(archive.Folder.State, Server.Edges.EdgeKeys.FileName));
        var secret = archive.Host.EdgeKey.Export();
        Assert.Equal(-1, onDisk.AsSpan().IndexOf(secret.AsSpan(secret.Length / 2, 16)));
    }

    private static async Task<Dictionary<string, byte[]>> RetrieveAsync(ServedArchive archive, string study)
    {
        await using var viewer = await TestPeer.EnrolAsync(
            archive,
            $"viewer-{Guid.NewGuid():N}"[..16],
            DeviceRights.Query | DeviceRights.Retrieve
        );
        await using var reading = await viewer.CallAsync(
            (Get.Value, TransferSyntax.ImplicitVrLittleEndian),
            (TestInstance.CtImage, TransferSyntax.ExplicitVrLittleEndian)
        );
        var keys = new DataSet();
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        keys.SetString(DicomTag.StudyInstanceUID, study);
        await reading.Dicom.GetAsync(Get, keys);
        return viewer.Received.ToDictionary(pair => pair.Key, pair => pair.Value.Bytes);
    }
}
