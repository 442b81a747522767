using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>The tag of an attribute: group and element number (PS3.5 7.1).</summary>
public readonly partial struct DicomTag : IEquatable<DicomTag>, IComparable<DicomTag>
{
    /// <summary>Makes a tag of its two halves.</summary>
    public DicomTag(ushort group, ushort element) => Value = ((uint)group << 16) | element;

    /// <summary>Makes a tag of its 32 bits, the group in the upper half.</summary>
    public DicomTag(uint value) => Value = value;

    /// <summary>The group in the upper, the element in the lower 16 bits; tags sort by it.</summary>
    public uint Value { get; }

    public ushort Group => (ushort)(Value >> 16);

    public ushort Element => (ushort)Value;

    /// <summary>Odd groups are private, save those that the standard forbids (PS3.5 7.8.1).</summary>
    public bool IsPrivate => (Group & 1) == 1 && Group > 0x0007 && Group != 0xFFFF;

    /// <summary>(gggg,0010-00FF) of a private group reserves a block of elements for a creator (PS3.5 7.8.1).</summary>
    public bool IsPrivateCreator => IsPrivate && Element is >= 0x0010 and <= 0x00FF;

    /// <summary>(gggg,0000), the length of the group that follows; retired outside groups 0000 and 0002 (PS3.5 7.2).</summary>
    public bool IsGroupLength => Element == 0;

    /// <summary>For a private data element the tag of its creator, (gggg,00xx) for (gggg,xxee); null for any other.</summary>
    public DicomTag? PrivateCreator =>
        IsPrivate && Element >= 0x1000 ? new DicomTag(Group, (ushort)(Element >> 8)) : null;

    public static bool operator ==(DicomTag left, DicomTag right) => left.Value == right.Value;

    public static bool operator !=(DicomTag left, DicomTag right) => left.Value != right.Value;

    public static bool operator <(DicomTag left, DicomTag right) => left.Value < right.Value;

    public static bool operator >(DicomTag left, DicomTag right) => left.Value > right.Value;

    public static bool operator <=(DicomTag left, DicomTag right) => left.Value <= right.Value;

    public static bool operator >=(DicomTag left, DicomTag right) => left.Value >= right.Value;

    public bool Equals(DicomTag other) => Value == other.Value;

    public override bool Equals(object? obj) => obj is DicomTag other && Equals(other);

    public override int GetHashCode() => (int)Value;

    public int CompareTo(DicomTag other) => Value.CompareTo(other.Value);

    /// <summary>As the standard writes it: (gggg,eeee), upper case.</summary>
    public override string ToString() => $"({Group:X4},{Element:X4})";

    /// <summary>Reads (gggg,eeee) or ggggeeee, in hexadecimal digits, or a keyword of the dictionary.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DicomTag tag)
    {
        tag = default;
        if (text.Length == 11 && text[0] == '(' && text[5] == ',' && text[10] == ')')
        {
            if (
                ushort.TryParse(text[1..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var group)
                && ushort.TryParse(
                    text[6..10],
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var element
                )
            )
            {
                tag = new DicomTag(group, element);
                return true;
            }
        }
        else if (
            text.Length == 8
            && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
        )
        {
            tag = new DicomTag(value);
            return true;
        }
        else if (DicomDictionary.FindByKeyword(text) is { } entry)
        {
            tag = entry.Tag;
            return true;
        }

        return false;
    }
}
