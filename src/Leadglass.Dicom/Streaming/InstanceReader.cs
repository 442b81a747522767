using System.Buffers;
using System.IO.Compression;

namespace Leadglass.Dicom;

/// <summary>
/// Reads an instance while it streams in, in pieces of any size: keeps what stands before and after the pixel data, and of
/// the pixel data only where it lies. Memory is bounded by <see cref="ReadLimits.HeldBytesMax"/> and by eight bytes of
/// input for every fragment, whatever the instance's size.
/// </summary>
/// <remarks>
/// Values of the top level with a VR of bulk data that are longer than <see cref="KeptValueBytesMax"/> are not kept
/// either, such as encapsulated documents: they are missing in <see cref="Header"/> and go to the sink.
/// </remarks>
public sealed class InstanceReader : IDisposable
{
    /// <summary>Bulk data of the top level that is longer goes to the sink only: 1 MiB.</summary>
    public const int KeptValueBytesMax = 1 << 20;

    private const int InflatedPieceLength = 64 * 1024;
    private const int SwappedPieceLength = 16 * 1024;

    private readonly TransferSyntax _syntax;
    private readonly ReadLimits _limits;
    private readonly IInstanceSink? _sink;
    private readonly DataSetTokenizer _tokenizer;
    private readonly MemoryReadStream? _deflated;
    private readonly DeflateStream? _inflater;
    private readonly byte[] _carry = new byte[DataSetTokenizer.HeaderLengthMax * 2];
    private readonly List<DicomTag> _omitted = [];
    private readonly ArrayBufferWriter<byte> _swapped = new();
    private readonly WordSwapper _swapper;
    private HeldBytes _held;
    private HeldBytes? _offsetTable;
    private Part _part;
    private ValueUse _use;
    private int _carryLength;
    private int _fragmentIndex;
    private bool _hasBegun;
    private bool _isComplete;

    /// <summary>Begins an instance in a transfer syntax.</summary>
    /// <param name="sink">Gets the values that are not kept.</param>
    public InstanceReader(TransferSyntax syntax, ReadLimits? limits = null, IInstanceSink? sink = null)
    {
        _syntax = syntax;
        _limits = limits ?? ReadLimits.Default;
        _sink = sink;
        _tokenizer = new DataSetTokenizer(syntax, _limits, length: null);
        _held = new HeldBytes(_limits.HeldBytesMax);
        _swapper = new WordSwapper(_swapped);
        if (syntax.IsDeflated)
        {
            _deflated = new MemoryReadStream(default);
            _inflater = new DeflateStream(_deflated, CompressionMode.Decompress);
        }
    }

    private enum Part
    {
        Header,
        PixelData,
        Trailer,
    }

    private enum ValueUse
    {
        Keep,
        OffsetTable,
        Fragment,
        Sink,
    }

    /// <summary>What stands before the pixel data, or everything when there is none; null until it is known.</summary>
    public DataSet? Header { get; private set; }

    /// <summary>Where the pixel data lies; null when there is none, or not yet.</summary>
    public PixelDataLayout? PixelData { get; private set; }

    /// <summary>
    /// Where the element of the pixel data begins in the stream as it came; null when there is none, and in a deflated
    /// one, where it has no place of its own.
    /// </summary>
    public long? PixelDataOffset => _syntax.IsDeflated ? null : PixelData?.Offset;

    /// <summary>What stands after the pixel data; null until <see cref="Complete"/>.</summary>
    public DataSet? Trailer { get; private set; }

    /// <summary>
    /// Tags did not ascend, or one that belongs before the pixel data stood after it (PS3.5 7.1): <see cref="Header"/> may
    /// lack what another reader finds.
    /// </summary>
    public bool HadTagsOutOfOrder =>
        Header is { HadTagsOutOfOrder: true }
        || Trailer is { HadTagsOutOfOrder: true }
        || (PixelData is { } pixels && Trailer?.FirstOrDefault() is { } first && first.Tag <= pixels.Tag);

    /// <summary>Attributes that went to the sink only, the pixel data not counted.</summary>
    public IReadOnlyList<DicomTag> OmittedValues => _omitted;

