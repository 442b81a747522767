using System.Diagnostics;
using System.Globalization;
using Leadglass.Dicom;
using Leadglass.Dicom.Imaging;
using Leadglass.Dicom.Imaging.Workers;
using Leadglass.Testing;
using Leadglass.Testing.Processes;

namespace Leadglass.Fuzz.Tests;

/// <summary>
/// Damaged codestreams of every codec, decoded as the program does: the program survives, what is thrown is a
/// <see cref="PixelDataException"/>, memory and time stay bounded, and the next good frame is decoded.
/// </summary>
/// <remarks>
/// Three thousand inputs by default; <c>LEADGLASS_FUZZ_INPUTS</c> and <c>LEADGLASS_FUZZ_SEED</c> as in
/// <see cref="DicomFuzzTests"/>.
/// </remarks>
[Collection(nameof(Fuzz))]
public sealed class CodestreamFuzzTests(ITestOutputHelper output)
{
    private const int CodestreamLengthMax = 40_000;
    private const long AllocatedMax = 64 << 20;
    private const int EndedMax = 50;

    private static readonly TimeSpan TimeMax = PixelLimits.DecodingTimeMax + TimeSpan.FromSeconds(10);

    private sealed record Codestream(TransferSyntax Syntax, PixelDescription Stored, byte[] Bytes);

    [Fact]
    public async Task Damaged_codestreams_break_nothing()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var seed = FromEnvironment("LEADGLASS_FUZZ_SEED", 20_190_917);
        var inputs = FromEnvironment("LEADGLASS_FUZZ_INPUTS", 3_000);
        var originals = SharedData
            .Files.Where(path => new FileInfo(path).Length <= CodestreamLengthMax * 4)
            .Select(TryRead)
            .OfType<Codestream>()
            .Where(codestream => codestream.Bytes.Length <= CodestreamLengthMax)
            .ToArray();
        using var decoder = new FrameDecoder(
            new DecodingWorkers(["dotnet", "exec", ArchiveProcess.ProgramPath, DecodingWorker.Verb])
        );
        var outcomes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < inputs; i++)
        {
            var random = new Random(unchecked((seed * 31) + i));
            var original = originals[random.Next(originals.Length)];
            var input = Damage(original, originals[random.Next(originals.Length)], random);
            try
            {
                var outcome = await DecodeAsync(decoder, input);
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }
            catch (Exception exception)
            {
                var path = Path.Combine(Path.GetTempPath(), $"leadglass-fuzz-{seed}-{i}.bin");
                await File.WriteAllBytesAsync(path, input.Bytes);
                throw new InvalidOperationException(
                    $"Input {i} of seed {seed}, {input.Syntax}, {input.Stored}, kept as {path}.",
                    exception
                );
            }
        }

        foreach (var (outcome, count) in outcomes.OrderByDescending(entry => entry.Value))
        {
            output.WriteLine($"{count, 6} {outcome}");
        }

        // Were all refused, or each the end of a worker, the decoders would hardly have been tried.
        Assert.InRange(outcomes.GetValueOrDefault("decoded"), inputs / 20, inputs);
        Assert.InRange(outcomes.GetValueOrDefault("ended its worker"), 0, Math.Max(EndedMax, inputs / 50));
    }

    private static int FromEnvironment(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? int.Parse(value, CultureInfo.InvariantCulture)
            : otherwise;

    private static Codestream? TryRead(string path)
    {
        try
        {
            var file = DicomFile.Read(File.ReadAllBytes(path));
            if (
                file.DataSet.Find(DicomTag.PixelData) is not FragmentsElement { Fragments.Count: > 0 } pixels
                || FrameCodec.Find(file.TransferSyntax) is not { IsAvailable: true }
            )
            {
                return null;
            }

            var stored = PixelDescription.Of(file.DataSet);
            byte[] bytes =
                stored.FrameCount == 1
                    ? [.. pixels.Fragments.SelectMany(fragment => fragment.ToArray())]
                    : pixels.Fragments[0].ToArray();
            return new Codestream(file.TransferSyntax, stored, bytes);
        }
        catch (Exception problem) when (problem is DicomFormatException or PixelDataException)
        {
            return null;
        }
    }

    private static Codestream Damage(Codestream original, Codestream other, Random random)
    {
        var bytes =
            random.Next(3) == 0 ? Mutation.Mutate(original.Bytes, other.Bytes, random) : Flip(original.Bytes, random);
        var stored = original.Stored;
        if (random.Next(6) == 0)
        {
            stored = random.Next(4) switch
            {
                0 => stored with { Rows = random.Next(1, 5000) },
                1 => stored with { Columns = random.Next(1, 5000) },
                2 => stored with { SamplesPerPixel = random.Next(1, 5) },
                _ => stored with { BitsAllocated = random.Next(2) == 0 ? 8 : 16, BitsStored = 8, HighBit = 7 },
            };
        }

        return original with
        {
            Syntax = random.Next(20) == 0 ? other.Syntax : original.Syntax,
            Stored = stored,
            Bytes = bytes,
        };
    }

    /// <summary>A few bytes anywhere: headers mostly stay whole, so that decoders have to do with it.</summary>
    private static byte[] Flip(byte[] original, Random random)
    {
        var bytes = original.ToArray();
        for (var count = random.Next(1, 6); count > 0; count--)
        {
            bytes[random.Next(bytes.Length)] = random.Next(4) == 0 ? (byte)0xFF : (byte)random.Next(256);
        }

        return bytes;
    }

    private static async Task<string> DecodeAsync(FrameDecoder decoder, Codestream input)
    {
        var before = GC.GetTotalAllocatedBytes();
        var started = Stopwatch.GetTimestamp();
        string outcome;
        try
        {
            using var frame = await decoder.DecodeAsync(
                input.Syntax,
                input.Stored,
                input.Bytes,
                TestContext.Current.CancellationToken
            );
            Assert.Equal(frame.Description.FrameBytes, frame.Bytes.Length);
            outcome = "decoded";
        }
        catch (PixelDataException problem)
        {
            outcome = problem.Message.Contains("ended the process", StringComparison.Ordinal)
                ? "ended its worker"
                : $"{problem.Problem}";
            Assert.NotEqual(PixelDataProblem.LibraryMissing, problem.Problem);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeMax);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, long.MinValue, AllocatedMax);
        return outcome;
    }
}
