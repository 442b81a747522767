using System.IO.Pipelines;
using System.Text;
using CsCheck;

namespace Leadglass.Dicom.Web.Tests;

public sealed class MultipartTests
{
    private static readonly string[] Pieces = ["\r\n", "\r", "\n--", "\r\n-", "\r\n--le", "--", "x"];

    private static readonly MediaType Type = MediaType.Parse("multipart/related; type=\"a/b\"; boundary=abc");

    [Fact]
    public async Task What_is_written_is_read_in_pieces_of_any_size()
    {
        // Bodies full of what looks like the beginning of a delimiter.
        var body = Gen.OneOf(
            Gen.Byte.Array[0, 40].Select(bytes => bytes),
            Gen.Int[0, Pieces.Length - 1].Select(index => Pieces[index]).Array[0, 30].Select(Joined)
        ).Array[1, 6];
        await Gen.Select(body, Gen.Int[0, 1000])
            .SampleAsync(
                async (bodies, seed) =>
                {
                    var boundary = MultipartWriter.NewBoundary();
                    var message = await WriteAsync(bodies, boundary);
                    var reader = new MultipartReader(Segmented.Reader(message, seed), Type.With("boundary", boundary));
                    var read = await ReadAllAsync(reader);
                    Assert.Equal(
                        bodies.Select(Convert.ToHexString),
                        read.Select(part => Convert.ToHexString(part.Body))
                    );
                    Assert.Equal(
                        Enumerable.Range(0, bodies.Length).Select(index => $"/part/{index}"),
                        read.Select(part => part.Location)
                    );
                },
                iter: 500
            );
    }

    [Theory]
    [InlineData("--abc\r\n\r\nbody\r\n--abc--", "body")]
    [InlineData("--abc\r\n\r\nbody\r\n--abc--\r\nepilogue", "body")]
    [InlineData("preamble\r\n--abc\r\n\r\nbody\r\n--abc--\r\n", "body")]
    [InlineData("\r\n--abc\r\n\r\nbody\r\n--abc--\r\n", "body")]
    [InlineData("--abc  \t\r\n\r\nbody\r\n--abc--", "body")]
    [InlineData("--abc\r\n\r\n\r\n--abc--", "")]
    [InlineData("--abc\r\n\r\n--abc--", "")]
    [InlineData("--abc\r\nA: b\r\n\r\n\r\n--abc--", "")]
    [InlineData("--abc\r\nContent-Length: 3\r\n\r\nlonger than it says\r\n--abc--", "longer than it says")]
    [InlineData("--abc\r\n\r\nwith\n--abc in it\r\n--ab c\r\n--abc--", "with\n--abc in it\r\n--ab c")]
    [InlineData("--abc--", null)]
    public async Task A_message_is_read(string message, string? body)
    {
        for (var pieceMax = 1; pieceMax < 200; pieceMax += 11)
        {
            var reader = new MultipartReader(Segmented.Reader(Encoding.Latin1.GetBytes(message), 7, pieceMax), Type);
            var parts = await ReadAllAsync(reader);
            Assert.Equal(body is null ? [] : [body], parts.Select(part => Encoding.Latin1.GetString(part.Body)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("no delimiter at all")]
    [InlineData("--abc")]
    [InlineData("--abc\r\n")]
    [InlineData("--abc\r\n\r\n")]
    [InlineData("--abc\r\n\r\nbody without end")]
    [InlineData("--abc\r\n\r\nbody\r\n--ab")]
    [InlineData("--abc\r\n\r\nbody\r\n--abc-")]
    // Another boundary begins with this one: two readers would disagree on where the part ends.
    [InlineData("--abcdef\r\n\r\nbody\r\n--abcdef--")]
    [InlineData("--abc\r\n\r\nbody\r\n--abcd\r\n\r\nx\r\n--abc--")]
    [InlineData("--xyz\r\n\r\nbody\r\n--xyz--")]
    [InlineData("--abc\n\nbody\n--abc--")]
    [InlineData("--abc\r\nno colon\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\n: no name\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\nA : b\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\nA: b\r\n folded\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\nA: b\rC: d\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\nA: b\nC: d\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\nA: b\0\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\nContent-Type: nonsense\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\nbody\r\n--abc--")]
    [InlineData("--abc\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x--\r\n--abc--")]
    [InlineData("--abc\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--abc--")]
    public async Task What_is_malformed_is_a_bad_request(string message)
    {
        for (var pieceMax = 1; pieceMax < 100; pieceMax += 13)
        {
            var reader = new MultipartReader(Segmented.Reader(Encoding.Latin1.GetBytes(message), 3, pieceMax), Type);
            var refusal = await Assert.ThrowsAsync<DicomWebException>(() => ReadAllAsync(reader));
            Assert.Equal(400, refusal.Status);
        }
    }

    [Theory]
    [InlineData("multipart/related")]
    [InlineData("multipart/related; boundary=\"\"")]
    [InlineData("multipart/related; boundary=\"ends with a blank \"")]
    [InlineData("multipart/related; boundary=\"ü\"")]
    [InlineData(
        "multipart/related; boundary=012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
    )]
    public void A_boundary_is_of_1_to_128_allowed_characters(string type) =>
        Assert.Equal(
            400,
            Assert
                .Throws<DicomWebException>(() =>
                    new MultipartReader(PipeReader.Create(Stream.Null), MediaType.Parse(type))
                )
                .Status
        );

    [Fact]
    public async Task Parts_and_headers_are_bounded()
    {
        var parts = string.Concat(Enumerable.Repeat("--abc\r\n\r\n\r\n", 10_000)) + "--abc--";
        Assert.Equal(413, (await RefusedAsync(parts)).Status);
        var headers = $"--abc\r\n{string.Concat(Enumerable.Repeat("A: b\r\n", 33))}\r\nbody\r\n--abc--";
        Assert.Equal(400, (await RefusedAsync(headers)).Status);
        var lengthy = $"--abc\r\nA: {new string('b', 10_000)}\r\n\r\nbody\r\n--abc--";
        Assert.Equal(400, (await RefusedAsync(lengthy)).Status);
        var endless = $"--abc\r\nA: {new string('b', 10_000)}";
        Assert.Equal(400, (await RefusedAsync(endless)).Status);
        var preamble = $"{new string('b', 10_000)}\r\n--abc\r\n\r\nbody\r\n--abc--";
        Assert.Equal(400, (await RefusedAsync(preamble)).Status);
        var epilogue = $"--abc\r\n\r\nbody\r\n--abc--{new string('b', 10_000)}";
        Assert.Equal(400, (await RefusedAsync(epilogue)).Status);
    }

    [Fact]
    public async Task A_long_body_passes_without_being_held()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 256 << 10, resumeWriterThreshold: 128 << 10));
        var piece = new byte[64 << 10];
        var sent = Task.Run(
            async () =>
            {
                await pipe.Writer.WriteAsync("--abc\r\n\r\n"u8.ToArray());
                for (var i = 0; i < 2048; i++)
                {
                    await pipe.Writer.WriteAsync(piece);
                }

                await pipe.Writer.WriteAsync("\r\n--abc--"u8.ToArray());
                await pipe.Writer.CompleteAsync();
            },
            TestContext.Current.CancellationToken
        );
        var most = 0L;
        var reader = new MultipartReader(pipe.Reader, Type);
        var part = await reader.ReadPartAsync(default);
        long length = 0;
        for (var bytes = await part!.ReadAsync(default); !bytes.IsEmpty; bytes = await part.ReadAsync(default))
        {
            length += bytes.Length;
            most = Math.Max(most, bytes.Length);
        }

        Assert.Null(await reader.ReadPartAsync(default));
        await sent;
        Assert.Equal(128 << 20, length);
        // The writer was let on only because what had come was given back.
        Assert.InRange(most, 1, 512 << 10);
    }

