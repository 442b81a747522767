using System.Buffers.Binary;
using System.Diagnostics;

namespace Leadglass.Dicom.Imaging.Workers;

/// <summary>One running worker, as the program sees it. One frame at a time.</summary>
internal sealed class WorkerProcess : IDisposable
{
    // What the garbage collector of a worker may take: JpegLibrary and planes of JPEG-LS work in it.
    private const string HeapLimit = "0x40000000";

    private readonly Process _process;
    private readonly byte[] _header = new byte[WorkerMessages.RequestLength];

    private WorkerProcess(Process process) => _process = process;

    /// <summary>Frames that it has decoded.</summary>
    public int Frames { get; private set; }

    /// <summary>Starts a worker and waits until it says that it is confined.</summary>
    /// <exception cref="PixelDataException">It cannot be started, or could not be confined.</exception>
    public static async Task<WorkerProcess> StartAsync(IReadOnlyList<string> command, CancellationToken deadline)
    {
        if (command.Count == 0)
        {
            throw new PixelDataException(
                PixelDataProblem.LibraryMissing,
                "The program that decodes does not lie beside the code that runs."
            );
        }

        WorkerProcess? worker = null;
        try
        {
            worker = new WorkerProcess(
                Process.Start(StartInfo(command)) ?? throw new InvalidOperationException("No process was started.")
            );
            await using var killing = deadline.UnsafeRegister(static state => ((WorkerProcess)state!).Kill(), worker);
            var ready = worker._header.AsMemory(0, sizeof(ulong));
            await worker._process.StandardOutput.BaseStream.ReadExactlyAsync(ready, deadline);
            return BinaryPrimitives.ReadUInt64LittleEndian(ready.Span) == WorkerMessages.Ready
                ? worker
                : throw new InvalidDataException("The worker said something else.");
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            worker?.Dispose();
            throw new PixelDataException(
                PixelDataProblem.LibraryMissing,
                "The process that decodes could not be started, or could not confine itself: it needs Linux on x86-64 "
                    + "with seccomp filters.",
                problem
            );
        }
    }

    /// <summary>Has a frame decoded. After an exception other than a refusal of the codestream the worker is of no more use.</summary>
    /// <returns>False when the worker ended or broke off.</returns>
    public async Task<WorkerOutcome?> DecodeAsync(
        NativeFrame frame,
        ReadOnlyMemory<byte> encoded,
        Memory<byte> native,
        CancellationToken deadline
    )
    {
        await using var killing = deadline.UnsafeRegister(static state => ((WorkerProcess)state!).Kill(), this);
        try
        {
            var input = _process.StandardInput.BaseStream;
            var output = _process.StandardOutput.BaseStream;
            WorkerMessages.WriteRequest(_header, frame, encoded.Length);
            await input.WriteAsync(_header, deadline);
            await input.WriteAsync(encoded, deadline);
            await input.FlushAsync(deadline);
            var answer = _header.AsMemory(0, WorkerMessages.AnswerLength);
            await output.ReadExactlyAsync(answer, deadline);
            var outcome = WorkerMessages.ReadAnswer(answer.Span);
            if (outcome == WorkerOutcome.Decoded)
            {
                await output.ReadExactlyAsync(native, deadline);
            }

            Frames++;
            return outcome;
        }
        catch (IOException)
        {
            // It ended in the middle of a frame: a crash, or a limit of the kernel.
            return null;
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        // Nothing of the program's own environment, where secrets may stand; only where the runtime lies.
        var root = Environment.GetEnvironmentVariable("DOTNET_ROOT");
        start.Environment.Clear();
        start.Environment["DOTNET_ROOT"] = root;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit;
        start.Environment["DOTNET_gcConcurrent"] = "0";
        // What is compiled is compiled well at once: no thread that comes later.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        return start;
    }

    private void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
