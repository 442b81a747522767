using System.Buffers;

namespace Leadglass.Dicom.Web;

/// <summary>Finds a delimiter in bytes that came in pieces of any size.</summary>
internal static class DelimiterSearch
{
    /// <summary>
    /// How many bytes stand before the delimiter; where it is not there, how many can be no part of it whatever follows.
    /// </summary>
    public static long Find(in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> delimiter, out bool isFound)
    {
        isFound = true;
        long before = 0;
        foreach (var segment in bytes)
        {
            var span = segment.Span;
            var index = span.IndexOf(delimiter);
            if (index >= 0)
            {
                return before + index;
            }

            // It may begin here and go on in the next segment, or in bytes that have not come yet.
            for (var start = Math.Max(0, span.Length - delimiter.Length + 1); start < span.Length; start++)
            {
                if (!delimiter.StartsWith(span[start..]))
                {
                    continue;
                }

                switch (Continues(bytes.Slice(before + start), delimiter))
                {
                    case true:
                        return before + start;
                    case null:
                        isFound = false;
                        return before + start;
                    default:
                        break;
                }
            }

            before += span.Length;
        }

        isFound = false;
        return before;
    }

    /// <summary>Whether bytes begin with the delimiter; null when they are too few to tell.</summary>
    public static bool? Continues(in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> delimiter)
    {
        var rest = delimiter;
        foreach (var segment in bytes)
        {
            var count = Math.Min(segment.Length, rest.Length);
            if (!segment.Span[..count].SequenceEqual(rest[..count]))
            {
                return false;
            }

            rest = rest[count..];
            if (rest.IsEmpty)
            {
                return true;
            }
        }

        return null;
    }
}
