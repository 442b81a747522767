using System.Text;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>Servers that lie, flood, stall or talk nonsense: each costs bounded bytes and time and ends in an answer of unknown.</summary>
public sealed class HostileServerTests
{
    public static TheoryData<string> Answers =>
        [
            "http",
            "ssh",
            "garbage",
            "echo of our own bytes",
            "accept that claims 4 GiB",
            "accept that claims 16 KiB and brings less",
            "accept whose items lie",
            "reject that claims 60 KiB",
            "release instead of an answer",
            "close",
            "reset",
            "silence",
            "one byte a time",
        ];

    /// <summary>What a server may do once it has the C-FIND-RQ.</summary>
    public static TheoryData<string, string> QueryAnswers =>
        new()
        {
            { "PDU that claims 4 GiB", "malformed" },
            { "PDU too short for a fragment", "malformed" },
            { "fragment longer than its PDU", "malformed" },
            { "endless empty fragments", "malformed" },
            { "endless command", "too much" },
            { "endless data set", "too much" },
            { "command that is none", "malformed" },
            { "response to another message", "malformed" },
            { "response to another operation", "malformed" },
            { "request instead of a response", "malformed" },
            { "another context", "malformed" },
            { "data set before command", "malformed" },
            { "release", "A-RELEASE-RQ" },
            { "close", "closed" },
            { "reset", "broken" },
            { "silence", "time-out" },
            { "slow bytes", "time-out" },
            { "another association request", "malformed" },
            { "unknown PDU", "malformed" },
        };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task WhatIsNoAnswerToAnAssociationIsNoDicom(string what)
    {
        await using var server = new RawServer(connection => AnswerAsync(connection, what));
        var seen = await Probing.ObserveAsync(
            server.Target,
            times: Probing.Times with
            {
                Associate = TimeSpan.FromMilliseconds(400),
                Tls = TimeSpan.FromMilliseconds(400),
            }
        );
        Assert.False(seen.SpeaksDicom);
        Assert.Equal(Answer.Open, seen.At(Rung.Connect).Answer);
        Assert.Equal(Answer.Unknown, seen.At(Rung.Identify).Answer);
        Assert.DoesNotContain(seen.Rungs, answer => answer.Rung > Rung.Identify);
        Assert.InRange(server.Connections, 1, 2);
    }

