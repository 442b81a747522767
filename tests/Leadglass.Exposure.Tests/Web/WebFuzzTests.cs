using System.IO.Pipelines;
using System.Text;
using CsCheck;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>Whatever bytes a server sends, there is an observation, and none that says open without DICOM in it.</summary>
public sealed class WebFuzzTests
{
    private static readonly string[] Pieces =
    [
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 204 No\r\n",
        "HTTP/1.1 401 No\r\n",
        "HTTP/1.1 302 Go\r\n",
        "HTTP/1.0 999 ?\r\n",
        "Content-Type: application/json\r\n",
        "Content-Type: text/html; charset=\"\u00ff\r\n",
        "Content-Type: multipart/related; type=\r\n",
        "Content-Length: 40\r\n",
        "Content-Length: x\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Encoding: gzip\r\n",
        "Connection: close\r\n",
        "Location: \u00ff\u0000\r\n",
        "Location: /a/b\r\n",
        "Location: http://[::1\r\n",
        "WWW-Authenticate: Basic realm=\"\u00e4\"\r\n",
        "Server: \u00ff\u0001\r\n",
        "\r\n",
        "<title>",
        "</title>",
        "app-config.js",
        "{\"Version\":\"\\ud800\",\"DicomAet\":\"A\",\"ApiVersion\":1}",
        "{\"CountStudies\":-1,\"count\":1e999}",
        "[[[[",
        "[]",
        "[{\"dicomAETitle\":\"../..\"}]",
        "5\r\nabcde\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n",
    ];

    [Fact]
    public void AnythingIsAResult()
    {
        var noise = Gen.Byte.Array[0, 40].Select(Encoding.Latin1.GetString);
        var piece = Gen.Frequency((6, OneOf(Pieces)), (1, noise));
        piece
            .Array[0, 14]
            .Select(parts => Encoding.Latin1.GetBytes(string.Concat(parts)))
            .Sample(
                bytes =>
                {
                    var probe = new WebProbe(
                        new FixedDialer(bytes),
                        TimeProvider.System,
                        new WebProbeOptions { RowReaderCommand = [] }
                    );
                    var target = new ProbeTarget(System.Net.IPAddress.Loopback, 80);
                    var pending = probe.ObserveAsync(
                        target,
                        WebTesting.Plan(Rung.IdentifyingFields),
                        CancellationToken.None
                    );
                    var seen = pending.AsTask().GetAwaiter().GetResult();
                    Assert.NotEmpty(seen.Rungs);
                    // The same bytes on every path: no path can be the one that answers.
                    Assert.NotEqual(true, seen.RecordsVisible);
                    Assert.NotEqual(Answer.Open, seen.Of(Rung.NullRetrieve));
                },
                iter: 500,
                threads: 1
            );
    }

    [Fact]
    public void AnyTextIsAFileOfFingerprintsOrAListOfMistakes() =>
        OneOf(
            "format: 1\n",
            "products:\n",
            "  - id: a\n",
            "    signs: [",
            "{",
            "}",
            "]",
            ": ",
            "&a ",
            "*a",
            "!!x ",
            "- ",
            "\t",
            "\"",
            "|\n",
            "---\n",
            "\u0085",
            "? "
        )
            .Array[0, 25]
            .Select(string.Concat)
            .Sample(
                text =>
                {
                    try
                    {
                        FingerprintFile.Parse(text, "x", below: null);
                    }
                    catch (ProductFileException mistaken)
                    {
                        Assert.NotEmpty(mistaken.Mistakes);
                    }
                },
                iter: 3_000
            );

    [Fact]
    public void ARowOfAnyBytesIsScannedToItsEnd() =>
        OneOf(
            "[",
            "{",
            "}",
            "]",
            "\"00100010\"",
            ":",
            ",",
            "\"vr\"",
            "\"PN\"",
            "\"Value\"",
            "\"x\"",
            "null",
            "1",
            "\u00ff",
            "\"\\u",
            " "
        )
            .Array[0, 30]
            .Select(string.Concat)
            .Sample(
                text =>
                {
                    var (rows, filled, _) = RowFields.Scan(Encoding.Latin1.GetBytes(text));
                    Assert.InRange(rows, 0, 1);
                    Assert.InRange(filled, 0, (1 << RowFields.Count) - 1);
                },
                iter: 5_000
            );

    private static Gen<string> OneOf(params string[] words) => Gen.Int[0, words.Length - 1].Select(at => words[at]);

    /// <summary>Connections that take everything and bring the same bytes each.</summary>
    private sealed class FixedDialer(byte[] bytes) : IProbeDialer
    {
        public ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel) =>
            new(new Dialled(DialOutcome.Connected, new FixedConnection(target, bytes)));
    }

    private sealed class FixedConnection(ProbeTarget target, byte[] bytes) : ProbeConnection
    {
        public override ProbeTarget Target => target;

        public override Stream Stream { get; } = new FixedStream(bytes);

        public override IDuplexPipe Pipe => throw new NotSupportedException();

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class FixedStream(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override bool CanWrite => true;

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => ValueTask.CompletedTask;
    }
}
