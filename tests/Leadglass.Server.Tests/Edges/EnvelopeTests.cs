using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Edge;
using Leadglass.Server.Associations;
using Leadglass.Server.Tests.Associations;

namespace Leadglass.Server.Tests.Edges;

/// <summary>What an edge forwards, and what somebody might make of it on the way.</summary>
public sealed class EnvelopeTests
{
    private static readonly SopClassUid Get = SopClassUid.Parse(SupportedServices.StudyRootGet);

    [Fact]
    public async Task WhatAScannerStoredAtTheEdgeIsFoundAndGivenByteForByte()
    {
        await using var archive = await ServedArchive.StartAsync();
        using var edge = await TestEdge.EnrolAsync(archive, "ward");
        await edge.AddAsync("ct1", DeviceRights.Store);
        // One long enough for several chunks and for a record of its own.
        TestInstance[] sent = [TestInstance.Make("Ada", 1), TestInstance.Make("Ada", 2, pixels: 512)];
        await using (var association = await edge.CallAsync())
        {
            foreach (var instance in sent)
            {
                Assert.Equal(DimseStatus.Success, await association.Dicom.StoreAsync(edge.Seal("ct1", instance)));
            }

            await association.Dicom.ReleaseAsync();
        }

        await using var viewer = await TestPeer.EnrolAsync(
            archive,
            "viewer",
            DeviceRights.Query | DeviceRights.Retrieve
        );
        await using var reading = await viewer.CallAsync(
            (Get.Value, TransferSyntax.ImplicitVrLittleEndian),
            (TestInstance.CtImage, TransferSyntax.ExplicitVrLittleEndian)
        );
        var outcome = await reading.Dicom.GetAsync(Get, StudyKeys(sent[0].Study));
        Assert.Equal(2, outcome.Completed);
        Assert.All(sent, one => Assert.Equal(one.Bytes, viewer.Received[one.SopInstance.Value].Bytes));

        var stored = (await TestEdge.TrailAsync(archive)).Where(one => one.Operation is Operation.Store).ToList();
        Assert.NotEmpty(stored);
        Assert.All(
            stored,
            one => Assert.Equal(("device:ct1", "ward", "192.0.2.5"), (one.Who, one.Through, one.Address))
        );
    }

    private static DataSet StudyKeys(string study)
    {
        var keys = new DataSet();
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        keys.SetString(DicomTag.StudyInstanceUID, study);
        return keys;
    }
}