    /// <summary>Bytes of the encoded data set so far, inflated if it is deflated.</summary>
    public long Length { get; private set; }

    /// <summary>Takes the next piece.</summary>
    /// <exception cref="DicomFormatException">It is no data set, or exceeds a limit; the reader is of no more use.</exception>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_isComplete)
        {
            throw new InvalidOperationException("The instance is complete.");
        }

        _hasBegun |= !bytes.IsEmpty;
        if (_inflater is null)
        {
            FeedPlain(bytes);
            return;
        }

        var deflated = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(bytes.Length, 1), InflatedPieceLength));
        var inflated = ArrayPool<byte>.Shared.Rent(InflatedPieceLength);
        try
        {
            for (var rest = bytes; !rest.IsEmpty; )
            {
                var count = Math.Min(rest.Length, deflated.Length);
                rest[..count].CopyTo(deflated);
                rest = rest[count..];
                _deflated!.Feed(deflated.AsMemory(0, count));
                for (int got; (got = Inflater.ReadPiece(_inflater, inflated, Length)) > 0; )
                {
                    FeedPlain(inflated.AsSpan(0, got));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(deflated);
            ArrayPool<byte>.Shared.Return(inflated);
        }
    }

    /// <summary>Says that nothing more comes: checks that the data set is whole.</summary>
    /// <exception cref="DicomFormatException">It ends too early.</exception>
    public void Complete()
    {
        if (_isComplete)
        {
            return;
        }

        if (_tokenizer.ValueRemaining > 0)
        {
            throw _tokenizer.Malformed("The data set ends inside a value", "PS3.5 7.1.1");
        }

        while (_tokenizer.Read(_carry.AsSpan(0, _carryLength), isFinal: true) != DataSetToken.End) { }

        // Nothing at all is an empty data set too.
        if (_inflater is not null && _hasBegun)
        {
            Inflater.RequireEnd(_inflater, _deflated!, Length);
        }

        _isComplete = true;
        if (Header is null)
        {
            Header = ParseHeld();
            Trailer = new DataSet();
        }
        else
        {
            Trailer = ParseHeld();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inflater?.Dispose();
        _deflated?.Dispose();
    }

    private static bool IsPixelData(DicomTag tag) =>
        tag == DicomTag.PixelData
        || tag == DicomTag.FloatPixelData
        || tag == DicomTag.DoubleFloatPixelData
        || tag == DicomTag.SpectroscopyData;

    private void FeedPlain(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (true)
        {
            if (_tokenizer.ValueRemaining > 0)
            {
                var piece = bytes[..(int)Math.Min(bytes.Length, _tokenizer.ValueRemaining)];
                TakeValue(piece);
                _tokenizer.ConsumeValue(piece.Length);
                bytes = bytes[piece.Length..];
                if (_tokenizer.ValueRemaining > 0)
                {
                    return;
                }

                EndValue();
            }

            // A header may be cut between two pieces: what came of it waits in the carry.
            var carried = _carryLength;
            var window = carried == 0 ? bytes : Join(bytes);
            var before = _tokenizer.Position;
            var isTopLevel = _tokenizer.Depth == 0;
            var token = _tokenizer.Read(window, isFinal: false);
            if (token == DataSetToken.NeedMoreData)
            {
                window.CopyTo(_carry);
                _carryLength = window.Length;
                return;
            }

            var consumed = (int)(_tokenizer.Position - before);
            var header = window[..consumed];
            Take(token, header, isTopLevel);
            bytes = bytes[(consumed - carried)..];
            _carryLength = 0;
        }
    }

    private ReadOnlySpan<byte> Join(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, DataSetTokenizer.HeaderLengthMax);
        bytes[..count].CopyTo(_carry.AsSpan(_carryLength));
        return _carry.AsSpan(0, _carryLength + count);
    }

    private void Take(DataSetToken token, ReadOnlySpan<byte> header, bool isTopLevel)
    {
        if (_part == Part.PixelData)
        {
            TakeFragment(token);
            return;
        }

        var isValue = token == DataSetToken.Value;
        if (
            isTopLevel
            && (isValue || token == DataSetToken.FragmentsStart)
            && IsPixelData(_tokenizer.Tag)
            && Header is null
        )
        {
            BeginPixelData(isValue);
            return;
        }

        var isOmitted = isTopLevel && isValue && _tokenizer.Vr.IsBulk && _tokenizer.ValueLength > KeptValueBytesMax;
        if (isOmitted)
        {
            _omitted.Add(_tokenizer.Tag);
            BeginSink();
            return;
        }

        _use = ValueUse.Keep;
        Keep(_held, header);
    }

    private void BeginPixelData(bool isNative)
    {
        PixelData = new PixelDataLayout(
            _tokenizer.Tag,
            _tokenizer.Vr,
            _tokenizer.HeaderPosition,
            _tokenizer.Position,
            isNative ? _tokenizer.ValueLength : null
        );
        Header = ParseHeld();
        _held = new HeldBytes(_limits.HeldBytesMax - _held.Length);
        _part = isNative ? Part.Trailer : Part.PixelData;
        _fragmentIndex = -1;
        BeginSink();
    }

    private void BeginSink()
    {
        _use = ValueUse.Sink;
        _swapper.Begin(_tokenizer.Vr.WordSize);
    }

    private void TakeFragment(DataSetToken token)
    {
        if (token == DataSetToken.FragmentsEnd)
        {
            _part = Part.Trailer;
        }
        else if (_fragmentIndex++ < 0)
        {
            _use = ValueUse.OffsetTable;
            _offsetTable = new HeldBytes(_limits.HeldBytesMax);
        }
        else
        {
            _use = ValueUse.Fragment;
            PixelData!.Add(new FragmentRange(_tokenizer.Position, (uint)_tokenizer.ValueLength));
        }
    }

    private void TakeValue(ReadOnlySpan<byte> piece)
    {
        switch (_use)
        {
            case ValueUse.Keep:
                Keep(_held, piece);
                break;
            case ValueUse.OffsetTable:
                Keep(_offsetTable!, piece);
                break;
            case ValueUse.Fragment:
                _sink?.Fragment(_fragmentIndex - 1, piece);
                break;
            case ValueUse.Sink:
                SendValue(piece);
                break;
            default:
                throw new InvalidOperationException($"{_use} is no use of a value.");
        }
    }

    private void SendValue(ReadOnlySpan<byte> piece)
    {
        if (_sink is null)
        {
            return;
        }

        if (!_tokenizer.IsBigEndian || _tokenizer.Vr.WordSize == 1)
        {
            _sink.Value(_tokenizer.Tag, _tokenizer.Vr, piece);
            return;
        }

        while (!piece.IsEmpty)
        {
            var part = piece[..Math.Min(SwappedPieceLength, piece.Length)];
            _swapper.Write(part);
            SendSwapped();
            piece = piece[part.Length..];
        }
    }

    private void SendSwapped()
    {
        if (_swapped.WrittenCount > 0)
        {
            _sink!.Value(_tokenizer.Tag, _tokenizer.Vr, _swapped.WrittenSpan);
            _swapped.ResetWrittenCount();
        }
    }

    private void EndValue()
    {
        if (_use == ValueUse.Sink && _sink is not null)
        {
            _swapper.End();
            SendSwapped();
        }
        else if (_use == ValueUse.OffsetTable)
        {
            PixelData!.BasicOffsetTable = _offsetTable!.Memory;
        }
    }

    private void Keep(HeldBytes held, ReadOnlySpan<byte> piece)
    {
        if (!held.TryAdd(piece))
        {
            throw _tokenizer.Malformed(
                $"What stands outside of pixel data is longer than {_limits.HeldBytesMax} bytes",
                nameof(ReadLimits.HeldBytesMax)
            );
        }
    }

    private DataSet ParseHeld() =>
        DataSetReader.ReadPlain(_held.Memory, _syntax, _limits, null, isComplete: true, _tokenizer.IsTopLevelImplicit);
}
