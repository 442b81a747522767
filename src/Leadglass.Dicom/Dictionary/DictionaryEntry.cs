using System.Text;

namespace Leadglass.Dicom;

/// <summary>
/// What PS3.6 says of one attribute. Small enough to be passed by value; its texts are made when asked for.
/// </summary>
public readonly struct DictionaryEntry : IEquatable<DictionaryEntry>
{
    private readonly int index;

    internal DictionaryEntry(DicomTag tag, int index)
    {
        Tag = tag;
        this.index = index;
    }

    /// <summary>The tag that was looked up; in a repeating group that of the group at hand.</summary>
    public DicomTag Tag { get; }

    /// <summary>
    /// The VR; one of the dictionary-only members (<see cref="ValueRepresentation.UsOrSs"/>...) where it depends on other
    /// attributes, and <see cref="ValueRepresentation.None"/> for items and delimiters.
    /// </summary>
    public ValueRepresentation Vr =>
        index switch
        {
            DicomDictionary.GroupLength => ValueRepresentation.UL,
            DicomDictionary.PrivateCreator => ValueRepresentation.LO,
            _ => DictionaryData.Vrs[index],
        };

    /// <summary>How many values it may have.</summary>
    public ValueMultiplicity Vm
    {
        get
        {
            if (index < 0)
            {
                return new ValueMultiplicity(1, 1, 1);
            }

            var bounds = DictionaryData.VmChoices.Slice(DictionaryData.VmChoiceOf[index] * 3, 3);
            return new ValueMultiplicity(bounds[0], bounds[1] == 0 ? null : bounds[1], bounds[2]);
        }
    }

    /// <summary>The keyword, such as PatientName; allocates.</summary>
    public string Keyword =>
        index switch
        {
            DicomDictionary.GroupLength => "GenericGroupLength",
            DicomDictionary.PrivateCreator => "PrivateCreator",
            _ => Encoding.ASCII.GetString(Packed.Item(DictionaryData.Keywords, DictionaryData.KeywordEnds, index)),
        };

    /// <summary>The name, such as Patient's Name; allocates.</summary>
    public string Name =>
        index switch
        {
            DicomDictionary.GroupLength => "Generic Group Length",
            DicomDictionary.PrivateCreator => "Private Creator",
            _ => Encoding.ASCII.GetString(Packed.Item(DictionaryData.Names, DictionaryData.NameEnds, index)),
        };

    /// <summary>Retired: still read, no longer to be sent.</summary>
    public bool IsRetired =>
        index switch
        {
            DicomDictionary.GroupLength => true,
            DicomDictionary.PrivateCreator => false,
            _ => Packed.Flag(DictionaryData.Retired, index),
        };

    public static bool operator ==(DictionaryEntry left, DictionaryEntry right) => left.Equals(right);

    public static bool operator !=(DictionaryEntry left, DictionaryEntry right) => !left.Equals(right);

    public bool Equals(DictionaryEntry other) => Tag == other.Tag;

    public override bool Equals(object? obj) => obj is DictionaryEntry other && Equals(other);

    public override int GetHashCode() => Tag.GetHashCode();

    public override string ToString() => $"{Tag} {Vr} {Vm} {Keyword}";
}
