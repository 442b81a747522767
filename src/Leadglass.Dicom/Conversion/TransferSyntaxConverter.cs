using System.Buffers;
using System.Buffers.Binary;
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

        Deflate();
        if (_deflater is null)
        {
            return;
        }

        _deflater.Dispose();
        // PS3.5 A.5: a deflated stream of odd length is padded with a null.
        if ((_deflated!.Length & 1) == 1)
        {
            _deflated.WriteByte(0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inflater?.Dispose();
        _source?.Dispose();
        _deflater?.Dispose();
        _deflated?.Dispose();
    }

    private ReadOnlyMemory<byte> _offered;

    private void Offer(ReadOnlyMemory<byte> bytes)
    {
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

/// <summary>Writes tokens of one syntax in another.</summary>
internal sealed class ConvertedElements(DataSetTokenizer tokenizer, TransferSyntax to, IBufferWriter<byte> output)
{
    private const uint UndefinedLength = 0xFFFFFFFF;

    private readonly byte[] _word = new byte[8];
    private int _wordLength;
    private int _swappedWordSize;
    private bool _isDropped;
    private bool _isPixelRepresentation;

    // The depth at which a sequence of VR UN began; what stands in it is implicit VR little endian (PS3.5 6.2.2).
    private int _unknownDepth = int.MaxValue;

    private bool IsImplicit => !to.IsExplicitVr || _unknownDepth != int.MaxValue;

    private bool IsBigEndian => to.IsBigEndian && _unknownDepth == int.MaxValue;

    /// <summary>Takes a token; the bytes of its value follow.</summary>
    public void Take(DataSetToken token)
    {
        switch (token)
        {
            case DataSetToken.Value:
                BeginValue();
                break;
            case DataSetToken.SequenceStart:
                var isUnknown = tokenizer.Vr == ValueRepresentation.UN && !IsImplicit;
                WriteHeader(tokenizer.Vr, UndefinedLength);
                if (isUnknown)
                {
                    _unknownDepth = tokenizer.Depth;
                }

                break;
            case DataSetToken.ItemStart:
                WriteItemTag(DicomTag.Item, UndefinedLength);
                break;
            case DataSetToken.ItemEnd:
                WriteItemTag(DicomTag.ItemDelimitationItem, 0);
                break;
            case DataSetToken.FragmentsStart:
                WriteHeader(ValueRepresentation.OB, UndefinedLength);
                break;
            case DataSetToken.Fragment:
                _isDropped = false;
                _swappedWordSize = 1;
                WriteItemTag(DicomTag.Item, (uint)tokenizer.ValueLength);
                break;
            case DataSetToken.SequenceEnd:
            case DataSetToken.FragmentsEnd:
                WriteItemTag(DicomTag.SequenceDelimitationItem, 0);
                if (tokenizer.Depth < _unknownDepth)
                {
                    _unknownDepth = int.MaxValue;
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Takes a piece of the current value.</summary>
    public void TakeValue(ReadOnlySpan<byte> piece)
    {
        if (_isPixelRepresentation && !piece.IsEmpty)
        {
            // 0 or 1 in two bytes of either order: any bit set means signed.
            if (piece.ContainsAnyExcept((byte)0))
            {
                tokenizer.NotePixelRepresentation(isSigned: true);
            }
        }

        if (_isDropped)
        {
            return;
        }

        if (_swappedWordSize == 1)
        {
            output.Write(piece);
        }
        else
        {
            WriteSwapped(piece);
        }

        if (tokenizer.ValueRemaining == 0 && _wordLength > 0)
        {
            // An incomplete last number has no order to turn.
            output.Write(_word.AsSpan(0, _wordLength));
            _wordLength = 0;
        }
    }

    private void BeginValue()
    {
        _isDropped = tokenizer.Tag is { IsGroupLength: true, Group: > 0x0002 };
        _isPixelRepresentation = tokenizer.Tag == DicomTag.PixelRepresentation && tokenizer.ValueLength == 2;
        if (_isPixelRepresentation)
        {
            tokenizer.NotePixelRepresentation(isSigned: false);
        }

        if (_isDropped)
        {
            return;
        }

        var vr = tokenizer.Vr;
        // PS3.5 6.2.2: a value too long for the 16-bit length of its VR goes as UN, which is little endian.
        var isTooLong = !IsImplicit && !HasLongHeader(vr) && tokenizer.ValueLength > ushort.MaxValue;
        var isBigEndian = IsBigEndian && !isTooLong;
        _swappedWordSize = tokenizer.IsBigEndian == isBigEndian ? 1 : vr.WordSize;
        _wordLength = 0;
        WriteHeader(isTooLong ? ValueRepresentation.UN : vr, (uint)tokenizer.ValueLength);
    }

    private bool HasLongHeader(ValueRepresentation vr) =>
        vr.HasLongLength || tokenizer.Form.HasFlag(WireForm.LongLength);

    private void WriteSwapped(ReadOnlySpan<byte> piece)
    {
        if (_wordLength > 0)
        {
            var count = Math.Min(piece.Length, _swappedWordSize - _wordLength);
            piece[..count].CopyTo(_word.AsSpan(_wordLength));
            _wordLength += count;
            piece = piece[count..];
            if (_wordLength < _swappedWordSize)
            {
                return;
            }

            ByteOrder.SwapWords(_word.AsSpan(0, _wordLength), _swappedWordSize);
            output.Write(_word.AsSpan(0, _wordLength));
            _wordLength = 0;
        }

        var whole = piece.Length / _swappedWordSize * _swappedWordSize;
        if (whole > 0)
        {
            var target = output.GetSpan(whole)[..whole];
            piece[..whole].CopyTo(target);
            ByteOrder.SwapWords(target, _swappedWordSize);
            output.Advance(whole);
        }

        piece[whole..].CopyTo(_word);
        _wordLength = piece.Length - whole;
    }

    private void WriteHeader(ValueRepresentation vr, uint length)
    {
        var header = output.GetSpan(DataSetTokenizer.HeaderLengthMax);
        WriteTag(header, tokenizer.Tag);
        if (IsImplicit)
        {
            WriteUInt32(header[4..], length);
            output.Advance(8);
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)vr);
        if (HasLongHeader(vr))
        {
            header[6] = header[7] = 0;
            WriteUInt32(header[8..], length);
            output.Advance(12);
        }
        else
        {
            WriteUInt16(header[6..], (ushort)length);
            output.Advance(8);
        }
    }

    private void WriteItemTag(DicomTag tag, uint length)
    {
        var header = output.GetSpan(8);
        WriteTag(header, tag);
        WriteUInt32(header[4..], length);
        output.Advance(8);
    }

    private void WriteTag(Span<byte> target, DicomTag tag)
    {
        WriteUInt16(target, tag.Group);
        WriteUInt16(target[2..], tag.Element);
    }

    private void WriteUInt16(Span<byte> target, ushort value)
    {
        if (IsBigEndian)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target, value);
        }
    }

    private void WriteUInt32(Span<byte> target, uint value)
    {
        if (IsBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(target, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, value);
        }
    }
}
