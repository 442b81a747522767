using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Leadglass.Exposure;

/// <summary>One part of an audit that several machines share.</summary>
/// <param name="Number">Which, from 1.</param>
/// <param name="Of">Of how many, 1 to 1,024.</param>
public readonly record struct Shard(int Number, int Of)
{
    private const int OfMax = 1_024;

    /// <summary>All of it.</summary>
    public static Shard Whole { get; } = new(1, 1);

    /// <summary>Reads <c>2/4</c>.</summary>
    public static bool TryParse(string text, out Shard shard)
    {
        shard = Whole;
        var parts = text.Split('/');
        if (
            parts.Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var of)
            || of is < 1 or > OfMax
            || number < 1
            || number > of
        )
        {
            return false;
        }
        shard = new Shard(number, of);
        return true;
    }

    /// <summary>Whether an address that was not reached by walking is this shard's.</summary>
    internal bool Holds(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], digest);
        return BinaryPrimitives.ReadUInt32BigEndian(digest) % (uint)Of == (uint)Number - 1;
    }

    /// <summary>As it is written on the command line.</summary>
    public override string ToString() => $"{Number}/{Of}";
}
