using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>Names below which the reverse DNS of addresses lies (RFC 1035 3.5, RFC 3596 2.5).</summary>
internal static class ReverseZone
{
    /// <summary>The zone's name for a network that ends at a label: <c>113.0.203.in-addr.arpa</c>; null for any other.</summary>
    public static string? Of(AddressRange range)
    {
        var size = range.Count;
        if (!UInt128.IsPow2(size) || (range.First & (size - 1)) != 0)
        {
            return null;
        }

        var (bits, labelBits) = range.IsV4 ? (32, 8) : (128, 4);
        var prefix = bits - (int)UInt128.Log2(size);
        return prefix > 0 && prefix % labelBits == 0 ? NameOf(range.First, prefix) : null;
    }

    /// <summary>The name of an address.</summary>
    public static string Of(UInt128 address) => NameOf(address, AddressNumber.IsV4(address) ? 32 : 128);

    private static string NameOf(UInt128 address, int prefix)
    {
        var isV4 = AddressNumber.IsV4(address);
        var (bits, labelBits, zone) = isV4 ? (32, 8, "in-addr.arpa") : (128, 4, "ip6.arpa");
        var mask = (UInt128.One << labelBits) - 1;
        var labels =
            from shift in Enumerable.Range((bits - prefix) / labelBits, prefix / labelBits)
            select ((int)((address >> (shift * labelBits)) & mask)).ToString(
                isV4 ? "d" : "x",
                CultureInfo.InvariantCulture
            );
        return string.Join('.', labels) + "." + zone;
    }
}
