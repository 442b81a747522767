using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Dicom.Web;

/// <summary>
/// Writes a multipart/related message (RFC 2046 5.1, PS3.18 8.6.1.2). The caller writes each part's body to
/// <see cref="Output"/> after <see cref="BeginPart"/>, flushing as it goes.
/// </summary>
public sealed class MultipartWriter
{
    private readonly PipeWriter _output;
    private readonly byte[] _boundary;
    private bool _hasParts;
    private bool _isComplete;

    /// <param name="output">Where the message goes; its owner flushes and completes it.</param>
    /// <param name="boundary">Of <see cref="NewBoundary"/>.</param>
    public MultipartWriter(PipeWriter output, string boundary)
    {
        if (!MultipartBoundary.IsValid(boundary))
        {
            throw new ArgumentException("Not a boundary (RFC 2046 5.1.1).", nameof(boundary));
        }

        _output = output;
        _boundary = Encoding.ASCII.GetBytes(boundary);
    }

    /// <summary>Where the body of the part at hand is written.</summary>
    public PipeWriter Output => _output;

    /// <summary>A boundary that no content can foresee: 128 random bits.</summary>
    public static string NewBoundary() => $"leadglass.{RandomNumberGenerator.GetHexString(32, lowercase: true)}";

    /// <summary>Begins a part, after the end of the one before.</summary>
    /// <param name="contentType">Of the part.</param>
    /// <param name="contentLocation">Its URL; null for none. Visible ASCII only.</param>
    /// <param name="contentLength">Its length in bytes, where it is known.</param>
    public void BeginPart(MediaType contentType, string? contentLocation = null, long? contentLength = null)
    {
        ObjectDisposedException.ThrowIf(_isComplete, this);
        if (contentLocation is not null && contentLocation.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException(
                "A Content-Location has visible ASCII characters only.",
                nameof(contentLocation)
            );
        }

        WriteDelimiter();
        Write($"\r\nContent-Type: {contentType}\r\n");
        if (contentLocation is not null)
        {
            Write($"Content-Location: {contentLocation}\r\n");
        }

        if (contentLength is { } length)
        {
            Write($"Content-Length: {length}\r\n");
        }

        _output.Write("\r\n"u8);
    }

    /// <summary>Ends the message. One without parts is no message of RFC 2046: answer 204 or an error instead.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_isComplete, this);
        _isComplete = true;
        WriteDelimiter();
        _output.Write("--\r\n"u8);
    }

    private void WriteDelimiter()
    {
        _output.Write(_hasParts ? "\r\n--"u8 : "--"u8);
        _output.Write(_boundary);
        _hasParts = true;
    }

    private void Write(string text) => Encoding.ASCII.GetBytes(text, _output);
}
