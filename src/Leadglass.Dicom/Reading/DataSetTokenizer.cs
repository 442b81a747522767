namespace Leadglass.Dicom;

/// <summary>
/// Parts an encoded data set (PS3.5 7) into tokens. It holds no bytes, only where it stands: the caller shows it a window
/// that begins at <see cref="Position"/>, of any size from nothing upwards, and steps over values by
/// <see cref="ConsumeValue"/>. Everything that reads data sets reads through it, so each limit and each tolerance is here,
/// once (docs/reading-tolerances.md). Nesting is a stack of its own, never the thread's.
/// </summary>
internal sealed class DataSetTokenizer
{
    /// <summary>A window of so many bytes always holds a whole header.</summary>
    public const int HeaderLengthMax = 12;

    private const uint UndefinedLength = 0xFFFFFFFF;
    private const uint Item = 0xFFFEE000;
    private const uint ItemDelimitation = 0xFFFEE00D;
    private const uint SequenceDelimitation = 0xFFFEE0DD;

    private readonly ReadLimits _limits;
    private Frame[] _frames = new Frame[4];
    private int _depth;
    private int _elementCount;
    private long _valueRemaining;
    private bool _isFirstHeader = true;

    /// <param name="length">The length of the data set where it is known, else null.</param>
    public DataSetTokenizer(TransferSyntax syntax, ReadLimits limits, long? length, long start = 0)
    {
        _limits = limits;
        Position = start;
        _frames[0] = new Frame
        {
            Kind = FrameKind.Root,
            IsImplicit = !syntax.IsExplicitVr,
            IsBigEndian = syntax.IsBigEndian,
            End = -1,
            Bound = length is { } known ? start + known : long.MaxValue,
        };
    }

    private enum FrameKind : byte
    {
        Root,
        Item,
        Sequence,
        Fragments,
    }

    /// <summary>Bytes from the start of the data set to the next token or value.</summary>
    public long Position { get; private set; }

    /// <summary>Where the header of the current token began.</summary>
    public long HeaderPosition { get; private set; }

    /// <summary>The element, or at the end of a sequence or of fragments the element that ends.</summary>
    public DicomTag Tag { get; private set; }

    public ValueRepresentation Vr { get; private set; }

    public WireForm Form { get; private set; }

    /// <summary>The length of the value or fragment that follows.</summary>
    public long ValueLength { get; private set; }

    /// <summary>Numbers of the current value are in big endian order.</summary>
    public bool IsBigEndian => _frames[_depth].IsBigEndian;

    /// <summary>The current level has no VRs on the wire.</summary>
    public bool IsImplicit => _frames[_depth].IsImplicit;

    /// <summary>The top level has no VRs on the wire.</summary>
    public bool IsTopLevelImplicit => _frames[0].IsImplicit;

    /// <summary>After <see cref="DataSetToken.ItemEnd"/>: the item that ended has no VRs on the wire.</summary>
    public bool IsEndedItemImplicit { get; private set; }

    /// <summary>0 in the data set itself.</summary>
    public int Depth => _depth;

    /// <summary>The first header showed implicit VR where explicit was announced, or the other way round.</summary>
    public bool IsOtherThanAnnounced { get; private set; }

    /// <summary>Bytes of the current value that have not been stepped over.</summary>
    public long ValueRemaining => _valueRemaining;

    /// <summary>Reads on. The window begins at <see cref="Position"/>; the header's bytes are consumed from it.</summary>
    /// <param name="isFinal">Nothing comes after the window.</param>
    public DataSetToken Read(ReadOnlySpan<byte> window, bool isFinal)
    {
        if (_valueRemaining != 0)
        {
            throw new InvalidOperationException("The value has not been consumed.");
        }

        ref var frame = ref _frames[_depth];
        HeaderPosition = Position;
        if (frame.End == Position)
        {
            return Close(ref frame);
        }

        if (window.Length < 8)
        {
            return TooShort(window, isFinal, in frame);
        }

        return frame.Kind switch
        {
            FrameKind.Sequence => ReadItemHeader(window, ref frame),
            FrameKind.Fragments => ReadFragmentHeader(window, ref frame),
            _ => ReadElementHeader(window, isFinal, ref frame),
        };
    }

