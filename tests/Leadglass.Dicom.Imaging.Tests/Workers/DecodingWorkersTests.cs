using System.Diagnostics;
using Leadglass.Dicom.Imaging.Workers;

namespace Leadglass.Dicom.Imaging.Tests.Workers;

/// <summary>Whatever happens to a worker, the program gets an error for one frame and goes on.</summary>
public sealed class DecodingWorkersTests
{
    private const string SaysReady = "printf edocedGL; ";

    private static readonly NativeFrame Frame = new(NativeCodec.Jpeg, 8, 8, 1, 1);

    [Theory]
    [InlineData("exit 0")]
    [InlineData("printf 'something else entirely'")]
    public async Task A_worker_that_does_not_get_ready_is_told_as_such(string script)
    {
        using var workers = Script(script);
        var problem = await Assert.ThrowsAsync<PixelDataException>(async () => await DecodeAsync(workers));
        Assert.Equal(PixelDataProblem.LibraryMissing, problem.Problem);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_told_as_such()
    {
        using var workers = new DecodingWorkers(["/nonexistent/leadglass", "decode-frames"]);
        var problem = await Assert.ThrowsAsync<PixelDataException>(async () => await DecodeAsync(workers));
        Assert.Equal(PixelDataProblem.LibraryMissing, problem.Problem);
    }

    [Theory]
    [InlineData("head -c 24 >/dev/null; kill -SEGV $$")]
    [InlineData("head -c 100 >/dev/null; printf 'NAGL'")]
    [InlineData("head -c 124 >/dev/null; printf 'NAGL\\001\\000\\000\\000too short'")]
    [InlineData("head -c 124 >/dev/null; printf 'lies and lies'; sleep 1000")]
    [InlineData("head -c 124 >/dev/null; printf 'NAGL\\011\\000\\000\\000'; sleep 1000")]
    public async Task A_worker_that_breaks_off_costs_its_frame(string script)
    {
        using var workers = Script(SaysReady + script);
        for (var i = 0; i < 3; i++)
        {
            var problem = await Assert.ThrowsAsync<PixelDataException>(async () => await DecodeAsync(workers));
            Assert.Equal(PixelDataProblem.Malformed, problem.Problem);
        }
    }

    [Fact]
    public async Task A_frame_that_finds_a_worker_ended_gets_another()
    {
        const string oneFrame = "head -c 124 >/dev/null; printf 'NAGL\\001\\000\\000\\000'; head -c 64 /dev/zero";
        using var workers = Script(SaysReady + oneFrame);
        for (var i = 0; i < 3; i++)
        {
            await DecodeAsync(workers);
        }

        Assert.Equal(3, workers.Started);
    }

    [Fact]
    public async Task A_worker_that_never_ends_is_ended()
    {
        using var workers = Script(SaysReady + "echo $$ > /dev/shm/leadglass-worker-$PPID; sleep 1000");
        var note = $"/dev/shm/leadglass-worker-{Environment.ProcessId}";
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await workers.DecodeAsync(Frame, new byte[100], new byte[64], deadline.Token)
        );
        var worker = int.Parse(await File.ReadAllTextAsync(note));
        File.Delete(note);
        for (var i = 0; i < 100 && Directory.Exists($"/proc/{worker}"); i++)
        {
            await Task.Delay(50);
        }

        Assert.False(Directory.Exists($"/proc/{worker}"), "the worker still runs");
    }

    [Fact]
    public async Task A_worker_is_confined_before_it_takes_a_frame()
    {
        var start = new ProcessStartInfo(Decoders.WorkerCommand[0], Decoders.WorkerCommand.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x40000000";
        using var worker = Process.Start(start)!;
        try
        {
            await worker.StandardOutput.BaseStream.ReadExactlyAsync(new byte[8]);
            var status = await File.ReadAllTextAsync($"/proc/{worker.Id}/status");
            Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);
            Assert.Contains("Seccomp:\t2", status, StringComparison.Ordinal);
            var limits = await File.ReadAllLinesAsync($"/proc/{worker.Id}/limits");
            Assert.Matches(@"^Max core file size\s+0\s+0\s", limits.Single(line => line.StartsWith("Max core")));
            Assert.Matches(@"^Max file size\s+0\s+0\s", limits.Single(line => line.StartsWith("Max file size")));
            Assert.Matches(@"^Max open files\s+256\s+256\s", limits.Single(line => line.StartsWith("Max open files")));
            worker.StandardInput.Close();
            await worker.WaitForExitAsync();
            Assert.Equal(0, worker.ExitCode);
        }
        finally
        {
            worker.Kill();
        }
    }

    [Fact]
    public async Task Many_frames_at_once_share_few_workers()
    {
        using var workers = new DecodingWorkers(Decoders.WorkerCommand);
        var (frame, encoded) = WarmUpFrames.Of(NativeCodec.JpegLs).First();
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 200)
                .Select(async _ =>
                {
                    var native = new byte[64];
                    await workers.DecodeAsync(frame, encoded, native, TestContext.Current.CancellationToken);
                    return Convert.ToHexString(native);
                })
        );
        // (31 x + 17 y) modulo 256, as it was encoded.
        var expected = Enumerable.Range(0, 64).Select(i => (byte)((31 * (i % 8)) + (17 * (i / 8)))).ToArray();
        Assert.All(results, result => Assert.Equal(Convert.ToHexString(expected), result));
        Assert.InRange(workers.Started, 1, Math.Max(2, Environment.ProcessorCount));
    }

    [Fact]
    public async Task A_worker_lasts_through_thousands_of_frames_of_every_codec()
    {
        using var workers = new DecodingWorkers(Decoders.WorkerCommand);
        foreach (var codec in Enum.GetValues<NativeCodec>())
        {
            var (frame, encoded) = WarmUpFrames.Of(codec).First();
            for (var i = 0; i < 1000; i++)
            {
                await workers.DecodeAsync(frame, encoded, new byte[frame.Bytes], TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(1, workers.Started);
    }

    private static DecodingWorkers Script(string script) => new(["/bin/sh", "-c", script]);

    private static async Task DecodeAsync(DecodingWorkers workers) =>
        await workers.DecodeAsync(Frame, new byte[100], new byte[64], TestContext.Current.CancellationToken);
}
