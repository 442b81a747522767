using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Leadglass.Dicom;
using Leadglass.Testing;

namespace Leadglass.Fuzz.Tests;

/// <summary>
/// Damaged real files against oracles: nothing is thrown but a format error, memory is bounded, what is read can be
/// written and read again, and the streaming reader and the converter agree with the reader of memory.
/// </summary>
/// <remarks>
/// Thirty thousand inputs by default. <c>LEADGLASS_FUZZ_INPUTS=10000000</c> makes it a long run, and
/// <c>LEADGLASS_FUZZ_SEED=n</c> another one; the seed and number of a failing input stand in the message.
/// </remarks>
[Collection(nameof(Fuzz))]
public sealed class DicomFuzzTests
{
    private const int InputLengthMax = 40_000;
    private const long AllocatedMax = 64 << 20;

    [Fact]
    public void Damaged_files_break_nothing()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var seed = FromEnvironment("LEADGLASS_FUZZ_SEED", 20_190_916);
        var inputs = FromEnvironment("LEADGLASS_FUZZ_INPUTS", 30_000);
        var originals = SharedData
            .Files.Where(path => new FileInfo(path).Length <= InputLengthMax)
            .Select(File.ReadAllBytes)
            .ToArray();
        var read = 0;
        for (var i = 0; i < inputs; i++)
        {
            var random = new Random(unchecked((seed * 31) + i));
            var original = originals[random.Next(originals.Length)];
            var input = Mutation.Mutate(original, originals[random.Next(originals.Length)], random);
            try
            {
                read += Check(input, random) ? 1 : 0;
            }
            catch (Exception exception)
            {
                var path = Path.Combine(Path.GetTempPath(), $"leadglass-fuzz-{seed}-{i}.bin");
                File.WriteAllBytes(path, input);
                throw new InvalidOperationException($"Input {i} of seed {seed}, kept as {path}.", exception);
            }
        }

        // Were all refused, the oracles would have had nothing to say.
        Assert.InRange(read, inputs / 20, inputs);
    }

    internal static int FromEnvironment(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? int.Parse(value, CultureInfo.InvariantCulture)
            : otherwise;

    private static bool Check(byte[] input, Random random)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var file = TryRead(input);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < AllocatedMax, $"{allocated} bytes for {input.Length}");
        if (StartOf(input) is not { } start)
        {
            Assert.Null(file);
            return false;
        }

        Stream(input.AsSpan(start.DataSetOffset), start.TransferSyntax, isWhole: file is not null, random);
        if (file is null)
        {
            return false;
        }

        DecodeAll(file.DataSet);
        var written = file.ToBytes();
        Assert.True(DicomFile.Read(written).ToBytes().Span.SequenceEqual(written.Span), "written and read again");
        Convert(input.AsMemory(start.DataSetOffset), start.TransferSyntax, file.DataSet);
        Json(file.DataSet, random);
        Directory(input);
        return true;
    }

    private static DicomFile? TryRead(byte[] input)
    {
        try
        {
            return DicomFile.Read(input);
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static DicomFileStart? StartOf(byte[] input)
    {
        try
        {
            return DicomFileStart.TryRead(input, isFinal: true);
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static void Stream(ReadOnlySpan<byte> dataSet, TransferSyntax syntax, bool isWhole, Random random)
    {
        using var reader = new InstanceReader(syntax);
        try
        {
            while (!dataSet.IsEmpty)
            {
                var piece = dataSet[..Math.Min(random.Next(1, 4096), dataSet.Length)];
                reader.Feed(piece);
                dataSet = dataSet[piece.Length..];
            }

            reader.Complete();
            Assert.True(isWhole, "the stream was read, the whole was not");
        }
        catch (DicomFormatException)
        {
            Assert.False(isWhole, "the whole was read, the stream was not");
        }
    }

    /// <summary>Every way to look at a value: none may throw, whatever the bytes.</summary>
    private static void DecodeAll(DataSet dataSet)
    {
        foreach (var element in dataSet)
        {
            dataSet.GetStrings(element.Tag);
            dataSet.GetPersonName(element.Tag);
            dataSet.GetInt32(element.Tag);
            dataSet.GetDouble(element.Tag);
            dataSet.GetBytes(element.Tag);
            foreach (var item in dataSet.GetItems(element.Tag))
            {
                DecodeAll(item);
            }
        }
    }

    private static void Convert(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DataSet dataSet)
    {
        if (!syntax.IsConvertible)
        {
            return;
        }

        var form = Form(dataSet);
        TransferSyntax[] targets =
        [
            TransferSyntax.ImplicitVrLittleEndian,
            TransferSyntax.ExplicitVrLittleEndian,
            TransferSyntax.ExplicitVrBigEndian,
        ];
        foreach (var target in targets)
        {
            var output = new ArrayBufferWriter<byte>();
            using var converter = new TransferSyntaxConverter(syntax, target, output);
            converter.Feed(bytes);
            converter.Complete();
            // Implicit VR loses VRs that contradict the dictionary: what it then says is another thing.
            if (target.IsExplicitVr)
            {
                Assert.Equal(form, Form(DataSetReader.Read(output.WrittenMemory, target)));
            }
        }
    }

    /// <summary>JSON is written of whatever was read, read again and, damaged, refused by nothing but a format error.</summary>
    private static void Json(DataSet dataSet, Random random)
    {
        // What the reader of JSON cannot keep is lost at the first passage, not at the second.
        var json = DicomJson.Write(DicomJson.Read(DicomJson.Write(dataSet)));
        Assert.True(json.AsSpan().SequenceEqual(DicomJson.Write(DicomJson.Read(json))), "JSON there and back");
        json[random.Next(json.Length)] = (byte)random.Next(256);
        try
        {
            DicomJson.Read(json);
        }
        catch (DicomFormatException) { }
    }

    private static void Directory(byte[] input)
    {
        try
        {
            DicomDirectory.Read(input);
        }
        catch (DicomFormatException) { }
    }

    private static string Form(DataSet dataSet)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        CanonicalForm.Append(digest, dataSet);
        return System.Convert.ToHexString(digest.GetHashAndReset());
    }
}
