using System.Buffers.Binary;
using System.Text;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>One key of an identifier that a probe sends.</summary>
/// <param name="Tag">The tag, group in the upper half.</param>
/// <param name="Vr">Two letters; a representation with a length of two bytes.</param>
/// <param name="Value">The value; empty asks for the attribute.</param>
internal readonly record struct QueryKey(uint Tag, string Vr, string Value);

/// <summary>The few messages that a probe sends, written as P-DATA-TF PDUs (PS3.7 9.3, PS3.8 9.3.5).</summary>
internal static class ProbeMessages
{
    /// <summary>The longest of them with all its headers; a server that takes shorter PDUs cannot be asked.</summary>
    public const int LengthMax = 512;

    private const int PDataHeaderLength = 12;
    private const byte LastCommand = 3;
    private const byte LastDataSet = 2;
    private const ushort NoDataSet = 0x0101;
    private const ushort WithDataSet = 0x0001;

    /// <summary>C-ECHO-RQ, C-FIND-RQ or C-GET-RQ with its identifier where it has one.</summary>
    public static byte[] Request(
        CommandField field,
        ushort messageId,
        ProbeContext context,
        IReadOnlyList<QueryKey>? identifier
    )
    {
        var writer = new Writer();
        var command = writer.BeginPdu(context.Id, LastCommand);
        var group = writer.BeginGroup();
        writer.Text(0x0000_0002, "UI", context.SopClassUid, isExplicit: false);
        writer.Number(0x0000_0100, (ushort)field);
        writer.Number(0x0000_0110, messageId);
        if (identifier is not null)
        {
            writer.Number(0x0000_0700, (ushort)DimsePriority.Low);
        }

        writer.Number(0x0000_0800, identifier is null ? NoDataSet : WithDataSet);
        writer.EndGroup(group);
        writer.EndPdu(command);
        if (identifier is not null)
        {
            var data = writer.BeginPdu(context.Id, LastDataSet);
            foreach (var key in identifier)
            {
                writer.Text(key.Tag, key.Vr, key.Value, context.IsExplicit);
            }

            writer.EndPdu(data);
        }

        return writer.ToArray();
    }

    /// <summary>C-CANCEL-RQ (PS3.7 9.3.2.3).</summary>
    public static byte[] Cancel(ushort messageId, ProbeContext context)
    {
        var writer = new Writer();
        var command = writer.BeginPdu(context.Id, LastCommand);
        var group = writer.BeginGroup();
        writer.Number(0x0000_0100, (ushort)CommandField.CCancelRequest);
        writer.Number(0x0000_0120, messageId);
        writer.Number(0x0000_0800, NoDataSet);
        writer.EndGroup(group);
        writer.EndPdu(command);
        return writer.ToArray();
    }

    private ref struct Writer()
    {
        private readonly byte[] _bytes = new byte[2 * LengthMax];
        private int _length;

        public readonly byte[] ToArray() => _bytes.AsSpan(0, _length).ToArray();

        public int BeginPdu(byte contextId, byte control)
        {
            var start = _length;
            _bytes[start] = (byte)PduType.PDataTf;
            _bytes[start + 10] = contextId;
            _bytes[start + 11] = control;
            _length += PDataHeaderLength;
            return start;
        }

        public readonly void EndPdu(int start)
        {
            // PS3.8 9.3.5: the length of the PDU leaves out its first six bytes, that of the value its own four.
            BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(start + 2), (uint)(_length - start - 6));
            BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(start + 6), (uint)(_length - start - 10));
        }

        public int BeginGroup()
        {
            var start = _length;
            _length += 12;
            return start;
        }

        public readonly void EndGroup(int start)
        {
            var element = _bytes.AsSpan(start);
            BinaryPrimitives.WriteUInt32LittleEndian(element[4..], 4);
            BinaryPrimitives.WriteUInt32LittleEndian(element[8..], (uint)(_length - start - 12));
        }

        public void Number(uint tag, ushort value)
        {
            Tag(tag);
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length), 2);
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length + 4), value);
            _length += 6;
        }

        public void Text(uint tag, string vr, string value, bool isExplicit)
        {
            var length = value.Length + (value.Length & 1);
            Tag(tag);
            if (isExplicit)
            {
                Encoding.ASCII.GetBytes(vr, _bytes.AsSpan(_length));
                BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length + 2), (ushort)length);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length), (uint)length);
            }

            _length += 4;
            Encoding.ASCII.GetBytes(value, _bytes.AsSpan(_length));
            if (length > value.Length)
            {
                _bytes[_length + value.Length] = vr == "UI" ? (byte)0 : (byte)' ';
            }

            _length += length;
        }

        private void Tag(uint tag)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length), (ushort)(tag >> 16));
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length + 2), (ushort)tag);
            _length += 4;
        }
    }
}
