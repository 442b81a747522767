using System.Collections.Immutable;
using System.Net;

namespace Leadglass.Exposure;

/// <summary>Addresses that can be walked by number.</summary>
public interface IAddressSpace
{
    /// <summary>How many addresses, each counted once.</summary>
    long Count { get; }

    /// <summary>The address at a place.</summary>
    /// <param name="index">From 0 to less than <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    IPAddress At(long index);
}

/// <summary>A set of addresses: ranges in order, none touching another. Asking it allocates nothing.</summary>
internal sealed class AddressSet : IAddressSpace
{
    private readonly UInt128[] _firsts;
    private readonly UInt128[] _lasts;
    private readonly UInt128[] _before;

    private AddressSet(List<AddressRange> ranges)
    {
        Ranges = [.. ranges];
        _firsts = [.. ranges.Select(range => range.First)];
        _lasts = [.. ranges.Select(range => range.Last)];
        _before = new UInt128[ranges.Count];
        foreach (var (i, range) in ranges.Index())
        {
            _before[i] = Size;
            Size += range.Count;
        }
    }

    public static AddressSet Empty { get; } = new([]);

    public ImmutableArray<AddressRange> Ranges { get; }

    public UInt128 Size { get; }

    public long Count => (long)Size;

    /// <summary>A set of ranges in any order; what overlaps is counted once.</summary>
    public static AddressSet Of(IEnumerable<AddressRange> ranges)
    {
        var merged = new List<AddressRange>();
        foreach (var range in ranges.OrderBy(range => range.First))
        {
            // The families never merge: neither neighbour of the mapped block can be listed.
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
            {
                merged[^1] = new AddressRange(merged[^1].First, UInt128.Max(merged[^1].Last, range.Last));
            }
            else
            {
                merged.Add(range);
            }
        }

        return new AddressSet(merged);
    }

    public bool Contains(UInt128 number)
    {
        var place = PlaceOf(_firsts, number);
        return place >= 0 && number <= _lasts[place];
    }

    /// <summary>How many addresses of a range are in the set.</summary>
    public UInt128 CountWithin(AddressRange range)
    {
        UInt128 count = 0;
        foreach (var own in Ranges)
        {
            if (own.Overlaps(range))
            {
                count += UInt128.Min(own.Last, range.Last) - UInt128.Max(own.First, range.First) + 1;
            }
        }

        return count;
    }

    public IPAddress At(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((UInt128)index, Size, nameof(index));
        var place = PlaceOf(_before, (UInt128)index);
        return AddressNumber.ToAddress(_firsts[place] + ((UInt128)index - _before[place]));
    }

    /// <summary>The last place whose value is not above the one asked for; -1 when all are.</summary>
    internal static int PlaceOf(UInt128[] sorted, UInt128 value)
    {
        int low = 0,
            high = sorted.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (sorted[middle] <= value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }
}
