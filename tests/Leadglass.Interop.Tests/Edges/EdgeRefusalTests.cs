using System.Net;
using System.Net.Sockets;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>Whoever is not listed gets nothing from an edge, and the archive's trail tells that he tried.</summary>
[Collection(nameof(EdgeFixture))]
public sealed class EdgeRefusalTests(EdgeFixture fixture)
{
    private const string Finding = RawServices.StudyRootFind;
    private EdgeProcess Edge => fixture.Edge;

    [Fact]
    public async Task An_address_that_is_not_listed_is_cut_off_before_it_says_anything()
    {
        using var client = new TcpClient(new IPEndPoint(IPAddress.Parse("127.0.0.99"), 0));
        var buffer = new byte[1];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Edge.Port, limit.Token);
            Assert.Equal(0, await client.GetStream().ReadAsync(buffer, limit.Token));
        }
        catch (Exception reset) when (reset is IOException or SocketException)
        {
            // A reset is as good, even before the connection is known to stand.
        }

        await AssertInTrailAsync("\"address\":\"127.0.0.99\"");
    }

    [Fact]
    public async Task A_title_that_is_not_listed_is_rejected()
    {
        var rejected = await Assert.ThrowsAsync<RawRejectedException>(() =>
            Edge.ConnectAsync("NOBODY", [new RawContext(RawServices.Verification, RawServices.ImplicitLittle)])
        );
        Assert.Equal(3, rejected.Reason);
        await AssertInTrailAsync("CallingAeTitleMismatch");
    }

    [Fact]
    public async Task A_service_that_is_not_listed_is_rejected()
    {
        await Assert.ThrowsAsync<RawRejectedException>(() =>
            Edge.ConnectAsync("CT1", [new RawContext(Finding, RawServices.ImplicitLittle)])
        );
        await using var association = await Edge.ConnectAsync(
            "CT1",
            [
                new RawContext(RawServices.Verification, RawServices.ImplicitLittle),
                new RawContext(Finding, RawServices.ImplicitLittle),
            ]
        );
        Assert.Equal(0, await association.EchoAsync());
        Assert.Null(association.FindContext(Finding));
        await AssertInTrailAsync("RightMissing");
    }

    [Fact]
    public async Task A_workstation_may_not_store()
    {
        var instance = TestInstance.Numbered(1).ToRaw();
        await using var association = await Edge.ConnectAsync("WS1", ArchivePeer.Contexts([instance]));
        Assert.NotEqual(0, await association.StoreAsync(instance));
        Assert.Empty(Edge.Queue);
    }

    [Fact]
    public async Task A_scanner_that_is_disabled_at_the_archive_is_refused_soon_after()
    {
        var disabled = await fixture.Archive.RunHereAsync("device", "disable", "CT2");
        Assert.True(disabled.ExitCode == 0, disabled.ToString());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await using var association = await Edge.ConnectAsync(
                    "CT2",
                    [new RawContext(RawServices.Verification, RawServices.ImplicitLittle)]
                );
                await Task.Delay(100, limit.Token);
            }
            catch (RawRejectedException)
            {
                return;
            }
        }
    }

    private async Task AssertInTrailAsync(string text)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var trail = await fixture.Archive.RunHereAsync("trail", "--json");
            if (trail.Output.Contains(text, StringComparison.Ordinal))
            {
                return;
            }

            Assert.False(limit.IsCancellationRequested, $"{text} is not in the trail\n{trail}\n{Edge.Log}");
            await Task.Delay(500);
        }
    }
}
