using System.Collections.Concurrent;
using System.Net;
using Leadglass.Exposure.Tests.Connections;

namespace Leadglass.Exposure.Tests.Discovery;

/// <summary>The scan finds what listens, tries each pair once, and never has two connections at one host.</summary>
public sealed class ConnectScanTests
{
    private static readonly ConnectionLimits Limits = new()
    {
        PerSecond = 100_000,
        PerNetworkPerSecond = 100_000,
        InFlightMax = 128,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ItFindsWhatListensAndTriesEachPairOnce()
    {
        await using var one = new CountingServer(IPAddress.Parse("127.0.7.7"), CountingServer.ReadToEndAsync);
        await using var two = new CountingServer(
            IPAddress.Parse("127.0.7.200"),
            CountingServer.ReadToEndAsync,
            one.Port
        );
        await using var three = new CountingServer(IPAddress.Parse("127.0.7.7"), CountingServer.ReadToEndAsync);
        var sink = new Sink();
        var asked = new ConcurrentDictionary<(IPAddress, int), int>();
        var dialer = new ProbeDialer(
            (target, rung) =>
            {
                Assert.Equal(Rung.Connect, rung);
                asked.AddOrUpdate((target.Address, target.Port), 1, (_, count) => count + 1);
                return null;
            },
            Limits,
            TimeProvider.System
        );
        var space = new ScanSpace(Addresses.Of("127.0.7.0", 256), [one.Port, three.Port], Shard.Whole, new byte[32]);
        var scan = new ConnectScan(space, dialer, sink, default);

        await scan.RunAsync(Cancel);

        Assert.Equal(
            new[] { one, two, three }.Select(server => $"{server.Address}:{server.Port}").Order(),
            sink.Open.Select(at => $"{at.Address}:{at.Port}").Order()
        );
        Assert.Equal(512, asked.Count);
        Assert.All(asked.Values, count => Assert.Equal(1, count));
        Assert.Equal([1, 1, 1], new[] { one, two, three }.Select(server => server.Connections));
        Assert.Equal(new ScanPosition(512, 512, 256), scan.State.Done);
        Assert.Equal(0, dialer.Turns.Taken);
    }

    [Fact]
    public async Task WhatTheScopeRefusesIsNeverConnectedTo()
    {
        await using var server = new CountingServer(IPAddress.Parse("127.0.8.9"), CountingServer.ReadToEndAsync);
        var sink = new Sink();
        var dialer = new ProbeDialer(
            (target, _) => target.Address.Equals(server.Address) ? "excluded" : null,
            Limits,
            TimeProvider.System
        );
        var scan = new ConnectScan(
            new ScanSpace(Addresses.Of("127.0.8.0", 16), [server.Port], Shard.Whole, new byte[32]),
            dialer,
            sink,
            default
        );
        await scan.RunAsync(Cancel);
        Assert.Empty(sink.Open);
        Assert.Equal(0, server.Connections);
        Assert.Equal(new ScanPosition(16, 15, 15), scan.State.Done);
    }

    [Fact]
    public async Task OneHostWithManyPortsHasOneConnectionAtATimeBesideTheProbesToo()
    {
        var address = IPAddress.Parse("127.0.9.1");
        var turns = new AddressTurns();
        var servers = Enumerable.Range(0, 24).Select(_ => new CountingServer(address, turns.ServeAsync)).ToList();
        try
        {
            var dialer = new ProbeDialer((_, _) => null, Limits, TimeProvider.System);
            var sink = new Sink();
            var scan = new ConnectScan(
                new ScanSpace(
                    Addresses.Of("127.0.9.1", 1),
                    [.. servers.Select(server => server.Port)],
                    Shard.Whole,
                    new byte[32]
                ),
                dialer,
                sink,
                default
            );
            var scanning = scan.RunAsync(Cancel);
            foreach (var server in servers)
            {
                var target = new ProbeTarget(address, server.Port);
                await using var connection = (await dialer.DialAsync(target, Rung.Identify, Cancel)).Connection!;
                await connection.Stream.WriteAsync("probe"u8.ToArray(), Cancel);
            }
            await scanning;
            Assert.Equal(24, sink.Open.Count);
            Assert.Equal(48, servers.Sum(server => server.Connections));
            Assert.Equal(1, turns.MostAtOnce);
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task AScanThatGoesOnTriesTheRestOnly()
    {
        var space = new ScanSpace(Addresses.Of("127.0.10.0", 200), [1, 2, 3], Shard.Whole, new byte[32]);
        var asked = new ConcurrentDictionary<(IPAddress, int), int>();
        var dialer = new ProbeDialer(
            (target, _) =>
            {
                asked.AddOrUpdate((target.Address, target.Port), 1, (_, count) => count + 1);
                return null;
            },
            Limits,
            TimeProvider.System
        );
        await new ConnectScan(space, dialer, new Sink(), new ScanPosition(450, 450, 150)).RunAsync(Cancel);
        Assert.Equal(
            Enumerable.Range(450, 150).Select(step => space.At(step)).Select(at => $"{at.Address}:{at.Port}").Order(),
            asked.Keys.Select(at => $"{at.Item1}:{at.Item2}").Order()
        );
    }

    [Fact]
    public async Task AStoppedScanGivesAllTurnsBack()
    {
        using var stop = new CancellationTokenSource();
        var sink = new Sink();
        var dialer = new ProbeDialer(
            (_, _) =>
            {
                if (Interlocked.Increment(ref sink.Asked) == 500)
                {
                    stop.Cancel();
                }
                return null;
            },
            Limits,
            TimeProvider.System
        );
        var scan = new ConnectScan(
            new ScanSpace(Addresses.Of("127.1.0.0", 65_536), [9], Shard.Whole, new byte[32]),
            dialer,
            sink,
            default
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scan.RunAsync(stop.Token));
        Assert.Equal(0, dialer.Turns.Taken);
        Assert.InRange(scan.State.Done.Step, 1, 600);
    }

    [Fact]
    public async Task ItWorksOverIPv6()
    {
        await using var server = new CountingServer(IPAddress.IPv6Loopback, CountingServer.ReadToEndAsync);
        var sink = new Sink();
        var dialer = new ProbeDialer((_, _) => null, Limits, TimeProvider.System);
        await new ConnectScan(
            new ScanSpace(new OneAddress(IPAddress.IPv6Loopback), [1, server.Port], Shard.Whole, new byte[32]),
            dialer,
            sink,
            default
        ).RunAsync(Cancel);
        Assert.Equal([(IPAddress.IPv6Loopback, server.Port)], sink.Open);
    }

    private sealed class OneAddress(IPAddress address) : IAddressSpace
    {
        public long Count => 1;

        public IPAddress At(long index) => address;
    }

    private sealed class Sink : IScanSink
    {
        public int Asked;

        public ConcurrentBag<(IPAddress Address, int Port)> Open { get; } = [];

        public bool HasRoom => true;

        public bool MayProbe => true;

        public void Found(IPAddress address, int port) => Open.Add((address, port));
    }

    /// <summary>Counts connections over several servers of one address.</summary>
    private sealed class AddressTurns
    {
        private int _alive;
        private int _most;

        public int MostAtOnce => _most;

        public async Task ServeAsync(System.Net.Sockets.NetworkStream stream, CancellationToken stop)
        {
            var alive = Interlocked.Increment(ref _alive);
            int most;
            while (alive > (most = Volatile.Read(ref _most)))
            {
                Interlocked.CompareExchange(ref _most, alive, most);
            }
            try
            {
                await CountingServer.ReadToEndAsync(stream, stop);
            }
            finally
            {
                Interlocked.Decrement(ref _alive);
            }
        }
    }
}
