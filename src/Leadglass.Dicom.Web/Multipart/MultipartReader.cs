using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Leadglass.Dicom.Web;

/// <summary>
/// Reads a multipart/related message as it arrives (RFC 2046 5.1, PS3.18 8.6.1.2): one part after the other, each body as
/// a stream. It is strict where leniency would let two readers disagree on where a part ends: lines end by CRLF, the
/// delimiter stands at the start of a line, nothing but blanks follows it, and the last one must come. A Content-Length
/// of a part has no say.
/// </summary>
public sealed class MultipartReader
{
    private readonly PipeReader _body;
    private readonly MultipartLimits _limits;
    private readonly byte[] _delimiter;
    private MultipartPart? _current;
    private SequencePosition? _given;
    private int _parts;
    private bool _isPastDelimiter;
    private bool _isAtEnd;

    private enum Delimited
    {
        /// <summary>More bytes are needed to tell.</summary>
        Undecided,

        /// <summary>A part follows.</summary>
        Part,

        /// <summary>It was the last delimiter.</summary>
        End,

        /// <summary>Neither.</summary>
        Wrongly,
    }

    /// <param name="body">The message; its owner completes it.</param>
    /// <param name="contentType">Of the message.</param>
    /// <exception cref="DicomWebException">400: it has no boundary, or one that is none (RFC 2046 5.1.1).</exception>
    public MultipartReader(PipeReader body, MediaType contentType, MultipartLimits? limits = null)
    {
        _body = body;
        _limits = limits ?? MultipartLimits.Default;
        var boundary = contentType.Parameter("boundary");
        if (boundary is null || !MultipartBoundary.IsValid(boundary))
        {
            throw DicomWebException.BadRequest(
                $"The Content-Type has no boundary of 1 to {MultipartBoundary.LengthMax} allowed characters."
            );
        }

        _delimiter = Encoding.ASCII.GetBytes($"\r\n--{boundary}");
    }

    /// <summary>
    /// Gives back the bytes that the caller still has of the part at hand. To be called when no more is read, though parts
    /// may be left: only then can whoever owns the message go on with it.
    /// </summary>
    public void Release()
    {
        if (_given is { } given)
        {
            _given = null;
            _body.AdvanceTo(given);
        }
    }

    /// <summary>The next part; what is left of the one before is read over. Null after the last.</summary>
    /// <exception cref="DicomWebException">400 or 413: malformed, or beyond a limit.</exception>
    public async ValueTask<MultipartPart?> ReadPartAsync(CancellationToken cancellationToken)
    {
        if (_isAtEnd)
        {
            return null;
        }

        if (_current is { } unread)
        {
            while (!(await unread.ReadAsync(cancellationToken)).IsEmpty) { }
        }
        else
        {
            await SkipPreambleAsync(cancellationToken);
        }

        _current = null;
        if (await IsLastAsync(cancellationToken))
        {
            _isAtEnd = true;
            await SkipEpilogueAsync(cancellationToken);
            return null;
        }

        if (_parts == _limits.PartsMax)
        {
            throw DicomWebException.TooLarge(
                $"The message has more than {_limits.PartsMax} parts: send the rest in another one."
            );
        }

        _parts++;
        var headers = await ReadHeadersAsync(cancellationToken);
        _isPastDelimiter = false;
        return _current = new MultipartPart(this, _parts, headers);
    }

    internal async ValueTask<ReadOnlySequence<byte>> ReadBodyAsync(
        MultipartPart part,
        CancellationToken cancellationToken
    )
    {
        if (part != _current || _isPastDelimiter)
        {
            return default;
        }

        Release();
        while (true)
        {
            var read = await _body.ReadAsync(cancellationToken);
            var bytes = read.Buffer;
            var length = DelimiterSearch.Find(bytes, _delimiter, out var isFound);
            if (length > 0)
            {
                var piece = bytes.Slice(0, length);
                _given = piece.End;
                return piece;
            }

            if (isFound)
            {
                _body.AdvanceTo(bytes.GetPosition(_delimiter.Length));
                _isPastDelimiter = true;
                return default;
            }

            _body.AdvanceTo(bytes.Start, bytes.End);
            ThrowAtEnd(read, "inside a part, without its last delimiter");
        }
    }

    private static void ThrowAtEnd(ReadResult read, string where)
    {
        if (read.IsCompleted)
        {
            throw DicomWebException.BadRequest($"The message ends {where}.");
        }
    }

