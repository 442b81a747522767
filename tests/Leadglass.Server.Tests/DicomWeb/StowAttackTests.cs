using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;

namespace Leadglass.Server.Tests.DicomWeb;

/// <summary>Runs alone: what it measures is the whole process's.</summary>
[CollectionDefinition(nameof(StowAttackTests), DisableParallelization = true)]
public sealed class StowAttackCollection;

/// <summary>Bodies that mean harm: the archive refuses them, stays small and goes on.</summary>
[Collection(nameof(StowAttackTests))]
public sealed class StowAttackTests(StoredArchive stored) : IClassFixture<StoredArchive>
{
    private TokenProgram Program => stored.Program;

    [Fact]
    public async Task Ten_thousand_parts_are_too_many()
    {
        using var content = TokenProgram.Multipart(
            "application/dicom",
            [.. Enumerable.Repeat(("application/dicom", "", Array.Empty<byte>()), 10_000)]
        );
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal(409, answer.Status);
        var failures = DicomJson.Read(answer.Body).GetItems(DicomTag.OtherFailuresSequence);
        Assert.Equal(MultipartLimits.Default.PartsMax + 1, failures.Count);
        await AssertAliveAsync();
    }

    [Fact]
    public async Task A_deflate_bomb_is_refused_and_takes_no_memory()
    {
        // 4 GiB of zeros in one private element.
        var bomb = new MemoryStream();
        bomb.Write(new byte[128]);
        bomb.Write("DICM"u8);
        bomb.Write(
            DataSetWriter
                .ToBytes(
                    FileMetaInformation
                        .Create(
                            SopClassUid.Parse(WebInstances.CtImage),
                            SopInstanceUid.Parse("1.2.3"),
                            TransferSyntax.DeflatedExplicitVrLittleEndian
                        )
                        .Attributes,
                    TransferSyntax.ExplicitVrLittleEndian
                )
                .Span
        );
        using (var deflate = new DeflateStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write([0x09, 0x00, 0x10, 0x00, (byte)'L', (byte)'O', 2, 0, (byte)'A', (byte)'A']);
            deflate.Write([0x09, 0x00, 0x01, 0x10, (byte)'U', (byte)'T', 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]);
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 4095; i++)
            {
                deflate.Write(zeros);
            }
        }

