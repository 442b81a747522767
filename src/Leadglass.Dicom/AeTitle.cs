namespace Leadglass.Dicom;

/// <summary>
/// An application entity title: 1 to 16 characters of the default repertoire without backslash or control characters,
/// leading and trailing spaces of no meaning (PS3.5 6.2, AE).
/// </summary>
public readonly record struct AeTitle
{
    private readonly string? _value;

    private AeTitle(string value) => _value = value;

    /// <summary>The title without padding; empty only in the default value of this type.</summary>
    public string Value => _value ?? "";

    /// <summary>Takes a title with or without padding; false when it is empty, too long or holds forbidden characters.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AeTitle title)
    {
        title = default;
        var trimmed = text.Trim(' ');
        if (trimmed.Length is 0 or > 16)
        {
            return false;
        }

        foreach (var character in trimmed)
        {
            if (character is < ' ' or > '~' or '\\')
            {
                return false;
            }
        }

        title = new AeTitle(trimmed.ToString());
        return true;
    }

    /// <summary>As <see cref="TryParse"/>; a text that is no title is a <see cref="FormatException"/>.</summary>
    public static AeTitle Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var title)
            ? title
            : throw new FormatException(
                "An AE title has 1 to 16 printable ASCII characters without backslash (PS3.5 6.2)."
            );

    /// <summary>The title: it names a device, not a patient.</summary>
    public override string ToString() => Value;
}
