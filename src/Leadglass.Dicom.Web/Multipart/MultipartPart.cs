using System.Buffers;

namespace Leadglass.Dicom.Web;

/// <summary>One part of a multipart message, while it streams in.</summary>
public sealed class MultipartPart
{
    private readonly MultipartReader _reader;

    internal MultipartPart(MultipartReader reader, int number, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        _reader = reader;
        Number = number;
        Headers = headers;
        // RFC 2046 5.1: a part without Content-Type is plain text, which no service of PS3.18 takes.
        ContentType =
            Header("content-type") is not { } text ? MediaType.Of("text/plain")
            : MediaType.TryParse(text, out var mediaType) ? mediaType
            : throw DicomWebException.BadRequest($"Part {number} has a malformed Content-Type.");
        if (ContentType.Essence.StartsWith("multipart/", StringComparison.Ordinal))
        {
            throw DicomWebException.BadRequest($"Part {number} is a multipart message itself, which is not taken.");
        }

        if (
            Header("content-transfer-encoding") is { } encoding
            && !encoding.Equals("binary", StringComparison.OrdinalIgnoreCase)
            && !encoding.Equals("8bit", StringComparison.OrdinalIgnoreCase)
            && !encoding.Equals("7bit", StringComparison.OrdinalIgnoreCase)
        )
        {
            throw DicomWebException.BadRequest($"Part {number} has a transfer encoding; only binary is taken.");
        }
    }

    /// <summary>From 1, in the order of the message.</summary>
    public int Number { get; }

    /// <summary>The header fields, names in lower case.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>The Content-Type.</summary>
    public MediaType ContentType { get; }

    /// <summary>The Content-Location: what a BulkDataURI refers to (PS3.18 8.6.1.2.1); null when absent.</summary>
    public string? ContentLocation => Header("content-location");

    /// <summary>
    /// The next bytes of the body; empty at its end. They are the caller's until the next call on this part or its reader.
    /// </summary>
    /// <exception cref="DicomWebException">400: the message ends without its last delimiter.</exception>
    public ValueTask<ReadOnlySequence<byte>> ReadAsync(CancellationToken cancellationToken) =>
        _reader.ReadBodyAsync(this, cancellationToken);

    /// <summary>The whole body, in an array of its own.</summary>
    /// <exception cref="DicomWebException">413: longer than the limit; 400 as <see cref="ReadAsync"/>.</exception>
    public async ValueTask<byte[]> ReadAllAsync(int lengthMax, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var bytes = await ReadAsync(cancellationToken);
            if (bytes.IsEmpty)
            {
                return body.WrittenSpan.ToArray();
            }

            if (bytes.Length > lengthMax - body.WrittenCount)
            {
                _reader.Release();
                throw DicomWebException.TooLarge($"Part {Number} is longer than {lengthMax} bytes.");
            }

            foreach (var segment in bytes)
            {
                body.Write(segment.Span);
            }
        }
    }

    /// <summary>Where it stands and of which type; nothing of its content.</summary>
    public override string ToString() => $"part {Number}, {ContentType.Essence}";

    private string? Header(string name)
    {
        string? found = null;
        foreach (var (key, value) in Headers)
        {
            if (key == name)
            {
                found = found is null
                    ? value
                    : throw DicomWebException.BadRequest($"Part {Number} has the header {name} twice.");
            }
        }

        return found;
    }
}
