using System.Net;
using System.Security.Authentication;
using System.Text;
using Leadglass.Access;
using Leadglass.Access.Certificates;

namespace Leadglass.Server.Tests.Listeners;

/// <summary>Both doors are shut to strangers, and no environment opens a third.</summary>
public sealed class TlsListenersTests
{
    [Fact]
    public async Task AnEnrolledDeviceComesInUnderItsName()
    {
        await using var doors = await ListenerFixture.StartAsync();
        Assert.Equal([42], await ListenerFixture.KnockAsync(doors.Listeners.Dicom, doors.DeviceCertificate));
        Assert.Equal(["ct1"], doors.Admitted);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task BothVersionsOfTheProfileAreSpoken(SslProtocols version)
    {
        await using var doors = await ListenerFixture.StartAsync();
        Assert.Equal([42], await ListenerFixture.KnockAsync(doors.Listeners.Dicom, doors.DeviceCertificate, version));
    }

    [Fact]
    public async Task WithoutACertificateNobodyComesIn()
    {
        await using var doors = await ListenerFixture.StartAsync();
        Assert.Null(await ListenerFixture.KnockAsync(doors.Listeners.Dicom, certificate: null));
        Assert.Equal(RefusalReason.NoCertificate, await doors.Trail.NextAsync());
        Assert.Empty(doors.Admitted);
    }

    [Fact]
    public async Task ACertificateOfAnotherAuthorityIsRefused()
    {
        await using var doors = await ListenerFixture.StartAsync();
        using var other = CertificateAuthority.Create("another", TimeProvider.System);
        using var certificate = ListenerFixture.Load(other.IssueDevice("ct1", host: null));
        Assert.Null(await ListenerFixture.KnockAsync(doors.Listeners.Dicom, certificate));
        Assert.Equal(RefusalReason.OtherAuthority, await doors.Trail.NextAsync());
        Assert.Empty(doors.Admitted);
    }

    [Fact]
    public async Task ADisabledDeviceIsRefused()
    {
        await using var doors = await ListenerFixture.StartAsync();
        await doors.Devices.ChangeAsync("ct1", device => device with { Enabled = false }, CancellationToken.None);
        Assert.Null(await ListenerFixture.KnockAsync(doors.Listeners.Dicom, doors.DeviceCertificate));
        Assert.Equal(RefusalReason.DeviceDisabled, await doors.Trail.NextAsync());
        Assert.Empty(doors.Admitted);
    }

    [Theory]
    [InlineData(true, "GET /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(false, "GET /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(true, "\x01\0\0\0\0\x44\0\x01\0\0")]
    public async Task WhatIsNotTlsGetsNoByte(bool onDicomPort, string opening)
    {
        await using var doors = await ListenerFixture.StartAsync();
        var endPoint = onDicomPort ? doors.Listeners.Dicom : doors.Listeners.Https;
        using var socket = await ListenerFixture.ConnectAsync(endPoint);
        await socket.SendAsync(Encoding.Latin1.GetBytes(opening));
        Assert.Equal(0, await ReceiveOrResetAsync(socket));
        Assert.Equal(RefusalReason.NotTls, await doors.Trail.NextAsync());
        Assert.Empty(doors.Admitted);
    }

    [Fact]
    public async Task WhoStallsBeforeTheHandshakeIsCutOff()
    {
        await using var doors = await ListenerFixture.StartAsync(options =>
            options with
            {
                HandshakeTimeout = TimeSpan.FromSeconds(1),
            }
        );
        using var silent = await ListenerFixture.ConnectAsync(doors.Listeners.Dicom);
        using var halfway = await ListenerFixture.ConnectAsync(doors.Listeners.Dicom);
        await halfway.SendAsync(new byte[] { 0x16, 3, 1 });
        Assert.Equal(0, await ReceiveOrResetAsync(silent));
        Assert.Equal(0, await ReceiveOrResetAsync(halfway));
    }

    [Fact]
    public async Task OneListenersFloodLeavesRoomForTheOther()
    {
        await using var doors = await ListenerFixture.StartAsync(options => options with { HttpConnectionsMax = 2 });
        using var first = await ListenerFixture.ConnectAsync(doors.Listeners.Https);
        using var second = await ListenerFixture.ConnectAsync(doors.Listeners.Https);
        Assert.Equal(0, await ConnectAndReceiveAsync(doors.Listeners.Https));
        Assert.Equal([42], await ListenerFixture.KnockAsync(doors.Listeners.Dicom, doors.DeviceCertificate));
    }

    [Theory]
    [InlineData("/dicom-web/studies", HttpStatusCode.Unauthorized)]
    [InlineData("/", HttpStatusCode.Unauthorized)]
    [InlineData("/health/ready", HttpStatusCode.Unauthorized)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    public async Task HttpsAnswersOnlyThatItLives(string path, HttpStatusCode expected)
    {
        await using var doors = await ListenerFixture.StartAsync();
        using var handler = new HttpClientHandler();
        handler.ServerCertificateCustomValidationCallback = (_, _, _, _) => true;
        using var client = new HttpClient(handler);
        using var answer = await client.GetAsync(new Uri($"https://localhost:{doors.Listeners.Https.Port}{path}"));
        Assert.Equal(expected, answer.StatusCode);
        if (expected == HttpStatusCode.Unauthorized)
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }
    }

    /// <summary>The variables with which a stock ASP.NET Core host opens listeners.</summary>
    [Fact]
    public async Task TheEnvironmentOpensNothing()
    {
        using var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var variables = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
            ["DOTNET_URLS"] = $"http://127.0.0.1:{port}",
            ["URLS"] = $"http://127.0.0.1:{port}",
            ["ASPNETCORE_HTTP_PORTS"] = $"{port}",
            ["HTTP_PORTS"] = $"{port}",
            ["Kestrel__Endpoints__Plain__Url"] = $"http://127.0.0.1:{port}",
            ["ASPNETCORE_Kestrel__Endpoints__Plain__Url"] = $"http://127.0.0.1:{port}",
            ["ASPNETCORE_PREFERHOSTINGURLS"] = "true",
        };
        foreach (var (name, value) in variables)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        try
        {
            await using var doors = await ListenerFixture.StartAsync();
            await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() =>
                ListenerFixture.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port))
            );
            Assert.Equal([42], await ListenerFixture.KnockAsync(doors.Listeners.Dicom, doors.DeviceCertificate));
        }
        finally
        {
            foreach (var name in variables.Keys)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }

    [Fact]
    public async Task ATakenPortIsSaidInOneLine()
    {
        await using var doors = await ListenerFixture.StartAsync();
        var failure = await Assert.ThrowsAsync<ArchiveUnavailableException>(() =>
            ListenerFixture.StartAsync(options => options with { DicomPort = doors.Listeners.Dicom.Port })
        );
        Assert.Contains($"{doors.Listeners.Dicom.Port}", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Whoever is turned away may see that at once, while still connecting.</summary>
    private static async Task<int> ConnectAndReceiveAsync(IPEndPoint endPoint)
    {
        try
        {
            using var socket = await ListenerFixture.ConnectAsync(endPoint);
            return await ReceiveOrResetAsync(socket);
        }
        catch (System.Net.Sockets.SocketException)
        {
            return 0;
        }
    }

    private static async Task<int> ReceiveOrResetAsync(System.Net.Sockets.Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            return await socket.ReceiveAsync(new byte[16], limit.Token);
        }
        catch (System.Net.Sockets.SocketException)
        {
            return 0;
        }
    }
}
