using System.Buffers.Binary;
using System.Text;

namespace Leadglass.Dicom.Network;

/// <summary>Reads the fields of a PDU that lies whole in memory; every length is checked against what is left.</summary>
internal ref struct PduCursor(ReadOnlySpan<byte> body, long start)
{
    private readonly ReadOnlySpan<byte> _bytes = body;
    private readonly long _start = start;
    private int _offset;

    public readonly long Position => _start + _offset;

    public readonly int Remaining => _bytes.Length - _offset;

    public byte ReadByte(string clause) => Take(1, clause)[0];

    public ushort ReadUInt16(string clause) => BinaryPrimitives.ReadUInt16BigEndian(Take(2, clause));

    public uint ReadUInt32(string clause) => BinaryPrimitives.ReadUInt32BigEndian(Take(4, clause));

    public void Skip(int count, string clause) => Take(count, clause);

    public ReadOnlySpan<byte> Take(int count, string clause)
    {
        if (count > Remaining)
        {
            throw Fail(clause, $"a field of {count} bytes where {Remaining} are left");
        }

        var taken = _bytes.Slice(_offset, count);
        _offset += count;
        return taken;
    }

    /// <summary>A cursor over the next bytes, which the outer one leaves behind.</summary>
    public PduCursor Slice(int count, string clause)
    {
        var position = Position;
        return new PduCursor(Take(count, clause), position);
    }

    /// <summary>AE titles are padded with spaces, which do not count (PS3.8 9.3.2).</summary>
    public string ReadAeTitle(string clause) => ReadText(PduConstants.AeTitleLength, clause).Trim(' ');

    /// <summary>A UID; a trailing NUL or space, as some peers pad, is tolerated.</summary>
    public string ReadUid(int length, string clause)
    {
        var position = Position;
        var bytes = Take(length, clause).TrimEnd("\0 "u8);
        if (bytes.Length > PduConstants.UidLengthMax)
        {
            throw new DicomProtocolException(
                position,
                clause,
                $"a UID of {bytes.Length} bytes where {PduConstants.UidLengthMax} are allowed"
            );
        }

        return Text(bytes);
    }

    public string ReadText(int length, string clause) => Text(Take(length, clause));

    public readonly DicomProtocolException Fail(string clause, string message) => new(Position, clause, message);

    /// <summary>Bytes outside the graphic characters become U+FFFD, which no name or UID contains.</summary>
    private static string Text(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E)
            ? string.Create(bytes.Length, bytes, FillReplaced)
            : Encoding.ASCII.GetString(bytes);

    private static void FillReplaced(Span<char> text, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            text[i] = bytes[i] is >= 0x20 and <= 0x7E ? (char)bytes[i] : '�';
        }
    }
}
