using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Leadglass.Dicom;

/// <summary>
/// Turns an encoded data set into another of the syntaxes with native pixel data, while it streams: implicit and explicit
/// VR little endian, explicit VR big endian, deflated. Nothing is kept but a header cut in two and a few bytes of a number.
/// </summary>
/// <remarks>
/// Sequences and items get undefined lengths, since their new lengths are not known when they begin; retired group
/// lengths are left out. From implicit VR, attributes that the dictionary does not know become UN (PS3.5 6.2.2).
/// </remarks>
public sealed class TransferSyntaxConverter : IDisposable
{
    private const int PieceLength = 64 * 1024;

    private readonly TransferSyntax _from;
    private readonly DataSetTokenizer _tokenizer;
    private readonly ConvertedElements _elements;
    private readonly ArrayBufferWriter<byte>? _plain;
    private readonly BufferWriterStream? _deflated;
    private readonly DeflateStream? _deflater;
    private readonly MemoryReadStream? _source;
    private readonly DeflateStream? _inflater;
    private readonly byte[] _carry = new byte[DataSetTokenizer.HeaderLengthMax * 2];
    private ReadOnlyMemory<byte> _offered;
    private bool _hasBegun;
    private int _carryLength;
    private long _length;

    /// <summary>Begins a conversion.</summary>
    /// <exception cref="ArgumentException">One of the syntaxes has encapsulated pixel data or none.</exception>
    public TransferSyntaxConverter(
        TransferSyntax from,
        TransferSyntax to,
        IBufferWriter<byte> output,
        ReadLimits? limits = null
    )
    {
        if (!CanConvert(from, to))
        {
            throw new ArgumentException($"From {from} to {to} needs a codec.", nameof(to));
        }

        _from = from;
        _tokenizer = new DataSetTokenizer(from, limits ?? ReadLimits.Default, length: null);
        if (to.IsDeflated)
        {
            _plain = new ArrayBufferWriter<byte>(PieceLength);
            _deflated = new BufferWriterStream(output);
            _deflater = new DeflateStream(_deflated, CompressionLevel.Fastest, leaveOpen: true);
        }

        if (from.IsDeflated)
        {
            _source = new MemoryReadStream(default);
            _inflater = new DeflateStream(_source, CompressionMode.Decompress);
        }

        _elements = new ConvertedElements(_tokenizer, to, _plain ?? output);
    }

    /// <summary>Both have native pixel data.</summary>
    public static bool CanConvert(TransferSyntax from, TransferSyntax to) => from.IsConvertible && to.IsConvertible;

    /// <summary>Converts a stream to its end; the output is flushed often, so memory stays bounded.</summary>
    /// <exception cref="DicomFormatException">It is no data set, or exceeds a limit.</exception>
    public static async Task ConvertAsync(
        Stream source,
        TransferSyntax from,
        TransferSyntax to,
        PipeWriter output,
        ReadLimits? limits = null,
        CancellationToken cancellationToken = default
    )
    {
        using var converter = new TransferSyntaxConverter(from, to, output, limits);
        var piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            for (int count; (count = await source.ReadAsync(piece, cancellationToken)) > 0; )
            {
                converter.Offer(piece.AsMemory(0, count));
                while (converter.ConvertPiece())
                {
                    var flushed = await output.FlushAsync(cancellationToken);
                    if (flushed.IsCompleted)
                    {
                        return;
                    }
                }
            }

            converter.Complete();
            await output.FlushAsync(cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>
    /// Converts the next piece, of any size. Deflated input may give a thousand times as much output at once: feed small
    /// pieces, or use <see cref="ConvertAsync"/>.
    /// </summary>
    public void Feed(ReadOnlyMemory<byte> bytes)
    {
        Offer(bytes);
        while (ConvertPiece()) { }
    }

    /// <summary>Says that nothing more comes, and writes what is left.</summary>
    /// <exception cref="DicomFormatException">The data set ends too early.</exception>
    public void Complete()
    {
        if (_tokenizer.ValueRemaining > 0)
        {
            throw _tokenizer.Malformed("The data set ends inside a value", "PS3.5 7.1.1");
        }

        while (true)
        {
            var token = _tokenizer.Read(_carry.AsSpan(0, _carryLength), isFinal: true);
            if (token == DataSetToken.End)
            {
                break;
            }

            _elements.Take(token);
        }

        // Nothing at all is an empty data set too.
        if (_inflater is not null && _hasBegun)
        {
            Inflater.RequireEnd(_inflater, _source!, _length);
        }

        Deflate();
        if (_deflater is null)
        {
            return;
        }

        _deflater.Dispose();
        _deflated!.EndDeflated();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inflater?.Dispose();
        _source?.Dispose();
        _deflater?.Dispose();
        _deflated?.Dispose();
    }

    private void Offer(ReadOnlyMemory<byte> bytes)
    {
        _hasBegun |= !bytes.IsEmpty;
        _source?.Feed(bytes);
        _offered = bytes;
    }

    /// <summary>Converts some of what was offered; false when nothing is left.</summary>
    private bool ConvertPiece()
    {
        if (!_from.IsDeflated)
        {
            var piece = _offered[..Math.Min(PieceLength, _offered.Length)];
            _offered = _offered[piece.Length..];
            ConvertPlain(piece.Span);
            return !piece.IsEmpty;
        }

        var inflated = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            var count = Inflater.ReadPiece(_inflater!, inflated, _length);
            ConvertPlain(inflated.AsSpan(0, count));
            return count > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(inflated);
        }
    }

    private void ConvertPlain(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        while (true)
        {
            if (_tokenizer.ValueRemaining > 0)
            {
                var piece = bytes[..(int)Math.Min(bytes.Length, _tokenizer.ValueRemaining)];
                _tokenizer.ConsumeValue(piece.Length);
                _elements.TakeValue(piece);
                bytes = bytes[piece.Length..];
                if (_tokenizer.ValueRemaining > 0)
                {
                    break;
                }
            }

            var carried = _carryLength;
            var window = bytes;
            if (carried > 0)
            {
                var count = Math.Min(bytes.Length, DataSetTokenizer.HeaderLengthMax);
                bytes[..count].CopyTo(_carry.AsSpan(carried));
                window = _carry.AsSpan(0, carried + count);
            }

            var before = _tokenizer.Position;
            var token = _tokenizer.Read(window, isFinal: false);
            if (token == DataSetToken.NeedMoreData)
            {
                window.CopyTo(_carry);
                _carryLength = window.Length;
                break;
            }

            _carryLength = 0;
            bytes = bytes[((int)(_tokenizer.Position - before) - carried)..];
            _elements.Take(token);
        }

        Deflate();
    }

    private void Deflate()
    {
        if (_plain is { WrittenCount: > 0 })
        {
            _deflater!.Write(_plain.WrittenSpan);
            _plain.ResetWrittenCount();
        }
    }
}
