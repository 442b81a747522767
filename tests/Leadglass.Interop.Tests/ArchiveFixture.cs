using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>A running archive with the devices that most tests need. Each test class has one of its own.</summary>
public sealed class ArchiveFixture : IAsyncLifetime
{
    private ArchiveProcess? archive;
    private EnrolledDevice? scanner;
    private EnrolledDevice? workstation;

    public ArchiveProcess Archive => archive ?? throw new InvalidOperationException("not started");

    /// <summary>May store only; has an address, so that storage commitment can be reported to it.</summary>
    public EnrolledDevice Scanner => scanner ?? throw new InvalidOperationException("not started");

    /// <summary>May do everything; has an address as a C-MOVE destination.</summary>
    public EnrolledDevice Workstation => workstation ?? throw new InvalidOperationException("not started");

    /// <summary>Where the scanner is said to listen.</summary>
    public int ScannerPort { get; } = FreePort.Next();

    /// <summary>Where the workstation is said to listen.</summary>
    public int WorkstationPort { get; } = FreePort.Next();

    public async ValueTask InitializeAsync()
    {
        archive = await ArchiveProcess.StartNewAsync();
        scanner = await archive.EnrolAsync("scanner", "SCANNER", "store", "--address", $"127.0.0.1:{ScannerPort}");
        workstation = await archive.EnrolAsync(
            "workstation",
            "WORKSTATION",
            "store,query,retrieve",
            "--address",
            $"127.0.0.1:{WorkstationPort}"
        );
    }

    /// <summary>A raw association of a device with this archive.</summary>
    public Task<RawAssociation> ConnectAsync(EnrolledDevice device, params IReadOnlyList<RawContext> contexts) =>
        ArchivePeer.ConnectAsync(Archive, device, contexts);

    /// <summary>Stores instances on one association and asserts that each is acknowledged.</summary>
    public Task StoreAsync(EnrolledDevice device, params IReadOnlyList<RawInstance> instances) =>
        ArchivePeer.StoreAsync(Archive, device, instances);

    public async ValueTask DisposeAsync()
    {
        if (archive is not null)
        {
            await archive.DisposeAsync();
        }
    }
}

/// <summary>What raw peers do with an archive in most tests.</summary>
public static class ArchivePeer
{
    public static async Task<RawAssociation> ConnectAsync(
        ArchiveProcess archive,
        EnrolledDevice device,
        IReadOnlyList<RawContext> contexts
    ) =>
        await RawAssociation.RequestAsync(
            await DeviceTls.ConnectAsync(archive.Host, archive.DicomPort, device),
            device.AeTitle,
            contexts
        );

    public static async Task StoreAsync(
        ArchiveProcess archive,
        EnrolledDevice device,
        IReadOnlyList<RawInstance> instances
    )
    {
        await using var association = await ConnectAsync(archive, device, Contexts(instances));
        foreach (var instance in instances)
        {
            Assert.Equal(0x0000, await association.StoreAsync(instance));
        }

        await association.ReleaseAsync();
    }

    /// <summary>One context per SOP class and transfer syntax, as byte-exact transfer needs.</summary>
    public static IReadOnlyList<RawContext> Contexts(IEnumerable<RawInstance> instances, bool asReceiver = false) =>
        [
            .. instances
                .Select(i => (i.SopClassUid, i.TransferSyntax))
                .Distinct()
                .Select(c => new RawContext(c.SopClassUid, c.TransferSyntax) { IsProviderRoleProposed = asReceiver }),
        ];

    /// <summary>C-GET of one instance with exactly its stored syntax.</summary>
    public static async Task<RawRetrieveResult> GetAsync(
        ArchiveProcess archive,
        EnrolledDevice device,
        RawInstance instance,
        byte[] identifier
    )
    {
        await using var association = await ConnectAsync(
            archive,
            device,
            [
                new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
                .. Contexts([instance], asReceiver: true),
            ]
        );
        var result = await association.GetAsync(RawServices.StudyRootGet, identifier);
        await association.ReleaseAsync();
        return result;
    }

    /// <summary>
    /// Asks for storage commitment and waits for the report of this transaction, on the same association or at the
    /// receiver's address, where reports of others may arrive too.
    /// </summary>
    public static async Task<RawMessage> CommitAsync(
        ArchiveProcess archive,
        EnrolledDevice device,
        int port,
        IReadOnlyList<RawInstance> instances,
        string transactionUid,
        bool leaveAtOnce = false
    )
    {
        await using var receiver = new RawReceiver(device, port);
        await using var association = await ConnectAsync(
            archive,
            device,
            [new RawContext(RawServices.StorageCommitment, RawServices.ImplicitLittle)]
        );
        Assert.Equal(0, await association.RequestCommitmentAsync(transactionUid, instances));
        if (leaveAtOnce)
        {
            // The report may cross the release.
            var early = await Record.ExceptionAsync(association.ReleaseAsync);
            Assert.True(early is null or IOException, $"{early}");
            return await ReportAsync(receiver, transactionUid);
        }

        var same = association.ReceiveAsync();
        var reversed = ReportAsync(receiver, transactionUid);
        if (await Task.WhenAny(same, reversed) == reversed)
        {
            return await reversed;
        }

        var report = await same;
        await association.SendAsync(report.ContextId, RawCommand.Response(report.Command, 0));
        await association.ReleaseAsync();
        return report;
    }

    private static async Task<RawMessage> ReportAsync(RawReceiver receiver, string transactionUid)
    {
        while (true)
        {
            var report = await receiver.ReceiveReportAsync(TimeSpan.FromSeconds(30));
            var isExplicit = report.TransferSyntax != RawServices.ImplicitLittle;
            if (RawElements.Texts(report.DataSet, isExplicit).GetValueOrDefault(0x00081195U) == transactionUid)
            {
                return report;
            }
        }
    }

    /// <summary>The identifier of one instance at image level.</summary>
    public static byte[] ImageKey(string study, string series, string instance) =>
        new RawIdentifier()
            .Add(0x00080018, "UI", instance)
            .Add(0x00080052, "CS", "IMAGE")
            .Add(0x0020000D, "UI", study)
            .Add(0x0020000E, "UI", series)
            .ToBytes(isExplicit: false);

    /// <summary>The identifier of one or several studies.</summary>
    public static byte[] StudyKey(params string[] studies) =>
        new RawIdentifier()
            .Add(0x00080052, "CS", "STUDY")
            .Add(0x0020000D, "UI", string.Join('\\', studies))
            .ToBytes(isExplicit: false);
}
