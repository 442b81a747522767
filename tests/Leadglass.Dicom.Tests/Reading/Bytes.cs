using System.Buffers.Binary;

namespace Leadglass.Dicom.Tests.Reading;

/// <summary>Writes data sets byte by byte, so that a test shows what stands on the wire.</summary>
internal sealed class Bytes
{
    public const uint Undefined = 0xFFFFFFFF;

    private readonly MemoryStream _stream = new();

    public byte[] ToArray() => _stream.ToArray();

    public Bytes Short(ushort group, ushort element, string vr, ushort length, params byte[] value) =>
        Tag(group, element).Raw([(byte)vr[0], (byte)vr[1], (byte)length, (byte)(length >> 8), .. value]);

    public Bytes Long(ushort group, ushort element, string vr, uint length, params byte[] value) =>
        Tag(group, element).Raw((byte)vr[0], (byte)vr[1], 0, 0).Length(length).Raw(value);

    public Bytes Implicit(ushort group, ushort element, uint length, params byte[] value) =>
        Tag(group, element).Length(length).Raw(value);

    public Bytes Item(uint length) => Tag(0xFFFE, 0xE000).Length(length);

    public Bytes EndOfItem() => Tag(0xFFFE, 0xE00D).Length(0);

    public Bytes EndOfSequence() => Tag(0xFFFE, 0xE0DD).Length(0);

    public Bytes Raw(params byte[] bytes)
    {
        _stream.Write(bytes);
        return this;
    }

    private Bytes Tag(ushort group, ushort element) =>
        Raw((byte)group, (byte)(group >> 8), (byte)element, (byte)(element >> 8));

    private Bytes Length(uint length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, length);
        return Raw(bytes);
    }
}
