using System.IO.Compression;
using System.Net.Sockets;
using System.Security.Authentication;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>
/// Peers that lie, stall, flood and break off, on the socket and as an enrolled device. After each the server is up, serves
/// others, has not grown, and has acknowledged nothing that it does not hold.
/// </summary>
public sealed class HostilePeerTests(ArchiveFixture fixture) : IClassFixture<ArchiveFixture>
{
    private const long LimitKibibytes = 200 * 1024;
    private static readonly RawContext Echo = new(RawServices.Verification, RawServices.ImplicitLittle);
    private static readonly RawContext Store = new(TestInstance.CtImageStorage, RawServices.ExplicitLittle);

    [Fact]
    public async Task Garbage_instead_of_TLS()
    {
        var random = new Random(1);
        for (var i = 0; i < 50; i++)
        {
            var garbage = new byte[random.Next(1, 4000)];
            random.NextBytes(garbage);
            if (i % 2 == 0)
            {
                // A handshake record that claims more than it holds.
                byte[] header = [22, 3, 1, 0xFF, 0xFF];
                header.CopyTo(garbage, 0);
            }

            using var client = await SocketAsync();
            await SendAndIgnoreAsync(client.GetStream(), garbage);
        }

        await AssertWellAsync();
    }

    [Fact]
    public async Task A_thousand_idle_connections()
    {
        List<TcpClient> idle = [];
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                try
                {
                    idle.Add(await SocketAsync());
                }
                catch (SocketException)
                {
                    // There is a limit to connections, and it may be reached.
                }
            }

