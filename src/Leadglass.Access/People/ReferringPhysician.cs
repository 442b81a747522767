using System.Collections.Immutable;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>An ID of a physician: code value and coding scheme designator of (0040,1101). Compared exactly.</summary>
/// <param name="Value">The ID: a physician's number.</param>
/// <param name="Scheme">Whose numbers these are; empty where none is named.</param>
public sealed record PhysicianId(string Value, string Scheme)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "physician";
}

/// <summary>Who referred the patient to a study, as the study says.</summary>
/// <param name="Name">Referring Physician's Name (0008,0090).</param>
/// <param name="Ids">IDs from the Referring Physician Identification Sequence (0008,0096).</param>
public sealed record ReferringPhysician(PersonName Name, ImmutableArray<PhysicianId> Ids)
{
    private const int IdsMax = 16;

    /// <summary>From a study's attributes; null when they name nobody.</summary>
    public static ReferringPhysician? Of(DataSet attributes)
    {
        var name = PersonName.Parse(attributes.GetString(DicomTag.ReferringPhysicianName) ?? "");
        var ids = ImmutableArray.CreateBuilder<PhysicianId>();
        foreach (var item in attributes.GetItems(DicomTag.ReferringPhysicianIdentificationSequence))
        {
            foreach (var code in item.GetItems(DicomTag.PersonIdentificationCodeSequence))
            {
                if (ids.Count < IdsMax && code.GetString(DicomTag.CodeValue) is { Length: > 0 } value)
                {
                    ids.Add(new PhysicianId(value, code.GetString(DicomTag.CodingSchemeDesignator) ?? ""));
                }
            }
        }
        return name.IsEmpty && ids.Count == 0 ? null : new ReferringPhysician(name, ids.ToImmutable());
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "physician";
}

/// <summary>Who an account's person is as a referring physician: exactly one of a name and an ID.</summary>
/// <param name="Name">A whole person name as in a data set, with family and given name: "Muster^Erika".</param>
/// <param name="Id">An ID.</param>
public sealed record ReferringIdentity(string? Name, PhysicianId? Id)
{
    /// <summary>The most characters of a name or an ID.</summary>
    public const int LengthMax = 324;

    /// <summary>By name.</summary>
    public static ReferringIdentity ByName(string name) => new(name, null);

    /// <summary>By ID.</summary>
    public static ReferringIdentity ById(string value, string scheme) => new(null, new PhysicianId(value, scheme));

    /// <summary>Whether it says enough to be matched: an ID, or a name with family and given name.</summary>
    public bool IsWellFormed =>
        (Name is null) != (Id is null)
        && (Id is null || (Id.Value is { Length: > 0 and <= LengthMax } && Id.Scheme is { Length: <= LengthMax }))
        && (Name is null || (Name.Length <= LengthMax && IsWhole(PersonName.Parse(Name))));

    /// <summary>
    /// Whether it is the physician: an ID is the same, or the whole name is, in every spelling that both have, with the
    /// case and accents of names set aside (<see cref="NameFolding"/>). Wildcards are characters like others.
    /// </summary>
    public bool Matches(ReferringPhysician physician) =>
        Id is not null
            ? physician.Ids.Contains(Id)
            : Name is not null && IsSame(PersonName.Parse(Name), physician.Name);

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "physician";

    private static bool IsWhole(PersonName name) =>
        new[] { name.Alphabetic, name.Ideographic, name.Phonetic }.All(group =>
            group.IsEmpty || (group.FamilyName.Length > 0 && group.GivenName.Length > 0)
        ) && !name.IsEmpty;

    private static bool IsSame(PersonName one, PersonName other)
    {
        var (alphabetic, ideographic, phonetic) = (
            Compare(one.Alphabetic, other.Alphabetic),
            Compare(one.Ideographic, other.Ideographic),
            Compare(one.Phonetic, other.Phonetic)
        );
        return alphabetic is not false
            && ideographic is not false
            && phonetic is not false
            // A reading alone is shared by names that are written differently.
            && (alphabetic is true || ideographic is true);
    }

    private static bool? Compare(PersonNameGroup one, PersonNameGroup other) =>
        one.IsEmpty || other.IsEmpty ? null : NameFolding.Fold(one.ToDicom()) == NameFolding.Fold(other.ToDicom());
}
