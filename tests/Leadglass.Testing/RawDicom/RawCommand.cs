using System.Buffers.Binary;
using System.Text;

namespace Leadglass.Testing.RawDicom;

/// <summary>
/// A DIMSE command set (PS3.7 E.1) in implicit little endian, written and read without the project's own code, so that it
/// can serve as an oracle.
/// </summary>
public sealed class RawCommand
{
    public const ushort NoDataSet = 0x0101;
    private readonly SortedDictionary<ushort, byte[]> elements = [];

    public ushort Field
    {
        get => GetUInt16(0x0100) ?? 0;
        set => Set(0x0100, value);
    }

    public bool HasDataSet => GetUInt16(0x0800) is not (null or NoDataSet);

    /// <summary>The status of a response; 0xFFFF, which none has, where it is absent.</summary>
    public ushort Status => GetUInt16(0x0900) ?? 0xFFFF;

    /// <summary>A request: message id, field and whether a data set follows.</summary>
    public static RawCommand Request(ushort field, ushort messageId, string sopClass, bool hasDataSet) =>
        new RawCommand { Field = field }
            .Set(0x0110, messageId)
            .Set(field is 0x0130 ? (ushort)0x0003 : (ushort)0x0002, sopClass)
            .Set(0x0800, hasDataSet ? (ushort)1 : NoDataSet);

    /// <summary>The response to a request, with a status and no data set.</summary>
    public static RawCommand Response(RawCommand request, ushort status)
    {
        var response = new RawCommand { Field = (ushort)(request.Field | 0x8000) }
            .Set(0x0120, request.GetUInt16(0x0110) ?? 0)
            .Set(0x0800, NoDataSet)
            .Set(0x0900, status);
        foreach (var element in (ushort[])[0x0002, 0x1000, 0x1002])
        {
            if (request.elements.TryGetValue(element, out var value))
            {
                response.elements[element] = value;
            }
        }

        return response;
    }

    public static RawCommand Parse(ReadOnlySpan<byte> bytes)
    {
        var command = new RawCommand();
        while (bytes.Length >= 8)
        {
            var element = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
            command.elements[element] = bytes.Slice(8, length).ToArray();
            bytes = bytes[(8 + length)..];
        }

        return command;
    }

    public RawCommand Set(ushort element, ushort value)
    {
        elements[element] = [(byte)value, (byte)(value >> 8)];
        return this;
    }

    public RawCommand Set(ushort element, string text)
    {
        var padding = element is 0x0600 or 0x1030 ? ' ' : '\0';
        elements[element] = Encoding.ASCII.GetBytes(text.Length % 2 == 0 ? text : text + padding);
        return this;
    }

    public ushort? GetUInt16(ushort element) =>
        elements.TryGetValue(element, out var value) && value.Length >= 2
            ? BinaryPrimitives.ReadUInt16LittleEndian(value)
            : null;

    public string? GetString(ushort element) =>
        elements.TryGetValue(element, out var value) ? Encoding.ASCII.GetString(value).TrimEnd('\0', ' ') : null;

    public byte[] ToBytes()
    {
        using var body = new MemoryStream();
        Span<byte> header = stackalloc byte[8];
        foreach (var (element, value) in elements.Where(e => e.Key != 0))
        {
            header.Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], element);
            BinaryPrimitives.WriteInt32LittleEndian(header[4..], value.Length);
            body.Write(header);
            body.Write(value);
        }

        byte[] groupLength = [0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(groupLength.AsSpan(8), (int)body.Length);
        return [.. groupLength, .. body.ToArray()];
    }
}
