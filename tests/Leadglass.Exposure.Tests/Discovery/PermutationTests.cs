using System.Buffers.Binary;
using System.Net;
using CsCheck;

namespace Leadglass.Exposure.Tests.Discovery;

/// <summary>The order of targets: each once, in any size, and never long in one network.</summary>
public sealed class PermutationTests
{
    private static readonly Gen<byte[]> Seeds = Gen.Byte.Array[Permutation.SeedBytes];

    [Fact]
    public void EveryPlaceIsTakenOnce() =>
        Gen.Select(Gen.ULong[1, 5_000], Seeds)
            .Sample(
                (size, seed) =>
                {
                    var order = new Permutation(size, seed, 1);
                    var seen = new bool[size];
                    for (var i = 0UL; i < size; i++)
                    {
                        var at = order.At(i);
                        Assert.False(seen[at]);
                        seen[at] = true;
                    }
                },
                iter: 200
            );

    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    [InlineData(1UL << 32)]
    [InlineData((1UL << 48) - 1)]
    [InlineData(Permutation.SizeMax)]
    public void LargeSizesStayWithin(ulong size) =>
        Gen.Select(Gen.ULong[0, size - 1], Seeds)
            .Sample((place, seed) => Assert.True(new Permutation(size, seed, 1).At(place) < size), iter: 500);

    [Fact]
    public void NoNetworkIsVisitedLongOnEnd()
    {
        // A /16 with four ports: chance alone makes the same /24 follow itself once in 256 steps.
        var space = new ScanSpace(Addresses.Of("10.1.0.0", 65_536), [104, 11112, 80, 443], Shard.Whole, new byte[32]);
        var (run, longest) = (1, 1);
        var networks = new int[256];
        var before = -1;
        for (var step = 0L; step < 40_000; step++)
        {
            var network = space.At(step).Address.GetAddressBytes()[2];
            run = network == before ? run + 1 : 1;
            longest = Math.Max(longest, run);
            before = network;
            networks[network]++;
        }
        Assert.InRange(longest, 1, 5);
        // 156 expected in each; six deviations either way.
        Assert.InRange(networks.Min(), 80, 156);
        Assert.InRange(networks.Max(), 157, 232);
    }

    [Fact]
    public void ShardsShareNoHostAndMissNone() =>
        Gen.Select(Gen.Int[1, 700], Gen.Int[1, 9], Gen.Int[1, 12], Seeds)
            .Sample(
                (hosts, ports, shards, seed) =>
                {
                    var pairs = new HashSet<(IPAddress, int)>();
                    var owner = new Dictionary<IPAddress, int>();
                    for (var number = 1; number <= shards; number++)
                    {
                        var space = new ScanSpace(
                            Addresses.Of("10.9.0.0", hosts),
                            [.. Enumerable.Range(1, ports)],
                            new Shard(number, shards),
                            seed
                        );
                        for (var step = 0L; step < space.Steps; step++)
                        {
                            var at = space.At(step);
                            Assert.True(pairs.Add((at.Address, at.Port)));
                            Assert.True(owner.TryAdd(at.Address, number) || owner[at.Address] == number);
                        }
                    }
                    Assert.Equal(hosts * ports, pairs.Count);
                },
                iter: 100
            );

    [Fact]
    public void APositionIsWhereEverythingBeforeIsFinished() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[0, 1_000_000])
            .Sample(
                (count, seed) =>
                {
                    var order = new Permutation((ulong)count, SeedOf(seed), 1);
                    var steps = new FinishedSteps(default);
                    var done = new HashSet<long>();
                    for (var i = 0; i < count; i++)
                    {
                        var step = (long)order.At((ulong)i);
                        var kinds =
                            step % 3 == 0 ? StepKinds.None
                            : step % 3 == 1 ? StepKinds.Tried
                            : StepKinds.Tried | StepKinds.FirstPort;
                        steps.Finish(step, kinds);
                        done.Add(step);
                        var expected = Enumerable.Range(0, count + 1).First(at => !done.Contains(at));
                        Assert.Equal(
                            new ScanPosition(
                                expected,
                                Enumerable.Range(0, expected).Count(at => at % 3 != 0),
                                Enumerable.Range(0, expected).Count(at => at % 3 == 2)
                            ),
                            steps.Position
                        );
                    }
                },
                iter: 100
            );

    [Theory]
    [InlineData("0/4")]
    [InlineData("5/4")]
    [InlineData("1/0")]
    [InlineData("-1/4")]
    [InlineData("1/1025")]
    [InlineData("1/2/3")]
    [InlineData("a/b")]
    public void AShardThatIsNoneIsRefused(string text) => Assert.False(Shard.TryParse(text, out _));

    private static byte[] SeedOf(int number)
    {
        var seed = new byte[Permutation.SeedBytes];
        BinaryPrimitives.WriteInt32LittleEndian(seed, number);
        return seed;
    }
}

/// <summary>Addresses one after another.</summary>
internal sealed class Addresses(uint first, long count) : IAddressSpace
{
    public long Count => count;

    public static Addresses Of(string first, long count) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(IPAddress.Parse(first).GetAddressBytes()), count);

    public IPAddress At(long index)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, first + (uint)index);
        return new IPAddress(bytes);
    }
}
