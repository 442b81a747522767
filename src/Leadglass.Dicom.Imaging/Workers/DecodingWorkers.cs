namespace Leadglass.Dicom.Imaging.Workers;

/// <summary>
/// Runs foreign decoders in processes that can do nothing else. A codestream that crashes a decoder, or keeps it busy,
/// costs its own frame and a process.
/// </summary>
public sealed class DecodingWorkers : INativeDecoder, IDisposable
{
    // Leaks of a library end with its process.
    private const int FramesMax = 20_000;

    private static readonly TimeSpan StartTimeMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan IdleTimeMax = TimeSpan.FromMinutes(1);

    private readonly IReadOnlyList<string> _command;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _places;
    private readonly Lock _lock = new();
    private readonly Stack<(WorkerProcess Worker, long Since)> _idle = [];
    private readonly ITimer _sweep;
    private bool _isDisposed;
    private int _started;

    /// <summary>Starts nothing yet: workers begin with the first frame that needs one.</summary>
    /// <param name="command">The program and its arguments that run <see cref="DecodingWorker.Run"/>.</param>
    public DecodingWorkers(IReadOnlyList<string> command, TimeProvider? time = null)
    {
        _command = command;
        _time = time ?? TimeProvider.System;
        _places = new SemaphoreSlim(Math.Max(2, Environment.ProcessorCount));
        _sweep = _time.CreateTimer(_ => EndIdle(), state: null, IdleTimeMax, IdleTimeMax);
    }

    /// <summary>Workers that were started so far.</summary>
    internal int Started => _started;

    /// <summary>The command that makes this program a worker; empty where the program is not beside the running code.</summary>
    public static IReadOnlyList<string> CommandOfThisProgram()
    {
        const string name = "leadglass";
        var process = Environment.ProcessPath ?? "";
        if (Path.GetFileName(process) == name)
        {
            return [process, DecodingWorker.Verb];
        }

        var assembly = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        var host = Path.GetFileName(process) == "dotnet" ? process : "dotnet";
        return File.Exists(assembly) ? [host, "exec", assembly, DecodingWorker.Verb] : [];
    }

    /// <summary>Starts a worker and has it decode a picture of ours: null when that went well, else what is wrong.</summary>
    public static async Task<PixelDataException?> TryAsync(
        IReadOnlyList<string> command,
        CancellationToken cancellationToken
    )
    {
        using var workers = new DecodingWorkers(command);
        var (frame, encoded) = WarmUpFrames.Of(NativeCodec.JpegTwelveBits).First();
        try
        {
            await workers.DecodeAsync(frame, encoded, new byte[frame.Bytes], cancellationToken);
            return null;
        }
        catch (PixelDataException problem)
        {
            return problem;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DecodeAsync(
        NativeFrame frame,
        ReadOnlyMemory<byte> encoded,
        Memory<byte> native,
        CancellationToken cancellationToken
    )
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            // A worker that has decoded before may have ended, or run short of memory, for no fault of this frame.
            var outcome = TakeIdle() is { } used
                ? await DecodeAsync(used, frame, encoded, native, cancellationToken)
                : null;
            if (outcome is not (WorkerOutcome.Decoded or WorkerOutcome.Malformed))
            {
                var fresh = await StartAsync(cancellationToken);
                outcome = await DecodeAsync(fresh, frame, encoded, native, cancellationToken);
            }

            Require(outcome);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            while (_idle.TryPop(out var entry))
            {
                entry.Worker.Dispose();
            }
        }

        _sweep.Dispose();
        _places.Dispose();
    }

    private static void Require(WorkerOutcome? outcome)
    {
        switch (outcome)
        {
            case WorkerOutcome.Decoded:
                return;
            case WorkerOutcome.OutOfMemory:
                throw PixelDataException.TooLarge("The codestream asks for more memory than its frame may take.");
            case WorkerOutcome.Malformed:
                throw PixelDataException.Malformed("The decoder refuses the codestream as damaged.");
            default:
                throw PixelDataException.Malformed(
                    "The codestream ended the process that decoded it, by a crash or by exceeding a limit."
                );
        }
    }

    private async Task<WorkerOutcome?> DecodeAsync(
        WorkerProcess worker,
        NativeFrame frame,
        ReadOnlyMemory<byte> encoded,
        Memory<byte> native,
        CancellationToken cancellationToken
    )
    {
        var isUsable = false;
        try
        {
            var outcome = await worker.DecodeAsync(frame, encoded, native, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            isUsable = outcome is WorkerOutcome.Decoded or WorkerOutcome.Malformed && worker.Frames < FramesMax;
            return outcome;
        }
        finally
        {
            PutBack(worker, isUsable);
        }
    }

    private async Task<WorkerProcess> StartAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(StartTimeMax, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        Interlocked.Increment(ref _started);
        return await WorkerProcess.StartAsync(_command, either.Token);
    }

    private WorkerProcess? TakeIdle()
    {
        lock (_lock)
        {
            return _idle.TryPop(out var entry) ? entry.Worker : null;
        }
    }

    private void PutBack(WorkerProcess worker, bool isUsable)
    {
        lock (_lock)
        {
            if (isUsable && !_isDisposed)
            {
                _idle.Push((worker, _time.GetTimestamp()));
                return;
            }
        }

        worker.Dispose();
    }

    private void EndIdle()
    {
        lock (_lock)
        {
            var kept = _idle.Where(entry => _time.GetElapsedTime(entry.Since) < IdleTimeMax).Reverse().ToArray();
            var ended = _idle.Where(entry => _time.GetElapsedTime(entry.Since) >= IdleTimeMax).ToArray();
            _idle.Clear();
            foreach (var entry in kept)
            {
                _idle.Push(entry);
            }

            foreach (var (worker, _) in ended)
            {
                worker.Dispose();
            }
        }
    }
}