        using var process = Process.GetCurrentProcess();
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var answer = await Program.StoreAsync("/studies", TokenProgram.Content("application/dicom", bomb.ToArray()));
        Assert.Equal(409, answer.Status);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 64 << 20);
        await AssertAliveAsync();
    }

    [Theory]
    [InlineData("application/dicom+json")]
    [InlineData("application/dicom+xml")]
    public async Task Deep_metadata_is_refused(string type)
    {
        const int depth = 100_000;
        var deep = type.EndsWith("json", StringComparison.Ordinal)
            ? string.Concat(Enumerable.Repeat("{\"0040A730\":{\"vr\":\"SQ\",\"Value\":[", depth))
            : "<NativeDicomModel>"
                + string.Concat(
                    Enumerable.Repeat("<DicomAttribute tag=\"0040A730\" vr=\"SQ\"><Item number=\"1\">", depth)
                );
        await AssertMalformedAsync(type, deep);
    }

    [Theory]
    [InlineData(
        "<!DOCTYPE a [<!ENTITY b \"lol\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]><NativeDicomModel>&c;</NativeDicomModel>"
    )]
    [InlineData("<!DOCTYPE a SYSTEM \"http://127.0.0.1:9/a.dtd\"><NativeDicomModel/>")]
    public Task Entities_are_refused(string document) => AssertMalformedAsync("application/dicom+xml", document);

    [Fact]
    public async Task Bulk_data_that_is_named_a_thousand_times_is_not_written_a_thousand_times()
    {
        var dataSet = WebInstances.Make(52);
        dataSet.SetText(new DicomTag(0x0009, 0x0010), ValueRepresentation.LO, "LEADGLASS TEST");
        for (ushort element = 0x1000; element < 0x10FF; element++)
        {
            dataSet.SetBytes(new DicomTag(0x0009, element), ValueRepresentation.OB, new byte[] { 1, 2 });
        }

        var metadata = DicomJson.Write(dataSet, (path, element) => element.Vr.IsBulk ? "one" : null);
        using var content = TokenProgram.Multipart(
            "application/dicom+json",
            [("application/dicom+json", "", metadata), ("application/octet-stream", "one", new byte[8 << 20])]
        );
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal(409, answer.Status);
        Assert.Single(DicomJson.Read(answer.Body).GetItems(DicomTag.FailedSOPSequence));
        await AssertAliveAsync();
    }

    [Fact]
    public async Task Oversized_metadata_is_refused_before_it_is_held()
    {
        var pad = new byte[1 << 20];
        Array.Fill(pad, (byte)' ');
        await using var body = new RepeatedBody(
            "--TEST\r\nContent-Type: application/dicom+json\r\n\r\n["u8.ToArray(),
            pad,
            512
        );
        using var content = new StreamContent(body);
        content.Headers.TryAddWithoutValidation(
            "Content-Type",
            "multipart/related; type=\"application/dicom+json\"; boundary=TEST"
        );
        Assert.Equal(413, await StatusOrEndAsync(content));
        await AssertAliveAsync();
    }

    [Fact]
    public async Task A_million_empty_data_sets_are_refused_at_once()
    {
        var metadata = Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat("{}", 1_000_000))}]");
        using var content = TokenProgram.Multipart(
            "application/dicom+json",
            [("application/dicom+json", "", metadata)]
        );
        var watch = Stopwatch.StartNew();
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal((413, "application/problem+json"), (answer.Status, answer.Type));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await AssertAliveAsync();
    }

    [Theory]
    [InlineData("Content-Type: application/dicom\r\nX: a\0b\r\n")]
    [InlineData("Content-Type: application/dicom\r\nX: a\rb\r\n")]
    [InlineData("Content-Type: application/dicom\r\nX: a\nSet-Cookie: b\r\n")]
    [InlineData("Content-Type: application/dicom\r\n folded\r\n")]
    [InlineData("Content-Type: multipart/related; boundary=TEST2\r\n")]
    public async Task Headers_of_parts_break_nothing(string headers)
    {
        var message = Encoding.Latin1.GetBytes($"--TEST\r\n{headers}\r\nbody\r\n--TEST--");
        using var content = TokenProgram.Content(
            "multipart/related; type=\"application/dicom\"; boundary=TEST",
            message
        );
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal((400, "application/problem+json"), (answer.Status, answer.Type));
    }

    [Theory]
    // The part's end lies within the file that claims it: nothing after it may count as stored.
    [InlineData("\r\n--TEST--")]
    [InlineData("\r\n--TESTS\r\n")]
    public async Task A_delimiter_within_a_file_ends_it(string within)
    {
        var dataSet = WebInstances.Make(50);
        dataSet.SetString(DicomTag.ImageComments, $"comment{within}");
        using var content = TokenProgram.Multipart(
            "application/dicom",
            [("application/dicom", "", WebInstances.File(dataSet))]
        );
        Assert.Equal(409, (await Program.StoreAsync("/studies", content)).Status);
        Assert.Empty((await Program.GetAsync("/studies?PatientID=P50")).DataSets);
    }

    [Fact]
    public async Task A_huge_boundary_is_refused()
    {
        using var content = TokenProgram.Content(
            $"multipart/related; type=\"application/dicom\"; boundary={new string('b', 900)}",
            "--b"u8.ToArray()
        );
        Assert.Equal(400, (await Program.StoreAsync("/studies", content)).Status);
    }

    [Fact]
    public async Task A_body_that_ends_before_its_length_stores_nothing()
    {
        var file = WebInstances.File(WebInstances.Make(51));
        var head = Encoding.ASCII.GetBytes(
            $"POST /dicom-web/studies HTTP/1.1\r\nHost: {stored.Archive.Server.Https}\r\n"
                + $"Authorization: {Program.Http.DefaultRequestHeaders.Authorization}\r\n"
                + $"Content-Type: application/dicom\r\nContent-Length: {file.Length + 100_000}\r\n\r\n"
        );
        await using (var tls = await ConnectAsync())
        {
            await tls.WriteAsync(head);
            await tls.WriteAsync(file);
            await tls.FlushAsync();
        }

        await AssertAliveAsync();
        Assert.Empty((await Program.GetAsync("/studies?PatientID=P51")).DataSets);
    }

    [Fact]
    public async Task A_body_that_drips_is_cut_off()
    {
        await using var tls = await ConnectAsync();
        await tls.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /dicom-web/studies HTTP/1.1\r\nHost: {stored.Archive.Server.Https}\r\n"
                    + $"Authorization: {Program.Http.DefaultRequestHeaders.Authorization}\r\n"
                    + "Content-Type: application/dicom\r\nContent-Length: 1000000\r\n\r\n"
            )
        );
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answered = tls.ReadAsync(new byte[1024], limit.Token).AsTask();
        while (!answered.IsCompleted)
        {
            await tls.WriteAsync(new byte[1], limit.Token);
            await Task.WhenAny(answered, Task.Delay(200, limit.Token));
        }

        // 408, or an end without a word: either way the archive no longer waits.
        _ = await Record.ExceptionAsync(() => answered);
        Assert.False(limit.IsCancellationRequested, "the archive still waits");
        await AssertAliveAsync();
    }

    private async Task<SslStream> ConnectAsync()
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(stored.Archive.Server.Https);
        var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                CertificateChainPolicy = new()
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { stored.Archive.Host.Authority.Certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            }
        );
        return tls;
    }

    private async Task AssertMalformedAsync(string type, string document)
    {
        using var content = TokenProgram.Multipart(type, [(type, "", Encoding.UTF8.GetBytes(document))]);
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal(409, answer.Status);
        Assert.Single(DicomJson.Read(answer.Body).GetItems(DicomTag.OtherFailuresSequence));
        await AssertAliveAsync();
    }

    /// <summary>The status; 413 as well when the server closed the connection on a body that it will not read.</summary>
    private async Task<int> StatusOrEndAsync(HttpContent content)
    {
        try
        {
            return (await Program.StoreAsync("/studies", content)).Status;
        }
        catch (HttpRequestException ended) when (ended.InnerException is IOException)
        {
            return (int)HttpStatusCode.RequestEntityTooLarge;
        }
    }

    private async Task AssertAliveAsync() =>
        Assert.Equal(200, (await Program.StoreAsync(WebInstances.File(WebInstances.Make(40)))).Status);

    /// <summary>A body that repeats a piece.</summary>
    private sealed class RepeatedBody(byte[] head, byte[] piece, int times) : Stream
    {
        private long _position;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var total = head.Length + ((long)piece.Length * times);
            var source =
                _position < head.Length
                    ? head.AsSpan((int)_position)
                    : piece.AsSpan((int)((_position - head.Length) % piece.Length));
            var read = (int)Math.Min(Math.Min(count, source.Length), total - _position);
            source[..read].CopyTo(buffer.AsSpan(offset));
            _position += read;
            return read;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
