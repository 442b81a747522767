using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>Who is refused, and that the trail says so.</summary>
public sealed class RefusalTests(ArchiveFixture fixture) : IClassFixture<ArchiveFixture>, IDisposable
{
    private static readonly RawContext Echo = new(RawServices.Verification, RawServices.ImplicitLittle);
    private static readonly RawContext Find = new(RawServices.StudyRootFind, RawServices.ImplicitLittle);
    private static readonly RawContext Get = new(RawServices.StudyRootGet, RawServices.ImplicitLittle);
    private static readonly RawContext Move = new(RawServices.StudyRootMove, RawServices.ImplicitLittle);
    private readonly ForeignAuthority stranger = new(TimeProvider.System);

    private ArchiveProcess Archive => fixture.Archive;

    public void Dispose() => stranger.Dispose();

    [Fact]
    public async Task Without_a_certificate()
    {
        await AssertNoAssociationAsync(null);
        await AssertRecordedAsync("NoCertificate");
    }

    [Fact]
    public async Task With_a_certificate_of_another_authority()
    {
        var device = stranger.Issue(
            Path.Combine(Archive.Root, "pki-other"),
            "other",
            "SCANNER",
            TimeSpan.FromDays(1),
            fixture.Scanner.AuthorityPath
        );
        await AssertNoAssociationAsync(X509Certificate2.CreateFromPemFile(device.CertificatePath, device.KeyPath));
        await AssertRecordedAsync("OtherAuthority");
    }

    [Fact]
    public async Task A_device_that_was_disabled_and_its_live_association_too()
    {
        var device = await Archive.EnrolAsync("leaving", "LEAVING", "store,query,retrieve");
        await using var association = await fixture.ConnectAsync(device, Echo, Find);
        Assert.Equal(0, await association.EchoAsync());

        var disabled = await Archive.RunHereAsync("device", "disable", "leaving");
        Assert.True(disabled.ExitCode == 0, disabled.ToString());

        await Assert.ThrowsAnyAsync<IOException>(association.EchoAsync);
        await AssertNoAssociationAsync(X509Certificate2.CreateFromPemFile(device.CertificatePath, device.KeyPath));
        await AssertRecordedAsync("DeviceDisabled");
    }

    [Fact]
    public async Task A_device_whose_certificate_expires_and_its_live_association_too()
    {
        var lifetime = TimeSpan.FromSeconds(6);
        var issued = stranger.Issue(
            Path.Combine(Archive.Root, "foreign-brief"),
            "brief",
            "BRIEF",
            lifetime,
            fixture.Scanner.AuthorityPath
        );
        await Archive.EnrolAsync("brief", "BRIEF", "store,query,retrieve", "--cert", issued.CertificatePath);
        await using var association = await fixture.ConnectAsync(issued, Echo, Find);
        Assert.Equal(0, await association.EchoAsync());

        await Task.Delay(lifetime);
        var late = await Record.ExceptionAsync(async () =>
        {
            var (status, answers) = await association.FindAsync(
                RawServices.StudyRootFind,
                ArchivePeer.StudyKey("2.25.99.402")
            );
            Assert.NotEqual(0, status);
            Assert.Empty(answers);
        });
        Assert.True(late is null or IOException, $"{late}");
        await AssertNoAssociationAsync(X509Certificate2.CreateFromPemFile(issued.CertificatePath, issued.KeyPath));
        await AssertRecordedAsync("CertificateExpired");
    }

    [Fact]
    public async Task A_certificate_with_another_devices_AE_title()
    {
        await using var stream = await DeviceTls.ConnectAsync(Archive.Host, Archive.DicomPort, fixture.Scanner);
        var refusal = await Assert.ThrowsAsync<RawRejectedException>(() =>
            RawAssociation.RequestAsync(stream, fixture.Workstation.AeTitle, [Echo])
        );
        Assert.Equal((1, 1, 3), (refusal.Result, refusal.RejectSource, refusal.Reason));
        await AssertRecordedAsync("CallingAeTitleMismatch");
    }

    [Fact]
    public async Task To_store_without_the_right()
    {
        var device = await Archive.EnrolAsync("viewer", "VIEWER", "query,retrieve");
        var instance = TestInstance.Numbered(401).ToRaw();
        await using var association = await fixture.ConnectAsync(device, [Echo, .. ArchivePeer.Contexts([instance])]);
        if (association.FindContext(instance.SopClassUid) is not null)
        {
            Assert.Equal(0x0124, await association.StoreAsync(instance));
        }

        await AssertNotStoredAsync("2.25.99.401");
        await AssertRecordedAsync("RightMissing");
    }

    [Fact]
    public async Task To_query_and_to_retrieve_without_the_right()
    {
        var instance = TestInstance.Numbered(402).ToRaw();
        await fixture.StoreAsync(fixture.Scanner, instance);
        await using var association = await fixture.ConnectAsync(
            fixture.Scanner,
            [Echo, Find, Get, Move, .. ArchivePeer.Contexts([instance], asReceiver: true)]
        );
        var key = ArchivePeer.StudyKey("2.25.99.402");
        if (association.FindContext(RawServices.StudyRootFind) is not null)
        {
            var (status, answers) = await association.FindAsync(RawServices.StudyRootFind, key);
            Assert.Empty(answers);
            Assert.NotEqual(0, status);
        }

        if (association.FindContext(RawServices.StudyRootGet) is not null)
        {
            var got = await association.GetAsync(RawServices.StudyRootGet, key);
            Assert.Empty(got.Instances);
            Assert.NotEqual(0, got.Status);
        }

        if (association.FindContext(RawServices.StudyRootMove) is not null)
        {
            var moved = await association.MoveAsync(RawServices.StudyRootMove, "WORKSTATION", key);
            Assert.NotEqual(0, moved.Status);
        }

        await AssertRecordedAsync("RightMissing");
    }

