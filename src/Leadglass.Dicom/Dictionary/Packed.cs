namespace Leadglass.Dicom;

/// <summary>Reads the generated tables: texts one behind the other with their ends, flags as bits.</summary>
internal static class Packed
{
    public static ReadOnlySpan<byte> Item(ReadOnlySpan<byte> blob, ReadOnlySpan<int> ends, int index) =>
        blob[(index == 0 ? 0 : ends[index - 1])..ends[index]];

    public static bool Flag(ReadOnlySpan<byte> bits, int index) => (bits[index >> 3] & (1 << (index & 7))) != 0;

    /// <summary>Compares ASCII with text as ordinal comparison does.</summary>
    public static int Compare(ReadOnlySpan<byte> ascii, ReadOnlySpan<char> text)
    {
        var common = Math.Min(ascii.Length, text.Length);
        for (var i = 0; i < common; i++)
        {
            if (ascii[i] != text[i])
            {
                return ascii[i] - text[i];
            }
        }

        return ascii.Length - text.Length;
    }
}
