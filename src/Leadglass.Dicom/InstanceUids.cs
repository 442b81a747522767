namespace Leadglass.Dicom;

/// <summary>The rule for every UID (PS3.5 9.1).</summary>
public static class UidSyntax
{
    /// <summary>The longest UID, in characters.</summary>
    public const int LengthMax = 64;

    /// <summary>
    /// Components of digits parted by dots, 64 characters at most. Leading zeros in a component, which the standard
    /// forbids, are found in real UIDs and pass.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<char> uid)
    {
        if (uid.Length is 0 or > LengthMax || uid[0] == '.' || uid[^1] == '.')
        {
            return false;
        }

        var previous = '0';
        foreach (var character in uid)
        {
            if (character is not ((>= '0' and <= '9') or '.') || (character == '.' && previous == '.'))
            {
                return false;
            }

            previous = character;
        }

        return true;
    }

    /// <summary>Without the padding of the wire, a null or (in the wild) spaces.</summary>
    internal static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text) => text.TrimEnd('\0').Trim(' ');
}

/// <summary>Study Instance UID (0020,000D).</summary>
public readonly record struct StudyInstanceUid
{
    private readonly string? _value;

    private StudyInstanceUid(string value) => _value = value;

    /// <summary>The UID as text; empty only in the default value of this type.</summary>
    public string Value => _value ?? "";

    /// <summary>Takes a UID with or without padding; false unless it obeys <see cref="UidSyntax"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out StudyInstanceUid uid)
    {
        var trimmed = UidSyntax.Trim(text);
        var isValid = UidSyntax.IsValid(trimmed);
        uid = isValid ? new StudyInstanceUid(trimmed.ToString()) : default;
        return isValid;
    }

    /// <summary>As <see cref="TryParse"/>; a text that is no UID is a <see cref="FormatException"/>.</summary>
    public static StudyInstanceUid Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var uid) ? uid : throw new FormatException("Not a UID (PS3.5 9.1).");

    /// <summary>The text is not revealed: a UID leads to a patient.</summary>
    public override string ToString() => nameof(StudyInstanceUid);
}

/// <summary>Series Instance UID (0020,000E).</summary>
public readonly record struct SeriesInstanceUid
{
    private readonly string? _value;

    private SeriesInstanceUid(string value) => _value = value;

    /// <summary>The UID as text; empty only in the default value of this type.</summary>
    public string Value => _value ?? "";

    /// <summary>Takes a UID with or without padding; false unless it obeys <see cref="UidSyntax"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SeriesInstanceUid uid)
    {
        var trimmed = UidSyntax.Trim(text);
        var isValid = UidSyntax.IsValid(trimmed);
        uid = isValid ? new SeriesInstanceUid(trimmed.ToString()) : default;
        return isValid;
    }

    /// <summary>As <see cref="TryParse"/>; a text that is no UID is a <see cref="FormatException"/>.</summary>
    public static SeriesInstanceUid Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var uid) ? uid : throw new FormatException("Not a UID (PS3.5 9.1).");

    /// <summary>The text is not revealed: a UID leads to a patient.</summary>
    public override string ToString() => nameof(SeriesInstanceUid);
}

/// <summary>SOP Instance UID (0008,0018).</summary>
public readonly record struct SopInstanceUid
{
    private readonly string? _value;

    private SopInstanceUid(string value) => _value = value;

    /// <summary>The UID as text; empty only in the default value of this type.</summary>
    public string Value => _value ?? "";

    /// <summary>Takes a UID with or without padding; false unless it obeys <see cref="UidSyntax"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SopInstanceUid uid)
    {
        var trimmed = UidSyntax.Trim(text);
        var isValid = UidSyntax.IsValid(trimmed);
        uid = isValid ? new SopInstanceUid(trimmed.ToString()) : default;
        return isValid;
    }

    /// <summary>As <see cref="TryParse"/>; a text that is no UID is a <see cref="FormatException"/>.</summary>
    public static SopInstanceUid Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var uid) ? uid : throw new FormatException("Not a UID (PS3.5 9.1).");

    /// <summary>The text is not revealed: a UID leads to a patient.</summary>
    public override string ToString() => nameof(SopInstanceUid);
}

/// <summary>SOP Class UID (0008,0016).</summary>
public readonly record struct SopClassUid
{
    private readonly string? _value;

    private SopClassUid(string value) => _value = value;

    /// <summary>The UID as text; empty only in the default value of this type.</summary>
    public string Value => _value ?? "";

    /// <summary>Takes a UID with or without padding; false unless it obeys <see cref="UidSyntax"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SopClassUid uid)
    {
        var trimmed = UidSyntax.Trim(text);
        var isValid = UidSyntax.IsValid(trimmed);
        uid = isValid ? new SopClassUid(trimmed.ToString()) : default;
        return isValid;
    }

    /// <summary>As <see cref="TryParse"/>; a text that is no UID is a <see cref="FormatException"/>.</summary>
    public static SopClassUid Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var uid) ? uid : throw new FormatException("Not a UID (PS3.5 9.1).");

    /// <summary>The UID: it names a kind of object, not a patient.</summary>
    public override string ToString() => Value;
}
