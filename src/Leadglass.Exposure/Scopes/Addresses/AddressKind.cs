namespace Leadglass.Exposure;

/// <summary>What rules an address is under.</summary>
internal enum AddressKind
{
    /// <summary>Loopback, private, link-local, unique local, benchmarking: not routed on the Internet. May be listed whole.</summary>
    Local,

    /// <summary>Everything else, documentation addresses and a provider's shared ones too.</summary>
    Public,

    /// <summary>Never probed: unspecified, multicast, broadcast, reserved, or a way to another address than the one that was checked.</summary>
    Never,
}

/// <summary>The kinds of addresses (IANA special-purpose registries, RFC 6890 and those it lists).</summary>
internal static class AddressKinds
{
    private static readonly (AddressRange Range, string Why)[] Never =
    [
        (Range("0.0.0.0/8"), "'this network', no host"),
        (Range("224.0.0.0/4"), "multicast"),
        (Range("240.0.0.0/4"), "reserved, or broadcast"),
        // ::1 is the one address of this block that is a host.
        (Range("::"), "unspecified"),
        (Range("::2-::ffff:ffff"), "a form of IPv4 that nobody routes"),
        (Range("64:ff9b::/96"), "translated to IPv4 addresses that the scope would not have seen"),
        (Range("64:ff9b:1::/48"), "translated to IPv4 addresses that the scope would not have seen"),
        (Range("100::/64"), "discarded on the way"),
        (Range("2001::/32"), "a tunnel to IPv4 addresses that the scope would not have seen"),
        (Range("2002::/16"), "a tunnel to IPv4 addresses that the scope would not have seen"),
        (Range("ff00::/8"), "multicast"),
    ];

    /// <summary>Networks that may be listed whole.</summary>
    public static AddressSet Local { get; } =
        AddressSet.Of([
            Range("10.0.0.0/8"),
            Range("127.0.0.0/8"),
            Range("169.254.0.0/16"),
            Range("172.16.0.0/12"),
            Range("192.168.0.0/16"),
            Range("198.18.0.0/15"),
            Range("::1"),
            Range("fc00::/7"),
            Range("fe80::/10"),
            Range("fec0::/10"),
        ]);

    private static AddressSet NeverSet { get; } = AddressSet.Of(Never.Select(never => never.Range));

    public static AddressKind Of(UInt128 number) =>
        NeverSet.Contains(number) ? AddressKind.Never
        : Local.Contains(number) ? AddressKind.Local
        : AddressKind.Public;

    /// <summary>Why a range cannot be listed, or null.</summary>
    public static string? WhyNever(AddressRange range)
    {
        foreach (var (never, why) in Never)
        {
            if (never.Overlaps(range))
            {
                return $"{(never.Holds(range) ? range : never)} is never probed: {why}";
            }
        }

        return null;
    }

    private static AddressRange Range(string text) =>
        AddressRange.TryParse(text, out var range, out var mistake)
            ? range
            : throw new InvalidOperationException(mistake);
}
