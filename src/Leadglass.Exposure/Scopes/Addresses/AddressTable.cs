using System.Diagnostics.CodeAnalysis;

namespace Leadglass.Exposure;

/// <summary>
/// What holds for an address, where ranges may lie within one another: the narrowest wins. Ranges that overlap otherwise are
/// refused when the scope is read. Asking it allocates nothing.
/// </summary>
internal sealed class AddressTable<T>
    where T : class
{
    private readonly UInt128[] _firsts;
    private readonly UInt128[] _lasts;
    private readonly T[] _values;

    public AddressTable(IEnumerable<(AddressRange Range, T Value)> entries)
    {
        var segments = new List<(UInt128 First, UInt128 Last, T Value)>();
        var open = new Stack<(AddressRange Range, T Value)>();
        UInt128 next = 0;
        foreach (var entry in entries.OrderBy(entry => entry.Range.First).ThenByDescending(entry => entry.Range.Last))
        {
            Close(entry.Range.First);
            if (open.TryPeek(out var around) && next < entry.Range.First)
            {
                segments.Add((next, entry.Range.First - 1, around.Value));
            }

            open.Push(entry);
            next = entry.Range.First;
        }

        Close(0, isEnd: true);
        _firsts = [.. segments.Select(segment => segment.First)];
        _lasts = [.. segments.Select(segment => segment.Last)];
        _values = [.. segments.Select(segment => segment.Value)];

        void Close(UInt128 until, bool isEnd = false)
        {
            while (open.TryPeek(out var inner) && (isEnd || inner.Range.Last < until))
            {
                if (next <= inner.Range.Last)
                {
                    segments.Add((next, inner.Range.Last, inner.Value));
                    next = inner.Range.Last + 1;
                }

                open.Pop();
            }
        }
    }

    public bool TryFind(UInt128 number, [NotNullWhen(true)] out T? value)
    {
        var place = AddressSet.PlaceOf(_firsts, number);
        value = place >= 0 && number <= _lasts[place] ? _values[place] : null;
        return value is not null;
    }
}
