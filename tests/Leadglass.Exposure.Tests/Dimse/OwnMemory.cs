using System.Globalization;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>
/// Searches all memory of this process for words that it does not hold in clear itself: they are given with their letters
/// turned by thirteen and their digits by five.
/// </summary>
internal static class OwnMemory
{
    private const int BlockBytes = 1 << 20;

    /// <summary>How to turn a word in a shell, with <c>tr</c>.</summary>
    public const string Turn = "tr 'A-Z0-9' 'N-ZA-M5-90-4'";

    /// <summary>How often each word was found, in ASCII or UTF-16.</summary>
    public static IReadOnlyDictionary<string, int> Find(params string[] turnedWords)
    {
        var found = turnedWords.ToDictionary(word => word, _ => 0, StringComparer.Ordinal);
        var block = GC.AllocateArray<byte>(BlockBytes, pinned: true);
        using var memory = File.OpenHandle("/proc/self/mem");
        foreach (var (from, to) in Regions())
        {
            // Blocks overlap by more than the longest word in UTF-16.
            for (var at = from; at < to; at += BlockBytes - 256)
            {
                var length = ReadBlock(memory, block, at, to);
                foreach (var word in turnedWords)
                {
                    found[word] += Count(block.AsSpan(0, length), word, step: 1);
                    found[word] += Count(block.AsSpan(0, length), word, step: 2);
                }

                Array.Clear(block);
            }
        }

        return found;
    }

    /// <summary>The word as it is, in bytes.</summary>
    public static byte[] InClear(string turnedWord) => [.. turnedWord.Select(letter => Turned((byte)letter))];

    private static int ReadBlock(Microsoft.Win32.SafeHandles.SafeFileHandle memory, byte[] block, long at, long to)
    {
        try
        {
            return RandomAccess.Read(memory, block.AsSpan(0, (int)Math.Min(BlockBytes, to - at)), at);
        }
        catch (IOException)
        {
            // A guard page, or a region that went away meanwhile.
            return 0;
        }
    }

    private static int Count(ReadOnlySpan<byte> bytes, string turnedWord, int step)
    {
        var count = 0;
        var first = Turned((byte)turnedWord[0]);
        for (var at = 0; bytes[at..].IndexOf(first) is >= 0 and var next; at++)
        {
            at += next;
            var i = 0;
            while (
                i < turnedWord.Length
                && at + (i * step) < bytes.Length
                && bytes[at + (i * step)] == Turned((byte)turnedWord[i])
                && (step == 1 || at + (i * step) + 1 >= bytes.Length || bytes[at + (i * step) + 1] == 0)
            )
            {
                i++;
            }

            count += i == turnedWord.Length ? 1 : 0;
        }

        return count;
    }

    private static byte Turned(byte letter) =>
        letter switch
        {
            >= (byte)'A' and <= (byte)'Z' => (byte)('A' + ((letter - 'A' + 13) % 26)),
            >= (byte)'0' and <= (byte)'9' => (byte)('0' + ((letter - '0' + 5) % 10)),
            _ => letter,
        };

    private static List<(long From, long To)> Regions()
    {
        var regions = new List<(long, long)>();
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var isWritable = fields[1].StartsWith("rw", StringComparison.Ordinal);
            if (isWritable && !line.EndsWith("[vvar]", StringComparison.Ordinal))
            {
                var ends = fields[0].Split('-');
                regions.Add((Address(ends[0]), Address(ends[1])));
            }
        }

        return regions;

        static long Address(string hex) => long.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
