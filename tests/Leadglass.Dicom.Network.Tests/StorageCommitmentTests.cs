using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests;

/// <summary>N-ACTION and N-EVENT-REPORT on the same association and on one the other way round (PS3.4 J.3).</summary>
public sealed class StorageCommitmentTests
{
    private const string Commitment = SopClasses.StorageCommitmentPushModel;
    private const string Instance = "1.2.840.10008.1.20.1.1";
    private static readonly SopClassUid Class = SopClassUid.Parse(Commitment);
    private static readonly SopInstanceUid WellKnown = SopInstanceUid.Parse(Instance);

    [Fact(Timeout = 20_000)]
    public async Task TheReportComesOnTheSameAssociationEvenBeforeTheActionIsAnswered()
    {
        var reported = new TaskCompletionSource<(ushort Type, string? Transaction)>();
        var server = new TestHandler();
        DimseStatus? reportStatus = null;
        server.Action = async (request, information) =>
        {
            Assert.Equal((Class, WellKnown, 1), (request.SopClass, request.SopInstance, (int)request.ActionTypeId));
            reportStatus = await server.Association!.SendEventReportAsync(Class, WellKnown, 1, information, default);
            return DimseStatus.Success;
        };
        var client = new TestHandler
        {
            EventReport = (request, information) =>
            {
                reported.SetResult((request.EventTypeId, information?.GetString(DicomTag.TransactionUID)));
                return Task.FromResult(DimseStatus.Success);
            },
        };
        await using var connected = await Connected.OpenAsync(server, Connected.Options(Commitment), client);

        var status = await connected.Client.ActionAsync(Class, WellKnown, 1, Transaction("1.2.3.4"));

        Assert.Equal(DimseStatus.Success, status);
        Assert.Equal(DimseStatus.Success, reportStatus);
        Assert.Equal(((ushort)1, (string?)"1.2.3.4"), await reported.Task);
    }

    [Fact(Timeout = 20_000)]
    public async Task TheReportComesOnAnAssociationTheOtherWayRound()
    {
        string? transaction = null;
        var modality = new TestHandler
        {
            EventReport = (_, information) =>
            {
                transaction = information?.GetString(DicomTag.TransactionUID);
                return Task.FromResult(DimseStatus.Success);
            },
        };
        var options = Connected.Options(Commitment) with
        {
            RoleSelections = [new RoleSelection(Commitment, RequestorIsScu: false, RequestorIsScp: true)],
        };
        await using var connected = await Connected.OpenAsync(modality, options);

        var status = await connected.Client.SendEventReportAsync(Class, WellKnown, 2, Transaction("1.2.3.5"));

        Assert.Equal(DimseStatus.Success, status);
        Assert.Equal("1.2.3.5", transaction);
    }

    [Fact(Timeout = 20_000)]
    public async Task WithoutTheRoleNoReportIsSentOrTaken()
    {
        var modality = new TestHandler { EventReport = (_, _) => Task.FromResult(DimseStatus.Success) };
        await using var connected = await Connected.OpenAsync(modality, Connected.Options(Commitment));

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            connected.Client.SendEventReportAsync(Class, WellKnown, 1, Transaction("1.2.3.6"))
        );
    }

    /// <summary>PS3.7 10.1.4.1.8: an action may have a reply.</summary>
    [Fact(Timeout = 20_000)]
    public async Task AnActionsReplyComesBack()
    {
        var server = new TestHandler
        {
            Action = (_, _) => Task.FromResult(DimseStatus.Success),
            Reply = information => Transaction(information?.GetString(DicomTag.TransactionUID) + ".9"),
        };
        await using var connected = await Connected.OpenAsync(server, Connected.Options(Commitment));

        var reply = await connected.Client.ActionWithReplyAsync(Class, WellKnown, 1, Transaction("1.2.3.7"));

        Assert.Equal(DimseStatus.Success, reply.Status);
        Assert.Equal("1.2.3.7.9", reply.Information?.GetString(DicomTag.TransactionUID));
    }

    private static DataSet Transaction(string uid)
    {
        var information = new DataSet();
        information.SetString(DicomTag.TransactionUID, uid);
        return information;
    }
}
