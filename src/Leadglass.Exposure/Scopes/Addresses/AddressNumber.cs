using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Leadglass.Exposure;

/// <summary>
/// Addresses of both families as numbers in one order. An IPv4 address has the number of its mapped form (<c>::ffff:0:0/96</c>); since
/// mapped addresses are refused wherever they come from, no two addresses share a number.
/// </summary>
internal static class AddressNumber
{
    /// <summary>The number of 0.0.0.0.</summary>
    public static UInt128 FirstV4 { get; } = new(0, 0xffff_0000_0000);

    /// <summary>The number of 255.255.255.255.</summary>
    public static UInt128 LastV4 { get; } = new(0, 0xffff_ffff_ffff);

    /// <summary>The number, without allocating; false for a mapped address.</summary>
    public static bool TryOf(IPAddress address, out UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var length))
        {
            number = 0;
            return false;
        }

        if (length == 4)
        {
            number = FirstV4 + BinaryPrimitives.ReadUInt32BigEndian(bytes);
            return true;
        }

        number = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return !IsV4(number);
    }

    public static bool IsV4(UInt128 number) => number >= FirstV4 && number <= LastV4;

    public static IPAddress ToAddress(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(IsV4(number) ? bytes[12..] : bytes);
    }

    public static AddressFamily FamilyOf(UInt128 number) =>
        IsV4(number) ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
}
