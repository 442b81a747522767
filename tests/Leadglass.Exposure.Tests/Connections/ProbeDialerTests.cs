using System.Net;
using System.Text;

namespace Leadglass.Exposure.Tests.Connections;

/// <summary>The one way to a connection keeps its promises.</summary>
public sealed class ProbeDialerTests
{
    private static readonly ConnectionLimits Fast = new() { PerSecond = 10_000, PerNetworkPerSecond = 10_000 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NothingIsSentToWhatTheScopeRefuses()
    {
        await using var server = new CountingServer(IPAddress.Loopback, CountingServer.ReadToEndAsync);
        var dialer = new ProbeDialer((_, rung) => rung > Rung.Echo ? "excluded" : null, Fast, TimeProvider.System);
        var target = new ProbeTarget(IPAddress.Loopback, server.Port);

        var refused = await Assert.ThrowsAsync<OutOfScopeException>(async () =>
            await dialer.DialAsync(target, Rung.NullQuery, Cancel)
        );

        Assert.Equal("excluded", refused.Reason);
        Assert.Equal(0, server.Connections);
        await using var allowed = (await dialer.DialAsync(target, Rung.Echo, Cancel)).Connection;
        Assert.NotNull(allowed);
    }

    [Fact]
    public async Task AClosedPortIsRefused()
    {
        int port;
        await using (var server = new CountingServer(IPAddress.Loopback, CountingServer.ReadToEndAsync))
        {
            port = server.Port;
        }
        var dialled = await Dialer(Fast).DialAsync(new ProbeTarget(IPAddress.Loopback, port), Rung.Connect, Cancel);
        Assert.Equal(new Dialled(DialOutcome.Refused, null), dialled);
    }

    [Fact]
    public async Task AHostNeverHasTwoConnections()
    {
        await using var server = new CountingServer(IPAddress.Loopback, CountingServer.ReadToEndAsync);
        var dialer = Dialer(Fast);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 60),
            new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = Cancel },
            async (_, cancel) =>
            {
                var target = new ProbeTarget(IPAddress.Loopback, server.Port);
                await using var connection = (await dialer.DialAsync(target, Rung.Connect, cancel)).Connection;
                await connection!.Stream.WriteAsync("hello"u8.ToArray(), cancel);
            }
        );
        Assert.Equal(60, server.Connections);
        Assert.Equal(1, server.MostAtOnce);
        Assert.Equal(0, dialer.Turns.Taken);
    }

    [Fact]
    public async Task AnEndlessAnswerEndsAtTheBudgetOfBytesAndThenTheHostsShareIsUsedUp()
    {
        await using var server = new CountingServer(
            IPAddress.Loopback,
            async (stream, stop) =>
            {
                var lump = new byte[8192];
                while (true)
                {
                    await stream.WriteAsync(lump, stop);
                }
            }
        );
        var dialer = Dialer(Fast with { ConnectionBytesMax = 100_000, HostBytesMax = 150_000 });
        var target = new ProbeTarget(IPAddress.Loopback, server.Port);

        Assert.Equal(100_000, await DrainAsync(dialer, target));
        Assert.Equal(50_000, await DrainAsync(dialer, target));
        Assert.Equal(DialOutcome.Exhausted, (await dialer.DialAsync(target, Rung.Identify, Cancel)).Outcome);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task ASilentPeerEndsAtTheDeadline()
    {
        await using var server = new CountingServer(IPAddress.Loopback, CountingServer.ReadToEndAsync);
        var dialer = Dialer(Fast with { ConnectionTime = TimeSpan.FromMilliseconds(50) });
        var target = new ProbeTarget(IPAddress.Loopback, server.Port);
        await using var connection = (await dialer.DialAsync(target, Rung.Identify, Cancel)).Connection!;

        var late = await Assert.ThrowsAsync<OverBudgetException>(async () =>
            await connection.Stream.ReadExactlyAsync(new byte[1], Cancel)
        );
        Assert.Contains("longer than it may", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AForgottenConnectionGivesItsHostBack()
    {
        await using var server = new CountingServer(IPAddress.Loopback, CountingServer.ReadToEndAsync);
        var dialer = new ProbeDialer((_, _) => null, Fast, new HastyClock());
        var target = new ProbeTarget(IPAddress.Loopback, server.Port);
        var forgotten = (await dialer.DialAsync(target, Rung.Identify, Cancel)).Connection!;

        await using var next = (await dialer.DialAsync(target, Rung.Identify, Cancel)).Connection;

        Assert.NotNull(next);
        Assert.Equal(1, server.MostAtOnce);
        await Assert.ThrowsAnyAsync<Exception>(async () => await forgotten.Stream.WriteAsync("x"u8.ToArray(), Cancel));
        // Its owner lets go at last: the turn is another's by then, and stays so.
        await forgotten.DisposeAsync();
        Assert.False(dialer.Turns.TryTake(IPAddress.Loopback));
    }

    [Fact]
    public async Task WhatIsWaitedForATurnIsNotTheHostsTime()
    {
        using var clock = new HostClock(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        await Task.Delay(300, Cancel);
        Assert.False(clock.Late.IsCancellationRequested);
        clock.Resume();
        clock.Pause();
        clock.Pause();
        clock.Resume();
        await Task.Delay(300, Cancel);
        Assert.False(clock.Late.IsCancellationRequested);
        clock.Resume();
        var over = new TaskCompletionSource();
        await using var told = clock.Late.Register(over.SetResult);
        await over.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task WhatAPipeHeldIsZeroedWhenItComesBack()
    {
        var secret = Encoding.ASCII.GetBytes("SECRET^CANARY");
        await using var server = new CountingServer(
            IPAddress.Loopback,
            async (stream, stop) =>
            {
                await stream.WriteAsync(secret, stop);
                await CountingServer.ReadToEndAsync(stream, stop);
            }
        );
        var dialer = Dialer(Fast);
        ReadOnlyMemory<byte> held;
        await using (
            var connection = (
                await dialer.DialAsync(new ProbeTarget(IPAddress.Loopback, server.Port), Rung.Identify, Cancel)
            ).Connection!
        )
        {
            var read = await connection.Pipe.Input.ReadAtLeastAsync(secret.Length, Cancel);
            held = read.Buffer.First;
            Assert.Equal(secret, held[..secret.Length].ToArray());
            connection.Pipe.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
        Assert.All(held.ToArray(), one => Assert.Equal(0, one));
    }

    [Fact]
    public async Task WhoeverStopsWaitingForATurnLeavesItToTheNext()
    {
        var turns = new HostTurns();
        Assert.True(turns.TryTake(IPAddress.Loopback));
        using var impatient = new CancellationTokenSource();
        var first = turns.TakeAsync(IPAddress.Loopback, impatient.Token).AsTask();
        var second = turns.TakeAsync(IPAddress.Loopback, Cancel).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        turns.Release(IPAddress.Loopback);
        await second;
        Assert.False(turns.TryTake(IPAddress.Loopback));
        turns.Release(IPAddress.Loopback);
        Assert.Equal(0, turns.Taken);
    }

    private static ProbeDialer Dialer(ConnectionLimits limits) => new((_, _) => null, limits, TimeProvider.System);

    private static async Task<long> DrainAsync(ProbeDialer dialer, ProbeTarget target)
    {
        await using var connection = (await dialer.DialAsync(target, Rung.Identify, Cancel)).Connection!;
        var buffer = new byte[4096];
        var total = 0L;
        var end = await Assert.ThrowsAsync<OverBudgetException>(async () =>
        {
            while (await connection.Stream.ReadAsync(buffer, Cancel) is > 0 and var count)
            {
                total += count;
            }
        });
        Assert.Contains("may bring", end.Message, StringComparison.Ordinal);
        return total;
    }

    /// <summary>A clock whose timers are a hundred times as fast.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 100 : dueTime, period);
    }
}
