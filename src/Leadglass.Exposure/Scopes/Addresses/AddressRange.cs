using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Leadglass.Exposure;

/// <summary>Consecutive addresses of one family: a network, a single address, or first to last.</summary>
public readonly record struct AddressRange
{
    private const int TextCharsMax = 100;

    internal AddressRange(UInt128 first, UInt128 last) => (First, Last) = (first, last);

    /// <summary>The first address.</summary>
    public IPAddress FirstAddress => AddressNumber.ToAddress(First);

    /// <summary>The last address, included.</summary>
    public IPAddress LastAddress => AddressNumber.ToAddress(Last);

    internal UInt128 First { get; }

    internal UInt128 Last { get; }

    /// <summary>How many addresses; every address there is of IPv6 is more than can be told and is refused when read.</summary>
    internal UInt128 Count => Last - First + 1;

    internal bool IsV4 => AddressNumber.IsV4(First);

    /// <summary>Whether the address lies within. A mapped address lies nowhere.</summary>
    public bool Contains(IPAddress address) =>
        AddressNumber.TryOf(address, out var number) && number >= First && number <= Last;

    /// <summary>
    /// Reads <c>10.0.0.0/8</c>, <c>10.0.0.7</c>, <c>10.0.0.7-10.0.0.9</c> or the same of IPv6. Strict: dotted decimal without leading zeros,
    /// no host bits behind a prefix, no zones, no mapped addresses.
    /// </summary>
    /// <param name="mistake">What is wrong and what to write instead; null when it was read.</param>
    public static bool TryParse(string text, out AddressRange range, out string? mistake)
    {
        range = default;
        if (text.Length > TextCharsMax)
        {
            mistake = "this is too long for an address, a network or a range";
            return false;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        mistake =
            slash >= 0 ? ParseNetwork(text, slash, ref range)
            : dash >= 0 ? ParseSpan(text, dash, ref range)
            : ParseSingle(text, ref range);
        return mistake is null;
    }

    /// <summary>The range as a person writes it: as a network where it is one.</summary>
    public override string ToString()
    {
        if (First == Last)
        {
            return FirstAddress.ToString();
        }

        var size = Count;
        return UInt128.IsPow2(size) && (First & (size - 1)) == 0
            ? $"{FirstAddress}/{(IsV4 ? 32 : 128) - (int)UInt128.Log2(size)}"
            : $"{FirstAddress}-{LastAddress}";
    }

    internal bool Overlaps(AddressRange other) => First <= other.Last && other.First <= Last;

    internal bool Holds(AddressRange other) => First <= other.First && other.Last <= Last;

    private static string? ParseNetwork(string text, int slash, ref AddressRange range)
    {
        if (ParseAddress(text[..slash], out var number) is { } mistake)
        {
            return mistake;
        }

        var isV4 = AddressNumber.IsV4(number);
        var bits = isV4 ? 32 : 128;
        if (
            !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)
            || prefix > bits
            || (text.Length - slash > 2 && text[slash + 1] == '0')
        )
        {
            return $"'{text}': the prefix length is a number from 0 to {bits}, such as /{(isV4 ? 24 : 120)}";
        }

        if (prefix == 0)
        {
            return $"'{text}' is every address there is; list the networks that you may check";
        }

        var hostBits = (UInt128.One << (bits - prefix)) - 1;
        if ((number & hostBits) != 0)
        {
            return $"'{text}' has bits set behind its prefix; write {AddressNumber.ToAddress(number & ~hostBits)}/{prefix} for the network or "
                + $"{AddressNumber.ToAddress(number)} for the one address";
        }

        range = new AddressRange(number, number | hostBits);
        return Checked(text, range);
    }

    private static string? ParseSpan(string text, int dash, ref AddressRange range)
    {
        if (
            ParseAddress(text[..dash].Trim(), out var first) is { } mistake
            || (mistake = ParseAddress(text[(dash + 1)..].Trim(), out var last)) is not null
        )
        {
            return mistake;
        }

        if (AddressNumber.IsV4(first) != AddressNumber.IsV4(last))
        {
            return $"'{text}' begins in one address family and ends in the other";
        }

        if (last < first)
        {
            return $"'{text}' ends before it begins; write the lower address first";
        }

        range = new AddressRange(first, last);
        return Checked(text, range);
    }

    private static string? ParseSingle(string text, ref AddressRange range)
    {
        if (ParseAddress(text, out var number) is { } mistake)
        {
            return mistake;
        }

        range = new AddressRange(number, number);
        return null;
    }

    // A range of IPv6 around the mapped block would hold all of IPv4.
    private static string? Checked(string text, AddressRange range) =>
        !range.IsV4 && range.First <= AddressNumber.LastV4 && range.Last >= AddressNumber.FirstV4
            ? $"'{text}' holds the block of mapped IPv4 addresses; list IPv4 networks as such"
            : null;

    private static string? ParseAddress(string text, out UInt128 number)
    {
        number = 0;
        if (text.Contains('%', StringComparison.Ordinal))
        {
            return $"'{text}' names an interface; write the address without it";
        }

        if (!IPAddress.TryParse(text, out var address) || text.Contains('[', StringComparison.Ordinal))
        {
            return $"'{text}' is no address; write 10.20.0.0/16, 10.20.0.7, 10.20.0.7-10.20.0.9 or the same of IPv6";
        }

        if (
            address.AddressFamily == AddressFamily.InterNetwork
            && !string.Equals(address.ToString(), text, StringComparison.Ordinal)
        )
        {
            // inet_aton reads 10.1, 010.0.0.1 and 0x0a000001, each as something that a reader may not expect.
            return $"'{text}' is read as {address} by some and not by others; write four decimal numbers without leading zeros";
        }

        return AddressNumber.TryOf(address, out number)
            ? null
            : $"'{text}' is an IPv4 address in the clothes of IPv6; write {address.MapToIPv4()}";
    }
}
