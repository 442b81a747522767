using System.Net;
using CsCheck;

namespace Leadglass.Exposure.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("10.20.0.0/16", "10.20.0.0", "10.20.255.255", "10.20.0.0/16")]
    [InlineData("10.20.0.7", "10.20.0.7", "10.20.0.7", "10.20.0.7")]
    [InlineData("10.20.0.7/32", "10.20.0.7", "10.20.0.7", "10.20.0.7")]
    [InlineData("10.20.0.7 - 10.20.1.9", "10.20.0.7", "10.20.1.9", "10.20.0.7-10.20.1.9")]
    [InlineData("10.0.0.0-10.0.0.255", "10.0.0.0", "10.0.0.255", "10.0.0.0/24")]
    [InlineData("FD00::/120", "fd00::", "fd00::ff", "fd00::/120")]
    [InlineData("::1", "::1", "::1", "::1")]
    public void Addresses_networks_and_ranges_are_read(string text, string first, string last, string shown)
    {
        Assert.True(AddressRange.TryParse(text, out var range, out var mistake), mistake);
        Assert.Equal(IPAddress.Parse(first), range.FirstAddress);
        Assert.Equal(IPAddress.Parse(last), range.LastAddress);
        Assert.Equal(shown, range.ToString());
    }

    [Theory]
    [InlineData("10.20.0.7/16", "write 10.20.0.0/16 for the network or 10.20.0.7 for the one address")]
    [InlineData("10.20.0.0/33", "the prefix length is a number from 0 to 32")]
    [InlineData("10.20.0.0/016", "the prefix length")]
    [InlineData("10.20.0.0/", "the prefix length")]
    [InlineData("0.0.0.0/0", "every address there is")]
    [InlineData("10.20", "four decimal numbers")]
    [InlineData("010.0.0.1", "four decimal numbers")]
    [InlineData("0x0a.0.0.1", "four decimal numbers")]
    [InlineData("167772161", "four decimal numbers")]
    [InlineData("10.0.0.256", "is no address")]
    [InlineData("10.0.0.9-10.0.0.1", "ends before it begins")]
    [InlineData("10.0.0.1-fd00::1", "one address family")]
    [InlineData("::ffff:10.0.0.1", "write 10.0.0.1")]
    [InlineData("::fffe:0:0-::1:0:0:0", "block of mapped IPv4 addresses")]
    [InlineData("fe80::1%eth0", "names an interface")]
    [InlineData("[fd00::1]", "is no address")]
    [InlineData("10.0.0.1:104", "is no address")]
    [InlineData("hospital.example", "is no address")]
    [InlineData("", "is no address")]
    public void What_could_be_read_in_two_ways_is_a_mistake(string text, string said)
    {
        Assert.False(AddressRange.TryParse(text, out _, out var mistake));
        Assert.Contains(said, mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("104", "104")]
    [InlineData("104, 11112,8000-8002,8001", "104,8000-8002,11112")]
    [InlineData("1-65535", "1-65535")]
    public void Ports_are_read_as_a_set(string text, string shown)
    {
        Assert.True(PortSet.TryParse(text, out var ports, out var mistake), mistake);
        Assert.Equal(shown, ports.ToString());
        Assert.All(ports.Ports, port => Assert.True(ports.Contains(port)));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("80-")]
    [InlineData("90-80")]
    [InlineData("80,,81")]
    [InlineData("80-81-82")]
    [InlineData("+80")]
    [InlineData("http")]
    [InlineData("")]
    public void What_is_no_port_is_a_mistake(string text)
    {
        Assert.False(PortSet.TryParse(text, out _, out var mistake));
        Assert.Contains("is no port", mistake, StringComparison.Ordinal);
    }

    /// <summary>Sets and nested tables beside a plain search through all ranges.</summary>
    [Fact]
    public void Sets_and_tables_answer_as_a_plain_search_does() =>
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, 6])
            .Array[1, 12]
            .Sample(drawn =>
            {
                var ranges = drawn.Select(pair => Network(pair.Item1, pair.Item2)).Distinct().ToArray();
                var set = AddressSet.Of(ranges);
                var table = new AddressTable<object>(ranges.Select(range => (range, (object)range)));
                var members = new List<UInt128>();
                for (var number = Base; number < Base + 300; number++)
                {
                    var around = ranges.Where(range => range.First <= number && number <= range.Last).ToArray();
                    Assert.Equal(around.Length > 0, set.Contains(number));
                    Assert.Equal(around.Length > 0, table.TryFind(number, out var value));
                    if (around.Length > 0)
                    {
                        Assert.Equal(around.MinBy(range => range.Count), (AddressRange)value!);
                        members.Add(number);
                    }
                }

                Assert.Equal(members.Count, set.Count);
                Assert.Equal(
                    members.Select(AddressNumber.ToAddress),
                    Enumerable.Range(0, members.Count).Select(index => set.At(index))
                );
            });

    [Fact]
    public void What_cannot_be_walked_is_left_to_names_and_imports()
    {
        var scope = TestScopes.Of("fd00::/8, fd00::/120, 10.0.0.0/8, ::1", "104");
        Assert.Equal("fd00::/8", Assert.Single(scope.NetworksNotWalked).Addresses.ToString());
        Assert.Equal((1L << 24) + 256 + 1, scope.Targets.Count);
        Assert.Equal(IPAddress.IPv6Loopback, scope.Targets.At(0));
        Assert.Equal(IPAddress.Parse("10.0.0.0"), scope.Targets.At(1));
        Assert.Equal(IPAddress.Parse("fd00::ff"), scope.Targets.At(scope.Targets.Count - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => scope.Targets.At(scope.Targets.Count));
    }

    private static UInt128 Base => AddressNumber.FirstV4 + 0x0a00_0000;

    // Networks nest or are apart, as the reader holds them.
    private static AddressRange Network(int at, int bits)
    {
        var first = Base + (UInt128)((at >> bits) << bits);
        return new AddressRange(first, first + (UInt128.One << bits) - 1);
    }
}