    [Theory]
    [InlineData("NOBODY", "DestinationUnknown")]
    [InlineData("SCANNER", "DestinationNotPermitted")]
    public async Task A_destination_of_C_MOVE_without_the_right(string destination, string reason)
    {
        await fixture.StoreAsync(fixture.Scanner, TestInstance.Numbered(403).ToRaw());
        await using var receiver = new RawReceiver(fixture.Scanner, fixture.ScannerPort);
        await using var association = await fixture.ConnectAsync(fixture.Workstation, Move);
        var moved = await association.MoveAsync(
            RawServices.StudyRootMove,
            destination,
            ArchivePeer.StudyKey("2.25.99.403")
        );
        Assert.Contains(moved.Status, (ushort[])[0xA801, 0x0124]);
        Assert.Equal((0, 0), (moved.Completed, receiver.Instances.Count));
        await AssertRecordedAsync(reason);
    }

    [Fact]
    public async Task A_destination_of_C_MOVE_that_shows_a_certificate_of_another_authority()
    {
        var port = FreePort.Next();
        var mover = await Archive.EnrolAsync("mover", "MOVER", "query,retrieve", "--address", $"127.0.0.1:{port}");
        var pretender = stranger.Issue(
            Path.Combine(Archive.Root, "pki-pretender"),
            "mover",
            "MOVER",
            TimeSpan.FromDays(1),
            mover.AuthorityPath
        );
        await fixture.StoreAsync(fixture.Scanner, TestInstance.Numbered(404).ToRaw());
        await using var receiver = new RawReceiver(pretender, port);
        await using var association = await fixture.ConnectAsync(mover, Move);
        var moved = await association.MoveAsync(
            RawServices.StudyRootMove,
            "MOVER",
            ArchivePeer.StudyKey("2.25.99.404")
        );
        Assert.NotEqual(0, moved.Status);
        Assert.Equal((0, 0), (moved.Completed, receiver.Instances.Count));
    }

    [Fact]
    public async Task Plain_DICOM()
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(Archive.Host, Archive.DicomPort);
        await AssertClosedAsync(client, RawPdu.Associate("SCANNER", "LEADGLASS", [Echo], 1 << 16));
        await AssertRecordedAsync("NotTls");
    }

    [Fact]
    public async Task HTTP_on_the_DICOM_port()
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(Archive.Host, Archive.DicomPort);
        await AssertClosedAsync(client, "GET /dicom-web/studies HTTP/1.1\r\nHost: archive\r\n\r\n"u8.ToArray());
        await AssertRecordedAsync("NotTls");
    }

    [Fact]
    public async Task HTTP_over_TLS_on_the_DICOM_port_even_of_an_enrolled_device()
    {
        await using var stream = await DeviceTls.ConnectAsync(Archive.Host, Archive.DicomPort, fixture.Scanner);
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: archive\r\n\r\n"));
        var answer = await RawPdu.ReadAsync(stream, CancellationToken.None);
        Assert.True(answer is null or { Type: RawPdu.Abort }, $"PDU type {answer?.Type}");
    }

    [Fact]
    public async Task DICOMweb_without_sign_in()
    {
        using var handler = new HttpClientHandler();
        handler.ServerCertificateCustomValidationCallback = (_, _, _, _) => true;
        using var client = new HttpClient(handler);
        using var answer = await client.GetAsync(
            new Uri($"https://{Archive.Host}:{Archive.HttpPort}/dicom-web/studies")
        );
        Assert.Equal(401, (int)answer.StatusCode);
        Assert.DoesNotContain("0020000D", await answer.Content.ReadAsStringAsync());
    }

    private async Task AssertNoAssociationAsync(X509Certificate2? certificate)
    {
        // TLS 1.3 tells a client only with its first read that its certificate was refused.
        var problem = await Record.ExceptionAsync(async () =>
        {
            await using var stream = await DeviceTls.ConnectAsync(
                Archive.Host,
                Archive.DicomPort,
                certificate,
                authority: null
            );
            await RawAssociation.RequestAsync(stream, "SCANNER", [Echo]);
        });
        Assert.True(problem is IOException or AuthenticationException, $"{problem}");
        certificate?.Dispose();
    }

    private async Task AssertNotStoredAsync(string study)
    {
        await using var association = await fixture.ConnectAsync(fixture.Workstation, Find);
        var (status, answers) = await association.FindAsync(RawServices.StudyRootFind, ArchivePeer.StudyKey(study));
        Assert.Equal((0, 0), (status, answers.Count));
    }

    /// <summary>The trail is read with the command, as whoever keeps it would.</summary>
    private async Task AssertRecordedAsync(string reason)
    {
        var trail = await Archive.RunHereAsync("trail", "--json");
        Assert.True(trail.ExitCode == 0, trail.ToString());
        Assert.True(trail.Output.Contains(reason, StringComparison.OrdinalIgnoreCase), $"no {reason} in\n{trail}");
    }

    private static async Task AssertClosedAsync(TcpClient client, byte[] bytes)
    {
        var stream = client.GetStream();
        await stream.WriteAsync(bytes);
        var answer = await ReadAllAsync(stream);
        Assert.False(answer is [RawPdu.AssociateAccept, ..], "an association in clear was accepted");
        Assert.DoesNotContain("HTTP", Encoding.ASCII.GetString(answer));
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var answer = new MemoryStream();
        using var timer = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await stream.CopyToAsync(answer, timer.Token);
        }
        catch (IOException)
        {
            // A reset is as good an end as a close.
        }

        return answer.ToArray();
    }
}