    [Fact]
    public async Task A_part_that_is_not_read_is_read_over()
    {
        var reader = new MultipartReader(
            Segmented.Reader("--abc\r\n\r\nfirst\r\n--abc\r\n\r\nsecond\r\n--abc--"u8.ToArray()),
            Type
        );
        var first = await reader.ReadPartAsync(default);
        var second = await reader.ReadPartAsync(default);
        Assert.Equal(2, second?.Number);
        Assert.True((await first!.ReadAsync(default)).IsEmpty);
        Assert.Equal("second"u8.ToArray(), (await second!.ReadAllAsync(100, default)).ToArray());
    }

    [Fact]
    public async Task A_whole_part_has_a_limit()
    {
        var reader = new MultipartReader(Segmented.Reader("--abc\r\n\r\ntoo long\r\n--abc--"u8.ToArray()), Type);
        var part = await reader.ReadPartAsync(default);
        var refusal = await Assert.ThrowsAsync<DicomWebException>(async () => await part!.ReadAllAsync(7, default));
        Assert.Equal(413, refusal.Status);
    }

    [Fact]
    public void A_header_that_would_break_out_is_not_written()
    {
        var writer = new MultipartWriter(PipeWriter.Create(Stream.Null), "abc");
        Assert.Throws<ArgumentException>(() => writer.BeginPart(MediaType.Dicom, "/x\r\nInjected: 1"));
        Assert.Throws<ArgumentException>(() => new MultipartWriter(writer.Output, "a\r\nb"));
    }

    private static byte[] Joined(string[] pieces) => Encoding.Latin1.GetBytes(string.Concat(pieces));

    private static async Task<DicomWebException> RefusedAsync(string message) =>
        await Assert.ThrowsAsync<DicomWebException>(() =>
            ReadAllAsync(new MultipartReader(Segmented.Reader(Encoding.Latin1.GetBytes(message), 5, 5000, 4096), Type))
        );

    private static async Task<byte[]> WriteAsync(byte[][] bodies, string boundary)
    {
        var output = new MemoryStream();
        var pipe = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        var writer = new MultipartWriter(pipe, boundary);
        for (var i = 0; i < bodies.Length; i++)
        {
            writer.BeginPart(MediaType.OctetStream, $"/part/{i}", bodies[i].Length);
            await writer.Output.WriteAsync(bodies[i]);
        }

        writer.Complete();
        await pipe.CompleteAsync();
        return output.ToArray();
    }

    private static async Task<List<(string? Location, byte[] Body)>> ReadAllAsync(MultipartReader reader)
    {
        List<(string?, byte[])> parts = [];
        while (await reader.ReadPartAsync(default) is { } part)
        {
            parts.Add((part.ContentLocation, (await part.ReadAllAsync(1 << 20, default)).ToArray()));
        }

        return parts;
    }
}
