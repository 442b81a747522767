using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Leadglass.Exposure;

/// <summary>The network that shares a rate: the /24 of an IPv4 address, the /64 of an IPv6 one.</summary>
/// <param name="Bits">The network's bits; for IPv4 the upper 24 of 32.</param>
/// <param name="IsIPv6">Which of the two.</param>
internal readonly record struct NetworkOf(ulong Bits, bool IsIPv6)
{
    public static NetworkOf Address(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new(BinaryPrimitives.ReadUInt64BigEndian(bytes), IsIPv6: true)
            : new(BinaryPrimitives.ReadUInt32BigEndian(bytes) >> 8, IsIPv6: false);
    }
}
