using System.IO.Pipelines;
using static Leadglass.Exposure.Tests.Web.WebDouble;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>Waiting for a turn and a rate is ours: it is no silence of the server, and leaves no connection behind.</summary>
public sealed class WebWaitingTests
{
    [Fact]
    public async Task AHostThatWaitsLongForItsTurnsIsFound()
    {
        // At one connection a second, a host waits for the connections of all the others before each of its own.
        const int hosts = 60;
        await using var server = Of(request =>
            request.Path == "/dicom-web/studies" ? Response(200, "application/dicom+json", "[]") : NotFound
        );
        var clock = new LeapingClock();
        var dialer = new QueueingDialer(clock, TimeSpan.FromSeconds(hosts));
        var seen = await new WebProbe(dialer, clock).ObserveAsync(
            server.Target,
            WebTesting.Plan(Rung.CountEndpoints),
            CancellationToken.None
        );
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Open, seen.Of(Rung.NullRetrieve));
        Assert.DoesNotContain(seen.Rungs, one => one.Response.Contains("time-out", StringComparison.Ordinal));
        Assert.True(clock.GetUtcNow() - DateTimeOffset.UnixEpoch >= TimeSpan.FromSeconds(4 * hosts));
    }

    [Fact]
    public async Task AConnectionThatComesWhenNobodyWaitsForItIsEnded()
    {
        using var stop = new CancellationTokenSource();
        var dialer = new LateDialer();
        var probing = new WebProbe(dialer, TimeProvider.System)
            .ObserveAsync(
                new ProbeTarget(System.Net.IPAddress.Loopback, 80),
                WebTesting.Plan(Rung.Identify),
                stop.Token
            )
            .AsTask();
        await dialer.Dialling;
        await stop.CancelAsync();
        dialer.Connect();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probing);
        await dialer.Ended;
    }

    [Fact]
    public async Task AnExchangeThatIsLateEndsItsConnection()
    {
        await using var server = new WebDouble(
            async (_, _, stopped) =>
            {
                await Task.Delay(Timeout.Infinite, stopped).ContinueWith(_ => { }, TaskScheduler.Default);
                return false;
            }
        );
        var clock = new LeapingClock();
        var dialer = new QueueingDialer(clock, TimeSpan.Zero);
        var probing = new WebProbe(dialer, clock)
            .ObserveAsync(server.Target, WebTesting.Plan(Rung.Identify), CancellationToken.None)
            .AsTask();
        while (!probing.IsCompleted)
        {
            await Task.WhenAny(probing, Task.Delay(20));
            clock.Leap(TimeSpan.FromSeconds(1));
        }

        Assert.False((await probing).SpeaksHttp);
        Assert.Equal(DialOutcome.Connected, (await dialer.DialAsync(server.Target, Rung.Identify, default)).Outcome);
    }

    /// <summary>Connects when time for all the others has gone by. A host has one connection at a time.</summary>
    private sealed class QueueingDialer(LeapingClock clock, TimeSpan wait) : IProbeDialer
    {
        private readonly ProbeDialer _inner = new((_, _) => null, WebTesting.Limits, TimeProvider.System);

        public ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel)
        {
            clock.Leap(wait);
            return _inner.DialAsync(target, rung, cancel);
        }
    }

    /// <summary>Connects when it is told to, whoever waits for it.</summary>
    private sealed class LateDialer : IProbeDialer
    {
        private readonly TaskCompletionSource _dialling = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _connect = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Dialling => _dialling.Task;

        public Task Ended => _ended.Task;

        public void Connect() => _connect.SetResult();

        public async ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel)
        {
            _dialling.TrySetResult();
            await _connect.Task;
            return new Dialled(DialOutcome.Connected, new Connection(target, _ended));
        }

        private sealed class Connection(ProbeTarget target, TaskCompletionSource ended) : ProbeConnection
        {
            public override ProbeTarget Target => target;

            public override Stream Stream => Stream.Null;

            public override IDuplexPipe Pipe => throw new NotSupportedException();

            public override ValueTask DisposeAsync()
            {
                ended.TrySetResult();
                return ValueTask.CompletedTask;
            }
        }
    }
}
