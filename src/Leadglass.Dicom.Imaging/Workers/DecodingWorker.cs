using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Leadglass.Dicom.Imaging.Native;

namespace Leadglass.Dicom.Imaging.Workers;

/// <summary>
/// A process that runs foreign decoders and can do nothing else: it reads a frame from its standard input and writes the
/// pixels to its standard output, again and again, until the input ends.
/// </summary>
public static unsafe partial class DecodingWorker
{
    /// <summary>The argument that makes the program a worker.</summary>
    public const string Verb = "decode-frames";

    private const int Input = 0;
    private const int Output = 1;
    private const long RuntimeBytes = 512L << 20;

    // The slowest codec here does ten times as much; some damaged codestreams keep CharLS busy for many seconds.
    private const int SecondsMin = 2;
    private const long BytesPerSecond = 2 << 20;

    // A decoder of JPEG 2000 holds each sample as 32 bits up to three times.
    private const int WorkingBytesPerSample = 12;

    /// <summary>Runs to the end of the input. Exit code 3 says that it could not be confined.</summary>
    public static int Run()
    {
        var codecs = LoadLibraries();
        WarmUp(codecs);
        if (!Confinement.TrySilence())
        {
            return 3;
        }

        var baseline = AddressSpace();
        if (!Confinement.TryConfine())
        {
            return 3;
        }

        Span<byte> ready = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(ready, WorkerMessages.Ready);
        WriteAll(ready);
        while (TryServe(baseline)) { }

        return 0;
    }

    private static List<NativeCodec> LoadLibraries() =>
        [.. Enum.GetValues<NativeCodec>().Where(NativeDecoding.TryLoad)];

    // What is loaded lazily must be loaded now: afterwards no file can be opened.
    private static void WarmUp(List<NativeCodec> codecs)
    {
        foreach (var codec in codecs)
        {
            foreach (var (frame, encoded) in WarmUpFrames.Of(codec))
            {
                try
                {
                    NativeDecoding.Decode(frame, encoded, new byte[frame.Bytes]);
                }
                catch (PixelDataException)
                {
                    // A damaged one is among them, so that the way of errors is warm too.
                }
            }
        }
    }

    private static bool TryServe(long baseline)
    {
        Span<byte> request = stackalloc byte[WorkerMessages.RequestLength];
        if (
            !TryReadAll(request)
            || !WorkerMessages.TryReadRequest(request, out var frame, out var encodedLength)
            || !TryLimit(frame, encodedLength, baseline)
        )
        {
            return false;
        }

        using IMemoryOwner<byte> encoded = new NativeBuffer(encodedLength);
        using IMemoryOwner<byte> native = new NativeBuffer((int)frame.Bytes);
        if (!TryReadAll(encoded.Memory.Span))
        {
            return false;
        }

        var outcome = Decode(frame, encoded.Memory, native.Memory.Span);
        Span<byte> answer = stackalloc byte[WorkerMessages.AnswerLength];
        WorkerMessages.WriteAnswer(answer, outcome);
        return WriteAll(answer) && (outcome != WorkerOutcome.Decoded || WriteAll(native.Memory.Span));
    }

    private static WorkerOutcome Decode(NativeFrame frame, ReadOnlyMemory<byte> encoded, Span<byte> native)
    {
        try
        {
            native.Clear();
            NativeDecoding.Decode(frame, encoded, native);
            return WorkerOutcome.Decoded;
        }
        catch (PixelDataException problem)
        {
            return problem.Problem == PixelDataProblem.ExceedsLimit
                ? WorkerOutcome.OutOfMemory
                : WorkerOutcome.Malformed;
        }
        catch (OutOfMemoryException)
        {
            return WorkerOutcome.OutOfMemory;
        }
    }

    private static bool TryLimit(NativeFrame frame, int encodedLength, long baseline)
    {
        var samples = (long)frame.Rows * frame.Columns * frame.Samples;
        var memory = baseline + RuntimeBytes + encodedLength + frame.Bytes + (samples * WorkingBytesPerSample);
        return Confinement.TryLimitFrame(memory, CpuSeconds() + SecondsFor(frame));
    }

    private static long AddressSpace()
    {
        using var self = Process.GetCurrentProcess();
        return self.VirtualMemorySize64;
    }

    // Processor time does not depend on what else the machine does, so it may be tighter than the clock's limit.
    private static int SecondsFor(NativeFrame frame) =>
        (int)Math.Min(SecondsMin + (frame.Bytes / BytesPerSecond), (long)PixelLimits.DecodingTimeMax.TotalSeconds);

    private static int CpuSeconds() => (int)(ClockProcess() / 1_000_000) + 1;

    private static bool TryReadAll(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            nint count;
            fixed (byte* pointer = target)
            {
                count = Read(Input, pointer, (nuint)target.Length);
            }

            if (count <= 0)
            {
                return false;
            }

            target = target[(int)count..];
        }

        return true;
    }

    private static bool WriteAll(ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            nint count;
            fixed (byte* pointer = source)
            {
                count = Write(Output, pointer, (nuint)source.Length);
            }

            if (count <= 0)
            {
                return false;
            }

            source = source[(int)count..];
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(int file, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int file, byte* buffer, nuint count);

    // Processor time of this process in microseconds, CLOCKS_PER_SEC being a million everywhere.
    [LibraryImport("libc", EntryPoint = "clock")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long ClockProcess();
}
