using System.Buffers;
using System.Buffers.Binary;

namespace Leadglass.Dicom.Network;

/// <summary>What <see cref="PduStreamReader"/> found.</summary>
internal enum PduPieceKind
{
    /// <summary>A whole PDU other than P-DATA-TF.</summary>
    Pdu,

    /// <summary>The header of a P-DATA-TF.</summary>
    DataHeader,

    /// <summary>Bytes of a fragment.</summary>
    Fragment,
}

/// <summary>A piece of the stream; its bytes are those of the input and live as long.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Header">The header of its PDU.</param>
/// <param name="Pdu">The PDU, where it is a whole one.</param>
/// <param name="Bytes">Bytes of a fragment; may be fewer than the fragment has.</param>
/// <param name="ContextId">The presentation context of the fragment.</param>
/// <param name="Control">Its message control header.</param>
/// <param name="EndsFragment">The fragment ends here.</param>
internal readonly record struct PduPiece(
    PduPieceKind Kind,
    PduHeader Header,
    Pdu? Pdu,
    ReadOnlySequence<byte> Bytes,
    byte ContextId,
    MessageControlHeader Control,
    bool EndsFragment
);

/// <summary>
/// Cuts the bytes of a peer into PDUs, and the values of P-DATA-TF into pieces as they arrive, so that the length of a
/// PDU costs no memory. Does no I/O: it is fed, and says when it wants more.
/// </summary>
internal sealed class PduStreamReader(PduLimits limits)
{
    private PduHeader _header;
    private bool _hasHeader;
    private uint _pduLeft;
    private uint _fragmentLeft;
    private byte _contextId;
    private MessageControlHeader _control;

    /// <summary>How many bytes of the stream were taken.</summary>
    public long Position { get; private set; }

    /// <summary>The stream is between two PDUs.</summary>
    public bool IsBetweenPdus => !_hasHeader;

    /// <summary>Takes the next piece off the input; false when more input is needed first.</summary>
    /// <exception cref="DicomProtocolException">What came is not what PS3.8 9.3 or the limits allow.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> input, out PduPiece piece)
    {
        piece = default;
        if (!_hasHeader)
        {
            if (!PduHeader.TryRead(input, out _header))
            {
                return false;
            }

            _header.Check(limits, Position);
            Take(ref input, PduConstants.HeaderLength);
            _hasHeader = true;
            _pduLeft = _header.Length;
            if (_header.Type == PduType.PDataTf)
            {
                piece = new(
                    PduPieceKind.DataHeader,
                    _header,
                    null,
                    default,
                    0,
                    MessageControlHeader.DataSet,
                    EndsFragment: false
                );
                return true;
            }
        }

        return _header.Type == PduType.PDataTf
            ? TryReadFragment(ref input, out piece)
            : TryReadWhole(ref input, out piece);
    }

    private bool TryReadWhole(ref ReadOnlySequence<byte> input, out PduPiece piece)
    {
        piece = default;
        if (input.Length < _pduLeft)
        {
            return false;
        }

        var pdu = PduReader.Read(_header, input.Slice(0, _pduLeft), limits, Position);
        Take(ref input, _pduLeft);
        _hasHeader = false;
        piece = new(PduPieceKind.Pdu, _header, pdu, default, 0, MessageControlHeader.DataSet, EndsFragment: false);
        return true;
    }

    private bool TryReadFragment(ref ReadOnlySequence<byte> input, out PduPiece piece)
    {
        piece = default;
        if (_fragmentLeft == 0)
        {
            if (input.Length < PduConstants.PdvHeaderLength && _pduLeft >= PduConstants.PdvHeaderLength)
            {
                return false;
            }

            ReadPdvHeader(ref input);
            if (_fragmentLeft == 0)
            {
                piece = Fragment(default);
                return true;
            }
        }

        if (input.IsEmpty)
        {
            return false;
        }

        var count = Math.Min(input.Length, _fragmentLeft);
        var bytes = input.Slice(0, count);
        Take(ref input, count);
        _fragmentLeft -= (uint)count;
        _pduLeft -= (uint)count;
        piece = Fragment(bytes);
        return true;
    }

    private void ReadPdvHeader(ref ReadOnlySequence<byte> input)
    {
        if (_pduLeft < PduConstants.PdvHeaderLength)
        {
            throw new DicomProtocolException(
                Position,
                "PS3.8 9.3.5.1",
                $"{_pduLeft} bytes at the end of a P-DATA-TF are no presentation data value"
            );
        }

        Span<byte> bytes = stackalloc byte[PduConstants.PdvHeaderLength];
        input.Slice(0, PduConstants.PdvHeaderLength).CopyTo(bytes);
        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (length < 2 || length > _pduLeft - 4)
        {
            throw new DicomProtocolException(
                Position,
                "PS3.8 9.3.5.1",
                $"a presentation data value claims {length} bytes with {_pduLeft - 4} left in its PDU"
            );
        }

        _contextId = bytes[4];
        // PS3.8 E.2: bits 2 to 7 are not tested.
        _control = (MessageControlHeader)(bytes[5] & 3);
        _fragmentLeft = length - 2;
        _pduLeft -= PduConstants.PdvHeaderLength;
        Take(ref input, PduConstants.PdvHeaderLength);
    }

    private PduPiece Fragment(ReadOnlySequence<byte> bytes)
    {
        var ends = _fragmentLeft == 0;
        _hasHeader = !(ends && _pduLeft == 0);
        return new(PduPieceKind.Fragment, _header, null, bytes, _contextId, _control, ends);
    }

    private void Take(ref ReadOnlySequence<byte> input, long count)
    {
        input = input.Slice(count);
        Position += count;
    }
}
