using System.IO.Pipelines;
using System.Text;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;

namespace Leadglass.Fuzz.Tests;

/// <summary>
/// Damaged messages, headers, queries and documents: nothing is thrown but a refusal of the room's own, memory is bounded,
/// and a message means the same in whatever pieces it comes. Numbers and seeds as for <see cref="DicomFuzzTests"/>.
/// </summary>
[Collection(nameof(Fuzz))]
public sealed class DicomWebFuzzTests
{
    private const long AllocatedMax = 16 << 20;
    private static readonly MediaType Multipart = MediaType.Parse("multipart/related; boundary=abc");

    private static readonly string[] Messages =
    [
        "--abc\r\nContent-Type: application/dicom\r\n\r\nbody\r\n--abc\r\n\r\nsecond\r\n--abc--\r\n",
        "preamble\r\n--abc \r\nContent-Location: x\r\nContent-Type: a/b; c=\"d\"\r\n\r\n\r\n--abc--",
        "--abc\r\n\r\n\r\n\r\n--ab\r\n--abc--",
    ];

    private static readonly string[] Accepts =
    [
        "multipart/related; type=\"application/dicom\"; transfer-syntax=*, application/dicom;q=0.5",
        "text/html, */*;q=0.8, image/*;q=0.123",
    ];

    private static readonly string[] Queries =
    [
        "PatientName=M%C3%BCller*&StudyDate=20240101-20241231&limit=10&includefield=all,00081030",
        "00400275.00400007=x&StudyInstanceUID=1.2,1.3%5C1.4&fuzzymatching=true&Rows=512&AcquisitionDateTime=2024+0100",
    ];

    private static readonly string[] Documents =
    [
        "<?xml version=\"1.0\"?><NativeDicomModel><DicomAttribute tag=\"00100010\" vr=\"PN\"><PersonName number=\"1\">"
            + "<Alphabetic><FamilyName>A</FamilyName></Alphabetic></PersonName></DicomAttribute>"
            + "<DicomAttribute tag=\"00400275\" vr=\"SQ\"><Item number=\"1\"><DicomAttribute tag=\"00280010\" vr=\"US\">"
            + "<Value number=\"1\">5</Value></DicomAttribute></Item></DicomAttribute>"
            + "<DicomAttribute tag=\"7FE00010\" vr=\"OW\"><InlineBinary>AAEC</InlineBinary></DicomAttribute></NativeDicomModel>",
    ];

    [Fact]
    public Task Multipart_messages() =>
        RunAsync(
            Messages,
            async (input, random) =>
            {
                var whole = await ReadAsync(PipeReader.Create(new(input)));
                var pieces = await ReadAsync(InPieces(input, random));
                // How the bytes arrive has no say in what they mean.
                Assert.Equal(whole, pieces);
                return whole is not null;
            }
        );

    [Fact]
    public Task Accept_headers() =>
        RunAsync(
            Accepts,
            (input, _) =>
            {
                var accept = AcceptHeader.Parse(Encoding.Latin1.GetString(input));
                RepresentationChoice
                    .Of(accept, RequestedResource.Frames, isOne: true)
                    .Find(TransferSyntax.ExplicitVrLittleEndian, _ => true);
                foreach (var (mediaType, _) in accept.Entries)
                {
                    Assert.True(MediaType.TryParse(mediaType.ToString(), out var again), "written and read again");
                    Assert.Equal(mediaType.ToString(), again.ToString());
                }

                return Task.FromResult(true);
            }
        );

    [Fact]
    public Task Searches() =>
        RunAsync(
            Queries,
            (input, random) =>
            {
                var query = QidoQuery.Parse((QidoLevel)random.Next(3), Encoding.Latin1.GetString(input));
                DicomJson.Write(query.ToIdentifier(QidoAttributes.Required(query.Level, false, false)));
                return Task.FromResult(true);
            }
        );

    [Fact]
    public Task Native_models() =>
        RunAsync(
            Documents,
            (input, _) =>
            {
                var dataSet = NativeDicomModel.Read(input);
                var json = DicomJson.Write(NativeDicomModel.Read(NativeDicomModel.Write(dataSet)));
                Assert.Equal(
                    json,
                    DicomJson.Write(NativeDicomModel.Read(NativeDicomModel.Write(DicomJson.Read(json))))
                );
                return Task.FromResult(true);
            }
        );

    private static async Task RunAsync(string[] originals, Func<byte[], Random, Task<bool>> check)
    {
        var seed = DicomFuzzTests.FromEnvironment("LEADGLASS_FUZZ_SEED", 20_190_916);
        var inputs = DicomFuzzTests.FromEnvironment("LEADGLASS_FUZZ_INPUTS", 30_000) / 3;
        var read = 0;
        for (var i = 0; i < inputs; i++)
        {
            var random = new Random(unchecked((seed * 31) + i));
            var original = Encoding.Latin1.GetBytes(originals[random.Next(originals.Length)]);
            var input = TextMutation.Mutate(original, random);
            try
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                read += await CheckAsync(input, random, check) ? 1 : 0;
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, long.MinValue, AllocatedMax);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(
                    $"Input {i} of seed {seed}: {Convert.ToHexString(input)}",
                    exception
                );
            }
        }

        // Were all refused, the oracles would have had nothing to say.
        Assert.InRange(read, inputs / 50, inputs);
    }

    private static async Task<bool> CheckAsync(byte[] input, Random random, Func<byte[], Random, Task<bool>> check)
    {
        try
        {
            return await check(input, random);
        }
        catch (DicomWebException refused)
        {
            Assert.InRange(refused.Status, 400, 499);
            return false;
        }
        catch (DicomFormatException)
        {
            return false;
        }
    }

    /// <summary>What a message holds, as text; null when it is refused.</summary>
    private static async Task<string?> ReadAsync(PipeReader body)
    {
        var text = new StringBuilder();
        var reader = new MultipartReader(body, Multipart);
        try
        {
            while (await reader.ReadPartAsync(CancellationToken.None) is { } part)
            {
                var content = await part.ReadAllAsync(1 << 16, CancellationToken.None);
                text.Append($"{part.ContentType}|{part.ContentLocation}|{Convert.ToHexString(content)}\n");
            }

            return text.ToString();
        }
        catch (DicomWebException)
        {
            return null;
        }
        finally
        {
            reader.Release();
        }
    }

    private static PipeReader InPieces(byte[] input, Random random)
    {
        var pipe = new Pipe(
            new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: 1, useSynchronizationContext: false)
        );
        for (var rest = input.AsSpan(); !rest.IsEmpty; )
        {
            var piece = rest[..Math.Min(rest.Length, random.Next(1, 9))];
            piece.CopyTo(pipe.Writer.GetSpan(piece.Length));
            pipe.Writer.Advance(piece.Length);
            rest = rest[piece.Length..];
        }

        pipe.Writer.Complete();
        return pipe.Reader;
    }
}