    [Theory]
    [MemberData(nameof(QueryAnswers))]
    public async Task WhatIsNoAnswerToAQueryIsUnknown(string what, string response)
    {
        await using var server = new RawServer(connection => AnswerQueryAsync(connection, what));
        var seen = await Probing.ObserveAsync(
            server.Target,
            times: Probing.Times with
            {
                Response = TimeSpan.FromSeconds(what is "silence" or "slow bytes" ? 1.5 : 30),
            }
        );
        Assert.True(seen.SpeaksDicom);
        Assert.Equal(Answer.Open, seen.At(Rung.Echo).Answer);
        Assert.Equal(Answer.Unknown, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(response, seen.At(Rung.NullQuery).Response);
        Assert.Equal(Answer.Unknown, seen.At(Rung.NullRetrieve).Answer);
        Assert.Null(seen.RecordsVisible);
    }

    [Fact]
    public async Task MatchesWithoutEndAreCancelledThenAborted()
    {
        var sent = 0L;
        await using var server = new RawServer(async connection =>
        {
            await connection.AcceptAsync();
            var (context, _, id) = await connection.AnswerEchoAsync();
            var match = RawServerConnection.Command(context, 0x8020, id, 0xFF00, hasDataSet: true);
            var data = RawServerConnection.Data(context, 2, new byte[4096]);
            while (true)
            {
                await connection.SendAsync(match);
                await connection.SendAsync(data);
                sent += data.Length;
            }
        });
        var seen = await Probing.ObserveAsync(server.Target, Probing.Plan(Rung.NullQuery));
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.True(seen.RecordsVisible);
        Assert.InRange(sent, 1, 64 << 20);
    }

    [Fact]
    public async Task ContextsThatWereNotProposedAreOddAndNotUsed()
    {
        await using var server = new RawServer(async connection =>
        {
            await connection.AcceptAsync(accept =>
                accept with
                {
                    PresentationContexts =
                    [
                        .. accept.PresentationContexts.Select(context =>
                            context with
                            {
                                Id = (byte)(context.Id + 100),
                            }
                        ),
                    ],
                }
            );
            await connection.ReceiveAsync();
        });
        var seen = await Probing.ObserveAsync(server.Target, Probing.Plan(Rung.NullQuery));
        Assert.True(seen.SpeaksDicom);
        Assert.Contains("accepts-what-was-not-proposed", seen.Oddities);
        Assert.Empty(seen.AcceptedSopClasses);
        Assert.NotEqual(Answer.Open, seen.At(Rung.NullQuery).Answer);
    }

    [Fact]
    public async Task AServerThatTakesNoMessageIsAskedNothing()
    {
        await using var server = new RawServer(async connection =>
        {
            await connection.AcceptAsync(accept =>
                accept with
                {
                    UserInformation = accept.UserInformation with { PduLengthBytesMax = 16 },
                }
            );
            await connection.ReceiveAsync();
        });
        var seen = await Probing.ObserveAsync(server.Target);
        Assert.Equal("PDU too short", seen.At(Rung.NullQuery).Response);
        Assert.Equal(Answer.Unknown, seen.At(Rung.NullQuery).Answer);
    }

    [Fact]
    public async Task AProbeThatIsCancelledSaysSo()
    {
        await using var server = new RawServer(connection => Task.Delay(Timeout.Infinite, connection.Stop));
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var probe = new DicomProbe(Probing.Dialer(), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await probe.ObserveAsync(server.Target, Probing.Plan(), null, cancel.Token)
        );
    }

    [Fact]
    public async Task WhatTheScopeForbidsIsNotDialled()
    {
        await using var server = new RawServer(_ => Task.CompletedTask);
        var dialer = new ProbeDialer((_, _) => "excluded", new ConnectionLimits(), TimeProvider.System);
        await Assert.ThrowsAsync<OutOfScopeException>(async () =>
            await new DicomProbe(dialer, TimeProvider.System).ObserveAsync(
                server.Target,
                Probing.Plan(),
                null,
                TestContext.Current.CancellationToken
            )
        );
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task ADeviceIsNotGreetedInTlsUnasked()
    {
        await using var server = new RawServer(async connection => await connection.ReceiveAsync());
        var seen = await Probing.ObserveAsync(server.Target, Probing.Plan(Rung.Identify));
        Assert.False(seen.SpeaksDicom);
        Assert.Equal(1, server.Connections);
    }

    private static async Task AnswerAsync(RawServerConnection connection, string what)
    {
        if (what == "close")
        {
            return;
        }

        var (_, body) = await connection.ReceiveAsync();
        switch (what)
        {
            case "http":
                await connection.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                break;
            case "ssh":
                await connection.SendAsync("SSH-2.0-Made_Up\r\n"u8.ToArray());
                break;
            case "garbage":
                await connection.SendAsync(Encoding.Latin1.GetBytes(new string('\u00FF', 5_000)));
                break;
            case "echo of our own bytes":
                await connection.SendAsync(new byte[] { 1, 0, 0, 0, (byte)(body.Length >> 8), (byte)body.Length });
                await connection.SendAsync(body);
                break;
            case "accept that claims 4 GiB":
                await connection.SendAsync(new byte[] { 2, 0, 0xFF, 0xFF, 0xFF, 0xFF });
                await connection.SendAsync(new byte[100_000]);
                break;
            case "accept that claims 16 KiB and brings less":
                await connection.SendAsync(new byte[] { 2, 0, 0, 0, 0x40, 0 });
                await connection.SendAsync(new byte[100]);
                break;
            case "accept whose items lie":
                await connection.SendAsync(new byte[] { 2, 0, 0, 0, 0, 72 });
                await connection.SendAsync(new byte[68]);
                await connection.SendAsync(new byte[] { 0x21, 0, 0xFF, 0xFF });
                break;
            case "reject that claims 60 KiB":
                await connection.SendAsync(new byte[] { 3, 0, 0, 0, 0xF0, 0 });
                break;
            case "release instead of an answer":
                await connection.SendAsync(new byte[] { 5, 0, 0, 0, 0, 4, 0, 0, 0, 0 });
                break;
            case "reset":
                connection.Stream.Socket.Close(0);
                return;
            case "one byte a time":
                foreach (var value in new byte[] { 2, 0, 0, 0, 1, 0 }.Concat(new byte[256]))
                {
                    await connection.SendAsync(new[] { value });
                    await Task.Delay(100, connection.Stop);
                }

                break;
        }

        if (what == "silence")
        {
            await Task.Delay(Timeout.Infinite, connection.Stop);
        }
    }

    private static async Task AnswerQueryAsync(RawServerConnection connection, string what)
    {
        await connection.AcceptAsync();
        var (context, _, id) = await connection.AnswerEchoAsync();
        var success = RawServerConnection.Command(context, 0x8020, id, 0);
        var pending = RawServerConnection.Command(context, 0x8020, id, 0xFF00, hasDataSet: true);
        switch (what)
        {
            case "PDU that claims 4 GiB":
                await connection.SendAsync(
                    RawServerConnection.Data(context, 3, new byte[10], pduLength: uint.MaxValue)
                );
                break;
            case "PDU too short for a fragment":
                await connection.SendAsync(RawServerConnection.Data(context, 3, new byte[10], pduLength: 3));
                break;
            case "fragment longer than its PDU":
                await connection.SendAsync(RawServerConnection.Data(context, 3, new byte[10], valueLength: 100_000));
                break;
            case "endless empty fragments":
                await FloodAsync(connection, RawServerConnection.Data(context, 1, []));
                break;
            case "endless command":
                await FloodAsync(connection, RawServerConnection.Data(context, 1, new byte[4096]));
                break;
            case "endless data set":
                await connection.SendAsync(pending);
                await FloodAsync(connection, RawServerConnection.Data(context, 0, new byte[16_000]));
                break;
            case "command that is none":
                await connection.SendAsync(
                    RawServerConnection.Data(context, 3, Encoding.ASCII.GetBytes(new string('x', 60)))
                );
                break;
            case "response to another message":
                await connection.SendAsync(RawServerConnection.Command(context, 0x8020, (ushort)(id + 7), 0));
                break;
            case "response to another operation":
                await connection.SendAsync(RawServerConnection.Command(context, 0x8021, id, 0));
                break;
            case "request instead of a response":
                await connection.SendAsync(RawServerConnection.Command(context, 0x0020, id, 0));
                break;
            case "another context":
                await connection.SendAsync(RawServerConnection.Command((byte)(context + 2), 0x8020, id, 0));
                break;
            case "data set before command":
                await connection.SendAsync(RawServerConnection.Data(context, 2, new byte[10]));
                break;
            case "release":
                await connection.SendAsync(new byte[] { 5, 0, 0, 0, 0, 4, 0, 0, 0, 0 });
                await connection.ReceiveAsync();
                return;
            case "close":
                return;
            case "reset":
                connection.Stream.Socket.Close(0);
                return;
            case "slow bytes":
                foreach (var value in success)
                {
                    await connection.SendAsync(new[] { value });
                    await Task.Delay(50, connection.Stop);
                }

                break;
            case "another association request":
                await connection.SendAsync(new byte[] { 1, 0, 0, 0, 0, 68 });
                await connection.SendAsync(new byte[68]);
                break;
            case "unknown PDU":
                await connection.SendAsync(new byte[] { 9, 0, 0, 0, 0, 4, 0, 0, 0, 0 });
                break;
        }

        await Task.Delay(Timeout.Infinite, connection.Stop);
    }

    private static async Task FloodAsync(RawServerConnection connection, byte[] bytes)
    {
        while (true)
        {
            await connection.SendAsync(bytes);
        }
    }
}
