using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Leadglass.Testing.Processes;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>
/// A scan that is killed goes on where it was: together the runs try each pair, and no host that was done is connected to
/// again. One that is asked to stop keeps what it found. Memory does not grow with the number of pairs.
/// </summary>
[Collection(nameof(MemoryTests))]
public sealed class InterruptedScanTests(ITestOutputHelper output) : IAsyncDisposable
{
    private const int Hosts = 20;
    private const long MemoryKibibytesMax = 300 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ScratchFolder _scratch = new("scan");
    private readonly List<Doorbell> _doorbells = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Out => _scratch.File("out");

    private string Journal => Path.Combine(Out, "scan.jsonl");

    [Fact]
    public async Task What_a_kill_interrupts_goes_on_and_finds_exactly_the_rest()
    {
        var port = Ring();
        await WriteScopeAsync("127.40.0.0/21", $"{port},1", "connectionsPerSecond: 1000, perNetwork24PerSecond: 1000");
        await using (var scan = Scan())
        {
            // Killed in the middle: a position is written, and some hosts are done.
            await WaitForJournalAsync(scan, line => Step(line) >= 1_500);
            await scan.KillAsync();
        }
        var before = await File.ReadAllLinesAsync(Journal, Cancel);
        var reached = before.Max(Step);
        var done = before.Where(line => line.Contains("\"done\"")).Select(Address).ToHashSet();
        var connections = _doorbells.ToDictionary(bell => bell.Address, bell => bell.Rings);
        output.WriteLine($"killed at step {reached} of 4096; {done.Count} of {Hosts} hosts were done");
        Assert.InRange(reached, 1_500, 4_095);

        await using var resumed = Scan("--resume", "--json");
        await resumed.WaitForLineAsync(line => line.Contains("\"event\":\"finished\""), Patience);

        using var audit = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Out, "audit.json"), Cancel));
        var totals = audit.RootElement.GetProperty("totals");
        Assert.Equal(4_096, totals.GetProperty("ports").GetInt64());
        Assert.Equal(2_048, totals.GetProperty("addresses").GetInt64());
        Assert.Equal(Hosts, totals.GetProperty("openPorts").GetInt64());
        Assert.All(_doorbells, bell => Assert.NotEqual(0, bell.Rings));
        Assert.All(_doorbells, bell => Assert.Equal(1, bell.MostAtOnce));
        Assert.All(
            _doorbells.Where(bell => done.Contains(bell.Address)),
            // The scan may try a pair again that it had finished after the last position; the probes never come twice.
            bell => Assert.InRange(bell.Rings, connections[bell.Address], connections[bell.Address] + 1)
        );
    }

    [Fact]
    public async Task Asked_to_stop_it_keeps_what_it_found_and_says_so()
    {
        var port = Ring();
        await WriteScopeAsync("127.40.0.0/21", $"{port},1", "connectionsPerSecond: 500, perNetwork24PerSecond: 500");
        await using var scan = Scan();
        await WaitForJournalAsync(scan, line => line.Contains("\"open\""));
        Assert.Equal(1, await scan.StopAsync(Patience));
        using var audit = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Out, "audit.json"), Cancel));
        Assert.Equal("it was stopped", audit.RootElement.GetProperty("stoppedEarly").GetString());
        Assert.InRange(audit.RootElement.GetProperty("totals").GetProperty("openPorts").GetInt64(), 1, Hosts);
    }

    [Fact]
    public async Task Memory_stays_small_whatever_the_number_of_pairs()
    {
        var last = LongForm.Choose(0, 1);
        await WriteScopeAsync(
            $"127.48.0.0-127.{48 + last}.134.159",
            LongForm.Choose(0, 1) == 1 ? "1-10" : "1,2",
            "connectionsPerSecond: 20000, perNetwork24PerSecond: 20000, inFlight: 4096"
        );
        await using var scan = Scan();
        var most = 0L;
        while (!scan.HasExited)
        {
            most = Math.Max(most, MemoryKibibytes(scan.Id));
            await Task.Delay(50, Cancel);
        }
        using var audit = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Out, "audit.json"), Cancel));
        var tried = audit.RootElement.GetProperty("totals").GetProperty("ports").GetInt64();
        output.WriteLine($"{tried} pairs, {most / 1024} MiB at most");
        Assert.InRange(tried, LongForm.Choose(60_000, 1_000_000), long.MaxValue);
        Assert.InRange(most, 1, MemoryKibibytesMax);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var doorbell in _doorbells)
        {
            await doorbell.DisposeAsync();
        }
        _scratch.Dispose();
    }

    private static long Step(string line) =>
        line.StartsWith("{\"step\":", StringComparison.Ordinal)
            ? JsonDocument.Parse(line).RootElement.GetProperty("step").GetInt64()
            : 0;

    private static IPAddress Address(string line) =>
        IPAddress.Parse(JsonDocument.Parse(line).RootElement.GetProperty("done").GetString()!);

    private static long MemoryKibibytes(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("VmHWM:"));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Listens on as many hosts at one port.</summary>
    private int Ring()
    {
        for (var i = 0; i < Hosts; i++)
        {
            var address = new IPAddress([127, 40, (byte)(i % 8), (byte)(10 + (i * 7))]);
            _doorbells.Add(new Doorbell(address, i == 0 ? 0 : _doorbells[0].Port));
        }
        return _doorbells[0].Port;
    }

    private BackgroundProcess Scan(params string[] more) =>
        BackgroundProcess.Start(
            "dotnet",
            [
                ArchiveProcess.ProgramPath,
                "exposure",
                "scan",
                "--scope",
                _scratch.File("scope.yaml"),
                "--out",
                Out,
                .. more,
            ]
        );

    private Task WriteScopeAsync(string networks, string ports, string rate) =>
        File.WriteAllTextAsync(
            _scratch.File("scope.yaml"),
            $$"""
            version: 1
            name: Interrupted
            authorisation: { by: Head of testing, basis: own machine, contact: audit@hospital.example }
            validFrom: {{TimeProvider.System.GetUtcNow().AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}}
            validUntil: {{TimeProvider.System.GetUtcNow().AddDays(1):yyyy-MM-ddTHH:mm:ssZ}}
            highestRung: 1
            networks: [{{networks}}]
            ports: {{ports}}
            rate: { {{rate}} }
            """,
            Cancel
        );

    private async Task WaitForJournalAsync(BackgroundProcess scan, Func<string, bool> isReached)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        timer.CancelAfter(Patience);
        while (!File.Exists(Journal) || !(await ReadSharedAsync()).Any(isReached))
        {
            Assert.False(scan.HasExited, scan.Output);
            await Task.Delay(10, timer.Token);
        }
    }

    // The scan still writes: a last line may be half there.
    private async Task<string[]> ReadSharedAsync()
    {
        await using var file = new FileStream(Journal, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var text = await reader.ReadToEndAsync(Cancel);
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A door behind which nobody is: it takes a connection and ends it when the visitor has said something or left.</summary>
    private sealed class Doorbell : IAsyncDisposable
    {
        private readonly TcpListener _listener;
        private readonly Task _answering;
        private int _inside;

        public Doorbell(IPAddress address, int port)
        {
            Address = address;
            _listener = new TcpListener(address, port);
            _listener.Start();
            _answering = AnswerAsync();
        }

        public IPAddress Address { get; }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Rings { get; private set; }

        public int MostAtOnce { get; private set; }

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _answering;
        }

        private async Task AnswerAsync()
        {
            try
            {
                while (true)
                {
                    var visitor = await _listener.AcceptTcpClientAsync();
                    Rings++;
                    MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _inside));
                    _ = SeeOutAsync(visitor);
                }
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task SeeOutAsync(TcpClient visitor)
        {
            using (visitor)
            {
                try
                {
                    _ = await visitor.GetStream().ReadAsync(new byte[4096]);
                }
                catch (IOException)
                {
                    // It was killed.
                }
                finally
                {
                    Interlocked.Decrement(ref _inside);
                }
            }
        }
    }
}
