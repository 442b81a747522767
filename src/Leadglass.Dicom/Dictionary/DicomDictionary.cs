namespace Leadglass.Dicom;

/// <summary>
/// The data dictionary of PS3.6: every attribute of DICOM by tag or keyword, repeating groups included. Its tables are
/// generated and lie in the program's image: nothing is built at start, and a look-up allocates nothing.
/// </summary>
public static class DicomDictionary
{
    internal const int GroupLength = -1;
    internal const int PrivateCreator = -2;

    /// <summary>How many attributes the dictionary names one by one, without repeating groups.</summary>
    public static int Count => DictionaryData.ElementCount;

    /// <summary>
    /// The entry of a tag; null when the standard does not know it. Group lengths and private creators have entries too;
    /// other private attributes have none, since only their creator knows them (PS3.5 7.8).
    /// </summary>
    public static DictionaryEntry? Find(DicomTag tag)
    {
        var exact = DictionaryData.Tags[..DictionaryData.ElementCount].BinarySearch(tag.Value);
        if (exact >= 0)
        {
            return new DictionaryEntry(tag, exact);
        }

        if (tag.IsGroupLength)
        {
            return new DictionaryEntry(tag, GroupLength);
        }

        if (tag.IsPrivate)
        {
            return tag.IsPrivateCreator ? new DictionaryEntry(tag, PrivateCreator) : null;
        }

        return FindRepeater(tag);
    }

    /// <summary>The entry of a keyword, letter by letter; of a repeating group its first tag, null when unknown.</summary>
    public static DictionaryEntry? FindByKeyword(ReadOnlySpan<char> keyword)
    {
        var (low, high) = (0, DictionaryData.ByKeyword.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            int index = DictionaryData.ByKeyword[middle];
            var order = Packed.Compare(
                Packed.Item(DictionaryData.Keywords, DictionaryData.KeywordEnds, index),
                keyword
            );
            if (order == 0)
            {
                return new DictionaryEntry(new DicomTag(DictionaryData.Tags[index]), index);
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>Every attribute that is named one by one, in the order of tags.</summary>
    public static IEnumerable<DictionaryEntry> All()
    {
        for (var index = 0; index < DictionaryData.ElementCount; index++)
        {
            yield return new DictionaryEntry(new DicomTag(DictionaryData.Tags[index]), index);
        }
    }

    // PS3.5 7.6: 50xx, 60xx and older ones. Odd groups in these ranges are private and never come here.
    private static DictionaryEntry? FindRepeater(DicomTag tag)
    {
        var masks = DictionaryData.RepeaterMasks;
        var patterns = DictionaryData.Tags[DictionaryData.ElementCount..];
        for (var i = 0; i < masks.Length; i++)
        {
            if ((tag.Value & masks[i]) == patterns[i])
            {
                return new DictionaryEntry(tag, DictionaryData.ElementCount + i);
            }
        }

        return null;
    }
}