            Assert.True(fixture.Archive.IsRunning);
            Assert.InRange(fixture.Archive.MemoryKibibytes("VmRSS"), 0, LimitKibibytes);
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }

        // Their places are free again when the server has noticed that they left.
        using var timer = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await Record.ExceptionAsync(TlsAndLeaveAsync) is IOException or SocketException)
        {
            await Task.Delay(100, timer.Token);
        }

        await AssertWellAsync();
    }

    [Fact]
    public async Task Devices_that_connect_and_say_nothing_or_one_byte_at_a_time()
    {
        List<Stream> slow = [];
        try
        {
            var request = RawPdu.Associate(fixture.Scanner.AeTitle, "LEADGLASS", [Echo], 1 << 14);
            for (var i = 0; i < 20; i++)
            {
                var stream = await TlsAsync();
                await stream.WriteAsync(request.AsMemory(0, i * 3));
                slow.Add(stream);
            }

            await AssertWellAsync();
            foreach (var (i, stream) in slow.Index())
            {
                await stream.WriteAsync(request.AsMemory(i * 3, 1));
            }

            await AssertWellAsync();
        }
        finally
        {
            slow.ForEach(stream => stream.Dispose());
        }

        await AssertWellAsync();
    }

    [Theory]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0x10000000u)]
    [InlineData(3u)]
    [InlineData(0u)]
    public async Task An_association_request_with_a_length_that_lies(uint length)
    {
        await using var stream = await TlsAsync();
        var request = RawPdu.Associate(fixture.Scanner.AeTitle, "LEADGLASS", [Echo], 1 << 14);
        RawPdu.Header(RawPdu.AssociateRequest, length).CopyTo(request, 0);
        await AssertEndsWithoutAcceptAsync(stream, request);
        await AssertWellAsync();
    }

    [Theory]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0xFFFFFFFFu)]
    public async Task Data_with_a_length_that_lies(uint length)
    {
        await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
        await association.SendBytesAsync(RawPdu.Header(RawPdu.Data, length));
        await AssertAbortedAsync(association, TimeSpan.FromSeconds(20));
        await AssertWellAsync();
    }

    [Fact]
    public async Task A_data_value_longer_than_its_PDU()
    {
        await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
        var pdu = RawPdu.DataValue(1, isCommand: true, isLast: true, new byte[40]);
        pdu[8] = 0x7F;
        await association.SendBytesAsync(pdu);
        await AssertAbortedAsync(association, TimeSpan.FromSeconds(20));
        await AssertWellAsync();
    }

    [Fact]
    public async Task A_command_set_without_end()
    {
        await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
        var flood = RawPdu.DataValue(1, isCommand: true, isLast: false, new byte[16_000]);
        var end = await Record.ExceptionAsync(async () =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                await association.SendBytesAsync(flood);
            }

            await association.ReceiveAsync();
        });
        Assert.IsType<IOException>(end, exactMatch: false);
        await AssertWellAsync();
    }

    [Theory]
    [InlineData("data before the association", RawPdu.Data)]
    [InlineData("release before the association", RawPdu.ReleaseRequest)]
    [InlineData("acceptance of nothing", RawPdu.AssociateAccept)]
    [InlineData("a type that does not exist", (byte)0x42)]
    public async Task PDUs_out_of_turn(string what, byte type)
    {
        await using var stream = await TlsAsync();
        await AssertEndsWithoutAcceptAsync(stream, RawPdu.Of(type, new byte[100]));
        Assert.True(fixture.Archive.IsRunning, what);
        await AssertWellAsync();
    }

    [Fact]
    public async Task An_association_broken_off_in_the_middle_of_an_instance_stores_nothing()
    {
        var instance = (TestInstance.Numbered(801) with { Rows = 512, Columns = 512 }).ToRaw();
        for (var cut = 1000; cut < instance.DataSet.Length; cut += 100_000)
        {
            await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
            await association.SendAsync(1, StoreRequest(association, instance.SopInstanceUid));
            await association.SendBytesAsync(
                RawPdu.DataValue(1, isCommand: false, isLast: false, instance.DataSet.AsSpan(0, Math.Min(cut, 16_000)))
            );
            for (var at = 16_000; at < cut; at += 16_000)
            {
                await association.SendBytesAsync(
                    RawPdu.DataValue(
                        1,
                        isCommand: false,
                        isLast: false,
                        instance.DataSet.AsSpan(at, Math.Min(16_000, cut - at))
                    )
                );
            }
        }

        await AssertNotFoundAsync("2.25.99.801");
        await fixture.StoreAsync(fixture.Scanner, instance);
        await AssertWellAsync();
    }

    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData("/etc/cron.d/leadglass")]
    [InlineData("2.25.1/../../x")]
    [InlineData("2.25.1\n2.25.2")]
    [InlineData("-rf")]
    [InlineData("'; DROP TABLE instances; --")]
    public async Task A_path_or_a_command_as_SOP_instance_UID(string uid)
    {
        var instance = (TestInstance.Numbered(802) with { SopInstanceUid = uid }).ToRaw();
        await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
        await AssertNotAcknowledgedAsync(association, instance);
        await AssertNotFoundAsync("2.25.99.802");
        await AssertWellAsync();
    }

    [Fact]
    public async Task A_path_as_study_or_series_UID()
    {
        foreach (
            var instance in (TestInstance[])
                [
                    TestInstance.Numbered(803) with
                    {
                        StudyInstanceUid = "../../../../tmp/x",
                    },
                    TestInstance.Numbered(803) with
                    {
                        SeriesInstanceUid = "../../../../tmp/x",
                    },
                ]
        )
        {
            await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
            await AssertNotAcknowledgedAsync(association, instance.ToRaw());
        }

        await AssertWellAsync();
    }

    [Fact]
    public async Task A_command_that_names_another_instance_than_the_data_set()
    {
        var instance = TestInstance.Numbered(804).ToRaw() with { SopInstanceUid = "2.25.99.804.1.2" };
        await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
        await AssertNotAcknowledgedAsync(association, instance);
        await AssertNotFoundAsync("2.25.99.804");
    }

    [Fact]
    public async Task An_element_that_claims_two_gibibytes()
    {
        var whole = TestInstance.Numbered(805);
        var header = whole.HeaderBytes(0x80000000);
        var instance = whole.ToRaw() with { DataSet = [.. header, .. new byte[1000]] };
        await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
        await AssertNotAcknowledgedAsync(association, instance);
        await AssertNotFoundAsync("2.25.99.805");
        await AssertWellAsync();
    }

    [Fact]
    public async Task Sequences_nested_a_hundred_thousand_deep()
    {
        List<byte> bytes = [];
        for (var i = 0; i < 100_000; i++)
        {
            bytes.AddRange([0x08, 0x00, 0x40, 0x11, (byte)'S', (byte)'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
            bytes.AddRange([0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
        }

        var instance = TestInstance.Numbered(806).ToRaw() with { DataSet = [.. bytes] };
        await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
        await AssertNotAcknowledgedAsync(association, instance);
        await AssertWellAsync();
    }

    [Fact]
    public async Task A_small_deflated_stream_that_inflates_to_a_gibibyte()
    {
        const string Deflated = "1.2.840.10008.1.2.1.99";
        using var compressed = new MemoryStream();
        await using (var deflate = new DeflateStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var whole = TestInstance.Numbered(807);
            deflate.Write(whole.HeaderBytes(1 << 30));
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 1024; i++)
            {
                deflate.Write(zeros);
            }
        }

        if (compressed.Length % 2 != 0)
        {
            compressed.WriteByte(0);
        }

        var instance = TestInstance.Numbered(807).ToRaw() with
        {
            TransferSyntax = Deflated,
            DataSet = compressed.ToArray(),
        };
        await using var association = await fixture.ConnectAsync(fixture.Scanner, ArchivePeer.Contexts([instance]));
        var outcome = await Record.ExceptionAsync(() => association.StoreAsync(instance));
        Assert.True(outcome is null or IOException, $"{outcome}");
        await AssertWellAsync();
    }

    [Fact]
    public async Task Random_bytes_as_data_sets()
    {
        var random = new Random(2);
        for (var i = 0; i < 40; i++)
        {
            var body = new byte[random.Next(1, 20_000) * 2];
            random.NextBytes(body);
            if (i % 3 == 0)
            {
                // A header that makes sense, then none.
                var header = TestInstance.Numbered(808, 1, i + 1).HeaderBytes(64 * 64 * 2).AsSpan(0, 400);
                body = [.. header, .. body];
            }

            var instance = TestInstance.Numbered(808, 1, i + 1).ToRaw() with { DataSet = body };
            await using var association = await fixture.ConnectAsync(fixture.Scanner, Store);
            await AssertNotAcknowledgedAsync(association, instance);
        }

        await AssertWellAsync();
    }

    [Fact]
    public async Task A_requester_that_asks_for_everything_and_reads_nothing()
    {
        var instances = Enumerable
            .Range(1, 40)
            .Select(i => (TestInstance.Numbered(809, 1, i) with { Rows = 1024, Columns = 1024 }).ToRaw())
            .ToList();
        await fixture.StoreAsync(fixture.Scanner, instances);
        List<RawAssociation> stalled = [];
        for (var i = 0; i < 8; i++)
        {
            var association = await fixture.ConnectAsync(
                fixture.Workstation,
                [
                    new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
                    new RawContext(TestInstance.CtImageStorage, RawServices.ExplicitLittle)
                    {
                        IsProviderRoleProposed = true,
                    },
                ]
            );
            stalled.Add(association);
            var request = RawCommand
                .Request(0x0010, association.NextMessageId(), RawServices.StudyRootGet, hasDataSet: true)
                .Set(0x0700, 0);
            await association.SendAsync(1, request, ArchivePeer.StudyKey("2.25.99.809"));
        }

        await AssertWellAsync();
        foreach (var association in stalled)
        {
            await association.DisposeAsync();
        }

        await AssertWellAsync();
    }

    private async Task<TcpClient> SocketAsync()
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(fixture.Archive.Host, fixture.Archive.DicomPort);
        return client;
    }

    private async Task<Stream> TlsAsync() =>
        await DeviceTls.ConnectAsync(fixture.Archive.Host, fixture.Archive.DicomPort, fixture.Scanner);

    private async Task TlsAndLeaveAsync()
    {
        await using var stream = await TlsAsync();
    }

    private static RawCommand StoreRequest(RawAssociation association, string uid) =>
        RawCommand
            .Request(0x0001, association.NextMessageId(), TestInstance.CtImageStorage, hasDataSet: true)
            .Set(0x0700, 0)
            .Set(0x1000, uid);

    private static async Task SendAndIgnoreAsync(Stream stream, byte[] bytes)
    {
        try
        {
            await stream.WriteAsync(bytes);
        }
        catch (IOException)
        {
            // It may have closed before it read everything.
        }
    }

    private static async Task AssertEndsWithoutAcceptAsync(Stream stream, byte[] bytes)
    {
        await SendAndIgnoreAsync(stream, bytes);
        using var timer = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            while (await RawPdu.ReadAsync(stream, timer.Token) is { Type: not RawPdu.Abort } pdu)
            {
                Assert.NotEqual(RawPdu.AssociateAccept, pdu.Type);
            }
        }
        catch (IOException)
        {
            // A reset is as good an end as a close.
        }
    }

    private static async Task AssertAbortedAsync(RawAssociation association, TimeSpan limit)
    {
        var end = await Record.ExceptionAsync(() => association.ReceiveAsync().WaitAsync(limit));
        Assert.True(end is IOException, $"no abort within {limit.TotalSeconds} s: {end}");
    }

    private static async Task AssertNotAcknowledgedAsync(RawAssociation association, RawInstance instance)
    {
        try
        {
            var status = await association.StoreAsync(instance);
            Assert.True(status is >= 0xA000 and < 0xB000 or >= 0xC000 or >= 0x0100 and < 0x0200, $"status {status:X4}");
        }
        catch (IOException)
        {
            // An abort acknowledges nothing.
        }
    }

    private async Task AssertNotFoundAsync(string study)
    {
        await using var association = await fixture.ConnectAsync(
            fixture.Workstation,
            new RawContext(RawServices.StudyRootFind, RawServices.ImplicitLittle)
        );
        var (status, answers) = await association.FindAsync(RawServices.StudyRootFind, ArchivePeer.StudyKey(study));
        Assert.Equal((0, 0), (status, answers.Count));
        await association.ReleaseAsync();
    }

    /// <summary>Up, answering another device, and no larger than an archive at work may be.</summary>
    private async Task AssertWellAsync()
    {
        Assert.True(fixture.Archive.IsRunning, fixture.Archive.Log);
        await using var association = await fixture.ConnectAsync(fixture.Workstation, Echo);
        Assert.Equal(0, await association.EchoAsync());
        await association.ReleaseAsync();
        Assert.InRange(fixture.Archive.MemoryKibibytes(), 0, LimitKibibytes);
    }
}