    /// <summary>Up to and with the first delimiter, which may stand at the very beginning.</summary>
    private async ValueTask SkipPreambleAsync(CancellationToken cancellationToken)
    {
        long skipped = 0;
        while (true)
        {
            var read = await _body.ReadAsync(cancellationToken);
            var bytes = read.Buffer;
            if (skipped == 0)
            {
                switch (DelimiterSearch.Continues(bytes, _delimiter.AsSpan(2)))
                {
                    case true:
                        _body.AdvanceTo(bytes.GetPosition(_delimiter.Length - 2));
                        return;
                    case null:
                        _body.AdvanceTo(bytes.Start, bytes.End);
                        ThrowAtEnd(read, "before its first delimiter");
                        continue;
                    default:
                        break;
                }
            }

            var length = DelimiterSearch.Find(bytes, _delimiter, out var isFound);
            skipped += length;
            if (skipped > _limits.PaddingBytesMax)
            {
                _body.AdvanceTo(bytes.End);
                throw DicomWebException.BadRequest(
                    $"No delimiter stands within the first {_limits.PaddingBytesMax} bytes: is the boundary the right one?"
                );
            }

            if (isFound)
            {
                _body.AdvanceTo(bytes.GetPosition(length + _delimiter.Length));
                return;
            }

            _body.AdvanceTo(bytes.GetPosition(length), bytes.End);
            ThrowAtEnd(read, "before its first delimiter");
        }
    }

    /// <summary>After a delimiter: two hyphens end the message, blanks and CRLF begin a part, anything else is neither.</summary>
    private async ValueTask<bool> IsLastAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _body.ReadAsync(cancellationToken);
            var (after, consumed) = AfterDelimiter(read.Buffer);
            if (after is Delimited.Undecided)
            {
                _body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                ThrowAtEnd(read, "inside a delimiter");
                continue;
            }

            _body.AdvanceTo(read.Buffer.GetPosition(consumed));
            return after is Delimited.Wrongly
                ? throw DicomWebException.BadRequest(
                    $"After the delimiter before part {_parts + 1} its line goes on: is the boundary within another one?"
                )
                : after is Delimited.End;
        }
    }

    private static (Delimited After, long Consumed) AfterDelimiter(in ReadOnlySequence<byte> bytes)
    {
        const int blanksMax = 128;
        if (DelimiterSearch.Continues(bytes, "--"u8) is not false)
        {
            return bytes.Length >= 2 ? (Delimited.End, 2) : (Delimited.Undecided, 0);
        }

        var reader = new SequenceReader<byte>(bytes);
        var blanks = reader.AdvancePastAny((byte)' ', (byte)'\t');
        if (blanks > blanksMax || DelimiterSearch.Continues(reader.UnreadSequence, "\r\n"u8) is false)
        {
            return (Delimited.Wrongly, 0);
        }

        return reader.Remaining < 2 ? (Delimited.Undecided, 0) : (Delimited.Part, blanks + 2);
    }

    private async ValueTask<List<KeyValuePair<string, string>>> ReadHeadersAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _body.ReadAsync(cancellationToken);
            var bytes = read.Buffer;
            var head = bytes.Slice(0, Math.Min(bytes.Length, _limits.HeaderBytesMax + 4)).ToArray();
            // No field at all: the empty line comes at once.
            var end =
                head.AsSpan().StartsWith("\r\n"u8) ? 0
                : head.AsSpan().IndexOf("\r\n\r\n"u8) is var index and >= 0 ? index + 2
                : -1;
            if (end >= 0)
            {
                // The empty line before a body is also the line end before its delimiter, when the body is empty.
                _body.AdvanceTo(bytes.GetPosition(end));
                var headers = PartHeaders.Parse(head.AsSpan(0, end), _parts, _limits.HeadersMax);
                await SkipEmptyLineAsync(cancellationToken);
                return headers;
            }

            if (head.Length >= _limits.HeaderBytesMax)
            {
                _body.AdvanceTo(bytes.End);
                throw DicomWebException.BadRequest(
                    $"The header fields of part {_parts} are longer than {_limits.HeaderBytesMax} bytes."
                );
            }

            _body.AdvanceTo(bytes.Start, bytes.End);
            ThrowAtEnd(read, $"inside the header fields of part {_parts}");
        }
    }

    private async ValueTask SkipEmptyLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // A delimiter in the place of the empty line: a part without body (RFC 2046 5.1.1 allows its headers only).
            var read = await _body.ReadAsync(cancellationToken);
            switch (DelimiterSearch.Continues(read.Buffer, _delimiter))
            {
                case true:
                    _body.AdvanceTo(read.Buffer.Start);
                    return;
                case false:
                    _body.AdvanceTo(read.Buffer.GetPosition(2));
                    return;
                default:
                    _body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    ThrowAtEnd(read, $"after the header fields of part {_parts}");
                    break;
            }
        }
    }

    private async ValueTask SkipEpilogueAsync(CancellationToken cancellationToken)
    {
        long skipped = 0;
        while (true)
        {
            var read = await _body.ReadAsync(cancellationToken);
            skipped += read.Buffer.Length;
            _body.AdvanceTo(read.Buffer.End);
            if (skipped > _limits.PaddingBytesMax)
            {
                throw DicomWebException.BadRequest(
                    $"More than {_limits.PaddingBytesMax} bytes follow the last delimiter."
                );
            }

            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
