using System.Buffers;
using System.Buffers.Binary;

namespace Leadglass.Dicom;

/// <summary>Writes tokens of one syntax in another.</summary>
internal sealed class ConvertedElements(DataSetTokenizer tokenizer, TransferSyntax to, IBufferWriter<byte> output)
{
    private const uint UndefinedLength = 0xFFFFFFFF;

    private readonly WordSwapper _swapper = new(output);
    private bool _isSwapped;
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
                _isSwapped = false;
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

        if (!_isSwapped)
        {
            output.Write(piece);
            return;
        }

        _swapper.Write(piece);
        if (tokenizer.ValueRemaining == 0)
        {
            _swapper.End();
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
        _isSwapped = tokenizer.IsBigEndian != isBigEndian && vr.WordSize > 1;
        _swapper.Begin(vr.WordSize);
        WriteHeader(isTooLong ? ValueRepresentation.UN : vr, (uint)tokenizer.ValueLength);
    }

    private bool HasLongHeader(ValueRepresentation vr) =>
        vr.HasLongLength || tokenizer.Form.HasFlag(WireForm.LongLength);

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
