using Leadglass.Testing;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>The peers themselves: what the other tests take for granted about them.</summary>
public sealed class PeerTests : IDisposable
{
    private static readonly string[] Syntaxes =
    [
        RawServices.ImplicitLittle,
        RawServices.ExplicitLittle,
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.5",
    ];

    private readonly ScratchFolder scratch = new("peers");

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task What_the_raw_sender_sends_is_what_a_bit_preserving_receiver_writes()
    {
        var files = OnePerSyntax();
        var port = FreePort.Next();
        var folder = scratch.File("received");
        await using var receiver = await Dcmtk.StartReceiverAsync(port, folder, device: null, "+B", "+xa", "+uf");
        foreach (var file in files)
        {
            var instance = file.ToInstance();
            await using var association = await RawAssociation.RequestAsync(
                await PlainAsync(port),
                "RAWSCU",
                [new RawContext(instance.SopClassUid, instance.TransferSyntax)]
            );
            Assert.Equal(0, await association.StoreAsync(instance));
            await association.ReleaseAsync();
        }

        var received = Directory.EnumerateFiles(folder).Select(f => RawFile.TryRead(f)!.DataSet).ToList();
        foreach (var file in files)
        {
            Assert.Contains(received, bytes => bytes.AsSpan().SequenceEqual(file.DataSet));
        }
    }

    [Fact]
    public async Task The_raw_peer_speaks_to_Orthanc_over_TLS_in_both_directions()
    {
        using var authority = new ForeignAuthority(TimeProvider.System);
        var orthancDevice = authority.Issue(scratch.File("orthanc"), "orthanc", "ORTHANC", TimeSpan.FromDays(1));
        var rawDevice = authority.Issue(scratch.File("raw"), "raw", "RAWSCU", TimeSpan.FromDays(1));
        await using var receiver = new RawReceiver(rawDevice);
        await using var orthanc = await OrthancProcess.StartAsync(
            orthancDevice,
            [new OrthancModality("raw", "RAWSCU", "127.0.0.1", receiver.Port, IsTls: true)]
        );
        var instance = OnePerSyntax().First(f => f.TransferSyntax == RawServices.ExplicitLittle).ToInstance();
        await using var association = await RawAssociation.RequestAsync(
            await DeviceTls.ConnectAsync("127.0.0.1", orthanc.DicomPort, rawDevice),
            "RAWSCU",
            [
                new RawContext(RawServices.Verification, RawServices.ImplicitLittle),
                new RawContext(instance.SopClassUid, instance.TransferSyntax) { IsProviderRoleProposed = true },
                new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
                new RawContext(RawServices.StudyRootMove, RawServices.ImplicitLittle),
                new RawContext(RawServices.StorageCommitment, RawServices.ImplicitLittle),
            ]
        );
        Assert.Equal(0, await association.EchoAsync());
        var study = RawElements.Texts(instance.DataSet, isExplicit: true)[0x0020000D];
        var key = new RawIdentifier().Add(0x00080052, "CS", "STUDY").Add(0x0020000D, "UI", study).ToBytes(false);

        await using var sending = await RawAssociation.RequestAsync(
            await DeviceTls.ConnectAsync("127.0.0.1", orthanc.DicomPort, rawDevice),
            "RAWSCU",
            [new RawContext(instance.SopClassUid, instance.TransferSyntax)]
        );
        Assert.Equal(0, await sending.StoreAsync(instance));
        await sending.ReleaseAsync();

        var got = await association.GetAsync(RawServices.StudyRootGet, key);
        Assert.Equal((0, 1), (got.Status, got.Instances.Count));
        Assert.Equal(instance.SopInstanceUid, got.Instances[0].SopInstanceUid);

        var moved = await association.MoveAsync(RawServices.StudyRootMove, "RAWSCU", key);
        Assert.Equal((0, 1), (moved.Status, receiver.Instances.Count));

        Assert.Equal(0, await association.RequestCommitmentAsync("2.25.4711", [instance]));
        var report = await receiver.ReceiveReportAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((ushort)1, report.Command.GetUInt16(0x1002));
        Assert.Equal(
            "2.25.4711",
            RawElements.Texts(report.DataSet, report.TransferSyntax == RawServices.ExplicitLittle)[0x00081195]
        );
    }

    [Fact]
    public async Task DCMTK_without_TLS_of_its_own_reaches_a_TLS_peer_through_the_tunnel()
    {
        using var authority = new ForeignAuthority(TimeProvider.System);
        var scp = authority.Issue(scratch.File("scp"), "scp", "SCP", TimeSpan.FromDays(1));
        var scu = authority.Issue(scratch.File("scu"), "scu", "SCU", TimeSpan.FromDays(1));
        var port = FreePort.Next();
        await using var receiver = await Dcmtk.StartReceiverAsync(port, scratch.File("in"), scp);
        var direct = new Dcmtk("127.0.0.1", port, scu);
        var echo = await direct.EchoAsync();
        Assert.True(Dcmtk.EchoSucceeded(echo), echo.ToString());

        await using var tunnel = new TlsTunnel("127.0.0.1", port, scu);
        var file = OnePerSyntax().First(f => f.TransferSyntax == RawServices.ExplicitLittle).Path;
        var sent = await new Dcmtk("127.0.0.1", tunnel.Port, device: null).SendAsync(file);
        Assert.True(Dcmtk.StoreStatuses(sent) is ["Success"], sent.ToString());
        Assert.Single(Directory.EnumerateFiles(scratch.File("in")));

        var stranger = new ForeignAuthority(TimeProvider.System);
        var other = stranger.Issue(scratch.File("other"), "other", "SCU", TimeSpan.FromDays(1), scu.AuthorityPath);
        var refused = await new Dcmtk("127.0.0.1", port, other).EchoAsync();
        Assert.False(Dcmtk.EchoSucceeded(refused), refused.ToString());
    }

    private static async Task<Stream> PlainAsync(int port)
    {
        var client = new System.Net.Sockets.TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port);
        return client.GetStream();
    }

    private static List<RawFile> OnePerSyntax()
    {
        if (SharedData.Root is null)
        {
            Assert.Skip(SharedData.Absent);
        }

        return
        [
            .. SharedData
                .Files.Where(f => f.EndsWith(".dcm", StringComparison.Ordinal) && !f.Contains("fuzzing"))
                .Select(RawFile.TryRead)
                .OfType<RawFile>()
                .Where(f =>
                    Syntaxes.Contains(f.TransferSyntax)
                    && f is { SopInstanceUid: not null, SopClassUid: not null, StudyInstanceUid.Length: > 0 }
                    && f.SopClassUid.StartsWith("1.2.840.10008.5.1.4.1.1.", StringComparison.Ordinal)
                )
                .DistinctBy(f => f.TransferSyntax),
        ];
    }
}
