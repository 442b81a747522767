using System.Buffers.Binary;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>
/// What a probe reads of a command set (PS3.7 6.3.1): numbers only. Texts such as Error Comment may hold anything and are
/// passed over undecoded.
/// </summary>
/// <param name="Field">Command Field (0000,0100).</param>
/// <param name="RespondsTo">Message ID Being Responded To (0000,0120).</param>
/// <param name="HasDataSet">Command Data Set Type (0000,0800) is not 0101H.</param>
/// <param name="Status">Status (0000,0900); null when there is none.</param>
internal readonly record struct CommandHead(CommandField Field, ushort? RespondsTo, bool HasDataSet, ushort? Status)
{
    private const int ElementHeaderLength = 8;
    private const ushort NoDataSet = 0x0101;

    /// <summary>Reads a whole command set, Implicit VR Little Endian; false when it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out CommandHead head)
    {
        head = default;
        ushort? field = null;
        ushort? respondsTo = null;
        ushort? status = null;
        var dataSetType = NoDataSet;
        while (bytes.Length > 0)
        {
            if (bytes.Length < ElementHeaderLength)
            {
                return false;
            }

            var group = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            var element = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            if (group != 0 || length > bytes.Length - ElementHeaderLength)
            {
                return false;
            }

            var value = bytes.Slice(ElementHeaderLength, (int)length);
            bytes = bytes[(ElementHeaderLength + (int)length)..];
            if (element is not (0x0100 or 0x0120 or 0x0800 or 0x0900))
            {
                continue;
            }

            if (value.Length != 2)
            {
                return false;
            }

            var number = BinaryPrimitives.ReadUInt16LittleEndian(value);
            switch (element)
            {
                case 0x0100:
                    field = number;
                    break;
                case 0x0120:
                    respondsTo = number;
                    break;
                case 0x0800:
                    dataSetType = number;
                    break;
                default:
                    status = number;
                    break;
            }
        }

        if (field is not { } known)
        {
            return false;
        }

        head = new CommandHead((CommandField)known, respondsTo, dataSetType != NoDataSet, status);
        return true;
    }
}
