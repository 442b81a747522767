using System.Buffers.Binary;
using System.Text;

namespace Leadglass.Testing.RawDicom;

/// <summary>Protocol data units of PS3.8 9.3 as bytes, for peers that behave and for those that do not.</summary>
public static class RawPdu
{
    public const byte AssociateRequest = 1;
    public const byte AssociateAccept = 2;
    public const byte AssociateReject = 3;
    public const byte Data = 4;
    public const byte ReleaseRequest = 5;
    public const byte ReleaseResponse = 6;
    public const byte Abort = 7;
    private const int LengthMax = 1 << 24;

    /// <summary>The six bytes before every PDU; the length may lie.</summary>
    public static byte[] Header(byte type, uint length)
    {
        var header = new byte[6];
        header[0] = type;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(2), length);
        return header;
    }

    public static byte[] Of(byte type, params ReadOnlySpan<byte> body) => [.. Header(type, (uint)body.Length), .. body];

    /// <summary>An item with two bytes of length (PS3.8 9.3.2).</summary>
    public static byte[] Item(byte type, params ReadOnlySpan<byte> body) =>
        [type, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];

    public static byte[] Item(byte type, string text) => Item(type, Encoding.ASCII.GetBytes(text));

    /// <summary>A whole A-ASSOCIATE-RQ; context ids are 1, 3, 5...</summary>
    public static byte[] Associate(
        string callingAeTitle,
        string calledAeTitle,
        IReadOnlyList<RawContext> contexts,
        uint pduLengthBytesMax
    )
    {
        List<byte> body = [.. AssociateStart(calledAeTitle, callingAeTitle)];
        for (var i = 0; i < contexts.Count; i++)
        {
            List<byte> context = [(byte)(2 * i + 1), 0, 0, 0, .. Item(0x30, contexts[i].AbstractSyntax)];
            foreach (var syntax in contexts[i].TransferSyntaxes)
            {
                context.AddRange(Item(0x40, syntax));
            }

            body.AddRange(Item(0x20, [.. context]));
        }

        List<byte> user = [.. UserInformation(pduLengthBytesMax)];
        foreach (var sopClass in contexts.Where(c => c.IsProviderRoleProposed).Select(c => c.AbstractSyntax).Distinct())
        {
            user.AddRange(Item(0x54, [0, (byte)sopClass.Length, .. Encoding.ASCII.GetBytes(sopClass), 0, 1]));
        }

        body.AddRange(Item(0x50, [.. user]));
        return Of(AssociateRequest, [.. body]);
    }

    /// <summary>A whole A-ASSOCIATE-AC for contexts with their answers.</summary>
    /// <param name="roles">SCP/SCU role selection items, answered as they were proposed</param>
    public static byte[] Accept(
        string callingAeTitle,
        string calledAeTitle,
        IReadOnlyList<RawContextAnswer> answers,
        IEnumerable<byte[]> roles
    )
    {
        List<byte> body = [.. AssociateStart(calledAeTitle, callingAeTitle)];
        foreach (var answer in answers)
        {
            body.AddRange(Item(0x21, [answer.Id, 0, answer.Result, 0, .. Item(0x40, answer.TransferSyntax)]));
        }

        body.AddRange(Item(0x50, [.. UserInformation(1 << 17), .. roles.SelectMany(role => Item(0x54, role))]));
        return Of(AssociateAccept, [.. body]);
    }

    /// <summary>A P-DATA-TF with one presentation data value (PS3.8 9.3.5, annex E.2).</summary>
    public static byte[] DataValue(byte contextId, bool isCommand, bool isLast, ReadOnlySpan<byte> fragment)
    {
        var pdu = new byte[12 + fragment.Length];
        Header(Data, (uint)fragment.Length + 6).CopyTo(pdu, 0);
        BinaryPrimitives.WriteUInt32BigEndian(pdu.AsSpan(6), (uint)fragment.Length + 2);
        pdu[10] = contextId;
        pdu[11] = (byte)((isCommand ? 1 : 0) | (isLast ? 2 : 0));
        fragment.CopyTo(pdu.AsSpan(12));
        return pdu;
    }

    /// <summary>Reads one PDU; null where the peer closed the connection between two.</summary>
    public static async Task<(byte Type, byte[] Body)?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[6];
        var got = await stream.ReadAtLeastAsync(header, 6, throwOnEndOfStream: false, cancellationToken);
        if (got < 6)
        {
            return got == 0 ? null : throw new RawAbortedException("the connection closed inside a PDU header");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(2));
        if (length > LengthMax)
        {
            throw new InvalidDataException($"the peer claims a PDU of {length} bytes");
        }

        var body = new byte[length];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return (header[0], body);
    }

    /// <summary>The items that follow each other in a span of bytes.</summary>
    public static IEnumerable<(byte Type, ReadOnlyMemory<byte> Body)> Items(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes.Span[2..]);
            yield return (bytes.Span[0], bytes.Slice(4, length));
            bytes = bytes[(4 + length)..];
        }
    }

    private static byte[] AssociateStart(string calledAeTitle, string callingAeTitle) =>
        [
            0,
            1,
            0,
            0,
            .. Encoding.ASCII.GetBytes(calledAeTitle.PadRight(16)),
            .. Encoding.ASCII.GetBytes(callingAeTitle.PadRight(16)),
            .. new byte[32],
            .. Item(0x10, "1.2.840.10008.3.1.1.1"),
        ];

    private static byte[] UserInformation(uint pduLengthBytesMax)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, pduLengthBytesMax);
        return
        [
            .. Item(0x51, length),
            .. Item(0x52, "2.25.302043790172249692526321623266752743501"),
            .. Item(0x55, "RAWPEER"),
        ];
    }
}
