using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>Names a data key: 128 random bits that say nothing about what the key seals.</summary>
public readonly record struct KeyId(UInt128 Value)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 16;

    /// <summary>A new random id.</summary>
    public static KeyId Create() => new(RandomBits.Create());

    /// <summary>Reads the id from 16 bytes, most significant first.</summary>
    public static KeyId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>Writes the id as 16 bytes, most significant first.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <summary>The 32 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32");
}

/// <summary>Names a sealed record: 128 random bits.</summary>
public readonly record struct RecordId(UInt128 Value)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 16;

    /// <summary>A new random id.</summary>
    public static RecordId Create() => new(RandomBits.Create());

    /// <summary>Reads the id from 16 bytes, most significant first.</summary>
    public static RecordId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>Writes the id as 16 bytes, most significant first.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <summary>The 32 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32");
}

/// <summary>
/// A keyed token of 16 bytes: stands for a value in look-ups without giving it away. Only who has the master key can
/// compute it or test a guess.
/// </summary>
public readonly record struct Token(UInt128 Value)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads the token from 16 bytes, most significant first.</summary>
    public static Token Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>Writes the token as 16 bytes, most significant first.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <summary>The token as 16 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>The 32 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32");
}

internal static class RandomBits
{
    public static UInt128 Create()
    {
        Span<byte> bits = stackalloc byte[16];
        RandomNumberGenerator.Fill(bits);
        return BinaryPrimitives.ReadUInt128BigEndian(bits);
    }
}