    /// <summary>The tag that comes next at the top level; the smallest when the window does not show it.</summary>
    public DicomTag PeekTag(ReadOnlySpan<byte> window) =>
        _valueRemaining == 0 && window.Length >= 4 ? ByteOrder.ReadTag(window, _frames[_depth].IsBigEndian) : default;

    /// <summary>Steps over bytes of the current value.</summary>
    public void ConsumeValue(long count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _valueRemaining);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _valueRemaining -= count;
        Position += count;
    }

    /// <summary>Begins inside a sequence of so many bytes, as if its header had been read.</summary>
    public void OpenSequence(DicomTag tag, long length)
    {
        (Tag, Vr) = (tag, ValueRepresentation.SQ);
        Push(FrameKind.Sequence, Position + length, ref _frames[0]);
    }

    /// <summary>Takes for settled what the first header would show, as for a part of a data set.</summary>
    public void SettleForm(bool isImplicit)
    {
        IsOtherThanAnnounced = _frames[0].IsImplicit != isImplicit;
        _frames[0].IsImplicit = isImplicit;
        _isFirstHeader = false;
    }

    /// <summary>Tells the value of Pixel Representation (0028,0103), on which implicit VRs of what follows depend.</summary>
    public void NotePixelRepresentation(bool isSigned) => _frames[_depth].IsSigned = isSigned;

    /// <summary>An error at the current position.</summary>
    public DicomFormatException Malformed(string problem, string clause) =>
        new(problem, HeaderPosition, Tag == default ? null : Tag, clause);

    private DataSetToken TooShort(ReadOnlySpan<byte> window, bool isFinal, in Frame frame)
    {
        if (!isFinal)
        {
            return DataSetToken.NeedMoreData;
        }

        if (frame.Kind == FrameKind.Root && window.IsEmpty)
        {
            return DataSetToken.End;
        }

        throw Malformed(
            window.IsEmpty ? "The data set ends inside a sequence or item" : "The data set ends inside a header",
            "PS3.5 7.5"
        );
    }

    private DataSetToken Close(ref Frame frame)
    {
        Tag = frame.Tag;
        Vr = frame.Vr;
        var token = frame.Kind switch
        {
            FrameKind.Item => DataSetToken.ItemEnd,
            FrameKind.Fragments => DataSetToken.FragmentsEnd,
            _ => DataSetToken.SequenceEnd,
        };
        IsEndedItemImplicit = frame.IsImplicit;
        _depth--;
        return token;
    }

    private DataSetToken ReadElementHeader(ReadOnlySpan<byte> window, bool isFinal, ref Frame frame)
    {
        var tag = ByteOrder.ReadTag(window, frame.IsBigEndian);
        if (tag.Group == 0xFFFE)
        {
            return ReadItemDelimitation(window, tag, ref frame);
        }

        if (_isFirstHeader || frame.IsFormOpen)
        {
            SettleForm(window, tag, ref frame);
        }

        if (!ElementHeader.TryRead(window, tag, frame.IsImplicit, frame.IsBigEndian, frame.IsSigned, out var header))
        {
            return TooShort(window, isFinal, in frame);
        }

        Tag = tag;
        Vr = header.Vr;
        Form = header.Form;
        _isFirstHeader = false;
        CountElement();
        Advance(header.HeaderLength, in frame);
        return header.Length == UndefinedLength ? OpenUndefined(ref frame) : OpenDefined(header.Length, ref frame);
    }

    private DataSetToken OpenDefined(long length, ref Frame frame)
    {
        CheckLength(length, in frame);
        if (Vr != ValueRepresentation.SQ)
        {
            ValueLength = length;
            _valueRemaining = length;
            return DataSetToken.Value;
        }

        Push(FrameKind.Sequence, Position + length, ref frame);
        return DataSetToken.SequenceStart;
    }

    private DataSetToken OpenUndefined(ref Frame frame)
    {
        Form |= WireForm.UndefinedLength;
        if (frame.IsImplicit || Form.HasFlag(WireForm.ImplicitHeader))
        {
            // In implicit VR only sequences and encapsulated pixel data have an undefined length, whatever else is unknown.
            var isPixelData = Tag == DicomTag.PixelData;
            Vr = isPixelData ? Vr : ValueRepresentation.SQ;
            Push(isPixelData ? FrameKind.Fragments : FrameKind.Sequence, -1, ref frame);
            return isPixelData ? DataSetToken.FragmentsStart : DataSetToken.SequenceStart;
        }

        switch (Vr)
        {
            case ValueRepresentation.OB or ValueRepresentation.OW:
            case ValueRepresentation.UN when Tag == DicomTag.PixelData:
                Push(FrameKind.Fragments, -1, ref frame);
                return DataSetToken.FragmentsStart;
            case ValueRepresentation.UN:
                // PS3.5 6.2.2: UN of undefined length is a sequence in implicit VR little endian.
                Push(FrameKind.Sequence, -1, ref frame);
                ref var content = ref _frames[_depth];
                content.IsImplicit = true;
                content.IsBigEndian = false;
                content.IsOfUnknownVr = true;
                return DataSetToken.SequenceStart;
            case ValueRepresentation.SQ:
                Push(FrameKind.Sequence, -1, ref frame);
                return DataSetToken.SequenceStart;
            default:
                throw Malformed($"A value of VR {Vr.Code} has an undefined length", "PS3.5 7.1.1");
        }
    }

    private DataSetToken ReadItemDelimitation(ReadOnlySpan<byte> window, DicomTag tag, ref Frame frame)
    {
        if (tag.Value != ItemDelimitation || frame.Kind != FrameKind.Item || frame.End >= 0)
        {
            throw new DicomFormatException(
                "An item or delimiter stands where a data element belongs",
                HeaderPosition,
                tag,
                "PS3.5 7.5"
            );
        }

        // The length of a delimiter is 0; what stands there instead means nothing.
        Advance(8, in frame);
        return Close(ref frame);
    }

    private DataSetToken ReadItemHeader(ReadOnlySpan<byte> window, ref Frame frame)
    {
        var tag = ByteOrder.ReadTag(window, frame.IsBigEndian);
        long length = ByteOrder.ReadUInt32(window[4..], frame.IsBigEndian);
        Tag = frame.Tag;
        if (tag.Value == SequenceDelimitation && frame.End < 0)
        {
            Advance(8, in frame);
            return Close(ref frame);
        }

        if (tag.Value != Item)
        {
            throw Malformed("Something else than an item stands in a sequence", "PS3.5 7.5.1");
        }

        CountElement();
        Advance(8, in frame);
        if (length == UndefinedLength)
        {
            Form = WireForm.UndefinedLength;
            Push(FrameKind.Item, -1, ref frame);
        }
        else
        {
            Form = WireForm.None;
            CheckLength(length, in frame);
            Push(FrameKind.Item, Position + length, ref frame);
        }

        return DataSetToken.ItemStart;
    }

    private DataSetToken ReadFragmentHeader(ReadOnlySpan<byte> window, ref Frame frame)
    {
        var tag = ByteOrder.ReadTag(window, frame.IsBigEndian);
        long length = ByteOrder.ReadUInt32(window[4..], frame.IsBigEndian);
        Tag = frame.Tag;
        Vr = frame.Vr;
        if (tag.Value == SequenceDelimitation)
        {
            Advance(8, in frame);
            return Close(ref frame);
        }

        if (tag.Value != Item || length == UndefinedLength)
        {
            throw Malformed("Something else than a fragment stands in encapsulated pixel data", "PS3.5 A.4");
        }

        CountElement();
        Advance(8, in frame);
        CheckLength(length, in frame);
        ValueLength = length;
        _valueRemaining = length;
        return DataSetToken.Fragment;
    }

    /// <summary>
    /// The first header of a data set, and of an item of unknown VR, shows whether VRs are there, whatever was announced:
    /// two capital letters that are the very VR of the attribute. As part of an implicit length they would announce 16 KiB
    /// or more, and for a reader that takes them so there would be another data set: hence no weaker sign will do.
    /// </summary>
    private void SettleForm(ReadOnlySpan<byte> window, DicomTag tag, ref Frame frame)
    {
        var code = window.Slice(4, 2);
        var vr = ValueRepresentations.FromCode(code);
        frame.IsFormOpen = false;
        var isOther = frame.IsImplicit
            ? vr is { IsKnown: true } found && ElementHeader.IsVrOf(tag, found)
            : vr is null && !code.SequenceEqual("  "u8);
        if (isOther)
        {
            frame.IsImplicit = !frame.IsImplicit;
            IsOtherThanAnnounced |= _depth == 0;
        }
    }

    private void CheckLength(long length, in Frame frame)
    {
        if (length > frame.Bound - Position)
        {
            throw Malformed("The length is greater than what remains", "PS3.5 7.1.1");
        }

        if (length > _limits.ValueBytesMax)
        {
            throw Malformed($"A value is longer than {_limits.ValueBytesMax} bytes", nameof(ReadLimits.ValueBytesMax));
        }
    }

    private void CountElement()
    {
        if (++_elementCount > _limits.ElementCountMax)
        {
            throw Malformed(
                $"There are more than {_limits.ElementCountMax} elements",
                nameof(ReadLimits.ElementCountMax)
            );
        }
    }

    private void Advance(int count, in Frame frame)
    {
        if (count > frame.Bound - Position)
        {
            throw Malformed("An item or sequence ends inside a header", "PS3.5 7.5");
        }

        Position += count;
        if (Position > _limits.TotalBytesMax)
        {
            throw Malformed(
                $"The data set is longer than {_limits.TotalBytesMax} bytes",
                nameof(ReadLimits.TotalBytesMax)
            );
        }
    }

    private void Push(FrameKind kind, long end, ref Frame parent)
    {
        // Sequence and item are two frames of one level.
        if (_depth + 1 > _limits.NestingMax * 2)
        {
            throw Malformed($"Sequences nest deeper than {_limits.NestingMax}", nameof(ReadLimits.NestingMax));
        }

        var frame = new Frame
        {
            Kind = kind,
            IsImplicit = parent.IsImplicit,
            IsBigEndian = parent.IsBigEndian,
            IsSigned = parent.IsSigned,
            IsOfUnknownVr = parent.IsOfUnknownVr,
            IsFormOpen = kind == FrameKind.Item && parent.IsOfUnknownVr,
            Tag = Tag,
            Vr = Vr,
            End = end,
            Bound = end >= 0 ? end : parent.Bound,
        };
        _depth++;
        if (_depth == _frames.Length)
        {
            Array.Resize(ref _frames, _frames.Length * 2);
        }

        _frames[_depth] = frame;
    }

    private struct Frame
    {
        public FrameKind Kind;
        public bool IsImplicit;
        public bool IsBigEndian;
        public bool IsSigned;
        public bool IsOfUnknownVr;
        public bool IsFormOpen;
        public DicomTag Tag;
        public ValueRepresentation Vr;

        /// <summary>Where a defined length ends; -1 for an undefined one.</summary>
        public long End;

        /// <summary>Where this or the nearest enclosing defined length ends.</summary>
        public long Bound;
    }
}
