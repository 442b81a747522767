namespace Leadglass.Dicom;

/// <summary>One spelling of a name: its five components (PS3.5 6.2.1.2). Empty where absent.</summary>
public readonly record struct PersonNameGroup(
    string FamilyName,
    string GivenName,
    string MiddleName,
    string Prefix,
    string Suffix
)
{
    /// <summary>A group without a name.</summary>
    public static PersonNameGroup Empty { get; } = new("", "", "", "", "");

    /// <summary>True when no component holds a character other than spaces.</summary>
    public bool IsEmpty =>
        string.IsNullOrWhiteSpace(FamilyName)
        && string.IsNullOrWhiteSpace(GivenName)
        && string.IsNullOrWhiteSpace(MiddleName)
        && string.IsNullOrWhiteSpace(Prefix)
        && string.IsNullOrWhiteSpace(Suffix);

    /// <summary>Reads the five components between carets; what follows a fifth caret stays in the suffix.</summary>
    public static PersonNameGroup Parse(ReadOnlySpan<char> text)
    {
        var components = text.ToString().Split('^', 5);
        return new PersonNameGroup(At(0), At(1), At(2), At(3), At(4));

        string At(int index) => index < components.Length ? components[index].Trim(' ') : "";
    }

    /// <summary>As it stands in a data set: components between carets, trailing empty ones left out.</summary>
    public string ToDicom() => string.Join('^', FamilyName, GivenName, MiddleName, Prefix, Suffix).TrimEnd('^');

    /// <summary>As a person reads it: prefix, given, middle and family name, and the suffix after a comma.</summary>
    public string ToDisplayText()
    {
        var name = string.Join(' ', new[] { Prefix, GivenName, MiddleName, FamilyName }.Where(part => part.Length > 0));
        return Suffix.Length == 0 ? name
            : name.Length == 0 ? Suffix
            : $"{name}, {Suffix}";
    }

    /// <summary>Reveals nothing: names are patient data.</summary>
    public override string ToString() => nameof(PersonNameGroup);
}

/// <summary>
/// A person's name in up to three spellings (PS3.5 6.2.1): alphabetic, ideographic and phonetic, each of five components.
/// </summary>
public readonly record struct PersonName(
    PersonNameGroup Alphabetic,
    PersonNameGroup Ideographic,
    PersonNameGroup Phonetic
)
{
    /// <summary>No name.</summary>
    public static PersonName Empty { get; } = new(PersonNameGroup.Empty, PersonNameGroup.Empty, PersonNameGroup.Empty);

    /// <summary>True when all three spellings are empty.</summary>
    public bool IsEmpty => Alphabetic.IsEmpty && Ideographic.IsEmpty && Phonetic.IsEmpty;

    /// <summary>Reads one value of VR PN; never fails, since nothing is ill-formed enough to be no name.</summary>
    public static PersonName Parse(ReadOnlySpan<char> text)
    {
        var groups = text.ToString().Split('=', 3);
        return new PersonName(At(0), At(1), At(2));

        PersonNameGroup At(int index) =>
            index < groups.Length ? PersonNameGroup.Parse(groups[index]) : PersonNameGroup.Empty;
    }

    /// <summary>As it stands in a data set: groups between equals signs, trailing empty ones left out.</summary>
    public string ToDicom() =>
        string.Join('=', Alphabetic.ToDicom(), Ideographic.ToDicom(), Phonetic.ToDicom()).TrimEnd('=');

    /// <summary>
    /// True when both names have a spelling in common, whatever its case and accents: the Latin one of Yamada^Tarou=山田^太郎
    /// and Yamada^Tarou alone. Names without a common kind of spelling cannot be compared, and are not the same.
    /// </summary>
    public bool SharesSpellingWith(PersonName other) =>
        Shared(Alphabetic, other.Alphabetic)
        || Shared(Ideographic, other.Ideographic)
        || Shared(Phonetic, other.Phonetic);

    /// <summary>Reveals nothing: names are patient data.</summary>
    public override string ToString() => nameof(PersonName);

    private static bool Shared(PersonNameGroup one, PersonNameGroup other) =>
        !one.IsEmpty && !other.IsEmpty && NameFolding.Fold(one.ToDicom()) == NameFolding.Fold(other.ToDicom());
}
