using System.Globalization;

namespace Leadglass.Dicom.Web;

/// <summary>Frame numbers of a path, from 1 (PS3.18 10.4.1.1.6): single ones and ranges such as 1,4,10-20, in order.</summary>
public sealed class FrameList
{
    /// <summary>The most entries of a list, single or range.</summary>
    public const int EntriesMax = 1024;

    private readonly (int First, int Last)[] _entries;

    private FrameList((int First, int Last)[] entries, int count) => (_entries, Count) = (entries, count);

    /// <summary>How many frames are asked for.</summary>
    public int Count { get; }

    /// <summary>The numbers in the order in which they were asked for.</summary>
    public IEnumerable<int> Numbers
    {
        get
        {
            foreach (var (first, last) in _entries)
            {
                for (var number = first; number <= last; number++)
                {
                    yield return number;
                }
            }
        }
    }

    /// <summary>Reads the segment of a path.</summary>
    /// <param name="text">Percent-decoded.</param>
    /// <param name="frameCount">How many frames the instance has.</param>
    /// <exception cref="DicomWebException">400: no list, too many entries, a frame twice. 404: a frame that does not
    /// exist.</exception>
    public static FrameList Parse(ReadOnlySpan<char> text, int frameCount)
    {
        List<(int First, int Last)> entries = [];
        long count = 0;
        foreach (var range in text.Split(','))
        {
            if (entries.Count == EntriesMax)
            {
                throw DicomWebException.BadRequest($"The frame list has more than {EntriesMax} entries.");
            }

            var entry = text[range].Trim(' ');
            var dash = entry.IndexOf('-');
            var first = Number(dash < 0 ? entry : entry[..dash]);
            var last = dash < 0 ? first : Number(entry[(dash + 1)..]);
            if (last < first)
            {
                throw DicomWebException.BadRequest("A range of the frame list ends before it begins.");
            }

            if (last > frameCount)
            {
                throw new DicomWebException(404, "Not found", $"The instance has {frameCount} frames.");
            }

            entries.Add((first, last));
            count += last - first + 1;
        }

        var ordered = entries.Order().ToArray();
        for (var i = 1; i < ordered.Length; i++)
        {
            if (ordered[i].First <= ordered[i - 1].Last)
            {
                throw DicomWebException.BadRequest("The frame list names a frame twice.");
            }
        }

        return new FrameList([.. entries], (int)count);
    }

    private static int Number(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw DicomWebException.BadRequest("The frame list is of whole numbers from 1, parted by commas.");
}
