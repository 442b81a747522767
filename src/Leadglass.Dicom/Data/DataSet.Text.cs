using System.Buffers.Binary;
using System.Globalization;

namespace Leadglass.Dicom;

/// <content>Values as text: decoded by the character set in force, without padding.</content>
public sealed partial class DataSet
{
    /// <summary>
    /// At most so many values of an attribute are decoded: a million. A value of nothing but backslashes would otherwise
    /// take eight times its length, and more for numbers; the longest real ones, contours, have some hundred thousand.
    /// </summary>
    public const int DecodedValuesMax = 1_000_000;

    // To find one value, so many more are decoded: backslashes may be halves of characters.
    private const int SpareValues = 1024;

    private SpecificCharacterSet? _characterSet;

    /// <summary>
    /// The character set in force: that of Specific Character Set (0008,0005) here or, in an item that has none, of the
    /// enclosing data set (PS3.3 C.12.1.1.2).
    /// </summary>
    public SpecificCharacterSet CharacterSet => _characterSet ??= FindCharacterSet();

    /// <summary>The first value; null when the attribute is absent or empty, or has no text form.</summary>
    public string? GetString(DicomTag tag)
    {
        var values = GetStrings(tag, SpareValues);
        return values.Count == 0 || values[0].Length == 0 ? null : values[0];
    }

    /// <summary>
    /// All values as text, at most <see cref="DecodedValuesMax"/>, numbers in decimal; empty values among others are empty strings. None when the attribute is
    /// absent or empty, or when it is a sequence or bulk data. UN is read by the VR of the dictionary.
    /// </summary>
    public IReadOnlyList<string> GetStrings(DicomTag tag) => GetStrings(tag, DecodedValuesMax);

    private IReadOnlyList<string> GetStrings(DicomTag tag, int countMax)
    {
        if (Find(tag) is not ValueElement { IsEmpty: false } element)
        {
            return [];
        }

        var vr = EffectiveVr(element);
        if (vr.IsText)
        {
            var values = DecodeValues(element, vr, countMax);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = Trim(values[i], vr);
            }

            return values;
        }

        var count = vr.IsBulk ? 0 : Math.Min(countMax, element.Bytes.Length / NumberSize(vr));
        var numbers = new string[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = FormatNumber(element, vr, i);
        }

        return numbers;
    }

    /// <summary>The name in its component groups; null when the attribute is absent or empty.</summary>
    public PersonName? GetPersonName(DicomTag tag) => GetString(tag) is { } text ? PersonName.Parse(text) : null;

    /// <summary>Sets text values with the VR of the dictionary, encoded in the character set in force.</summary>
    /// <exception cref="ArgumentException">The dictionary knows no text VR for the tag.</exception>
    public void SetString(DicomTag tag, params ReadOnlySpan<string> values) => SetText(tag, DictionaryVr(tag), values);

    /// <summary>Sets text values of a VR that the caller names, as for private attributes.</summary>
    public void SetText(DicomTag tag, ValueRepresentation vr, params ReadOnlySpan<string> values)
    {
        if (!vr.IsText)
        {
            throw new ArgumentException($"{tag} has VR {vr.Code}, which holds no text.", nameof(tag));
        }

        var text = values.Length == 1 ? values[0] : string.Join('\\', values);
        var characterSet = vr.UsesSpecificCharacterSet ? CharacterSet : SpecificCharacterSet.Default;
        SetBytes(tag, vr, characterSet.Encode(text, vr));
    }

    private string[] DecodeValues(ValueElement element, ValueRepresentation vr, int countMax)
    {
        var bytes = element.Bytes.Span;
        if (vr.IsMultiValuedText && bytes.Length > countMax)
        {
            bytes = FirstValues(bytes, countMax);
        }

        var characterSet = vr.UsesSpecificCharacterSet ? CharacterSet : SpecificCharacterSet.Default;
        return characterSet.DecodeValues(bytes, vr);
    }

    // In some character sets a backslash may be half of a character: then a few values more are cut off.
    private static ReadOnlySpan<byte> FirstValues(ReadOnlySpan<byte> bytes, int countMax)
    {
        var length = 0;
        for (var count = 0; count < countMax; count++)
        {
            var next = bytes[length..].IndexOf((byte)'\\');
            if (next < 0)
            {
                return bytes;
            }

            length += next + 1;
        }

        return bytes[..(length - 1)];
    }

    // PS3.5 6.2: which spaces are padding; a null is that of UI, and of many writers that pad everything with it.
    private static string Trim(string value, ValueRepresentation vr)
    {
        var isPaddedInFront =
            vr
            is ValueRepresentation.AE
                or ValueRepresentation.CS
                or ValueRepresentation.DS
                or ValueRepresentation.IS
                or ValueRepresentation.LO
                or ValueRepresentation.SH;
        var trimmed = value.TrimEnd([' ', '\0']);
        return isPaddedInFront ? trimmed.TrimStart(' ') : trimmed;
    }

    private static ValueRepresentation DictionaryVr(DicomTag tag) =>
        DicomDictionary.Find(tag)?.Vr
        ?? throw new ArgumentException($"The dictionary does not know {tag}: name its VR.", nameof(tag));

    private static ValueRepresentation EffectiveVr(ValueElement element)
    {
        if (element.Vr != ValueRepresentation.UN || DicomDictionary.Find(element.Tag) is not { } entry)
        {
            return element.Vr;
        }

        return entry.Vr is ValueRepresentation.UsOrSs or ValueRepresentation.UsOrOw ? ValueRepresentation.US : entry.Vr;
    }

    private SpecificCharacterSet FindCharacterSet()
    {
        if (Find(DicomTag.SpecificCharacterSet) is ValueElement { IsEmpty: false } element)
        {
            return SpecificCharacterSet.Parse(DecodeValues(element, ValueRepresentation.CS, SpareValues));
        }

        return Parent?.CharacterSet ?? SpecificCharacterSet.Default;
    }

    private static int NumberSize(ValueRepresentation vr) => vr == ValueRepresentation.AT ? 4 : vr.WordSize;

    private static string FormatNumber(ValueElement element, ValueRepresentation vr, int index)
    {
        if (vr == ValueRepresentation.AT)
        {
            var group = ReadWord(element, index * 4);
            var number = ReadWord(element, (index * 4) + 2);
            return new DicomTag(((uint)group << 16) | number).Value.ToString("X8", CultureInfo.InvariantCulture);
        }

        return vr switch
        {
            ValueRepresentation.FL => ((float)ReadDouble(element, vr, index)).ToString(
                "R",
                CultureInfo.InvariantCulture
            ),
            ValueRepresentation.FD => ReadDouble(element, vr, index).ToString("R", CultureInfo.InvariantCulture),
            ValueRepresentation.UV => ((ulong)ReadInteger(element, vr, index)).ToString(CultureInfo.InvariantCulture),
            _ => ReadInteger(element, vr, index).ToString(CultureInfo.InvariantCulture),
        };
    }

    private static ushort ReadWord(ValueElement element, int offset)
    {
        var bytes = element.Bytes.Span[offset..];
        return element.IsBigEndian
            ? BinaryPrimitives.ReadUInt16BigEndian(bytes)
            : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }
}
