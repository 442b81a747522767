using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Text of rows and answers, whatever character sets it came in.</summary>
internal static class RowText
{
    private const string Utf8Term = "ISO_IR 192";

    /// <summary>Sets a text; a data set whose character set cannot say it becomes UTF-8 first.</summary>
    public static void Set(DataSet content, DicomTag tag, string text)
    {
        try
        {
            content.SetString(tag, text);
        }
        catch (UnencodableTextException)
        {
            foreach (var element in ToUtf8(content))
            {
                content.Set(element);
            }

            content.SetString(tag, text);
        }
    }

    /// <summary>The same attributes with all text in UTF-8.</summary>
    public static DataSet ToUtf8(DataSet source)
    {
        var copy = new DataSet();
        copy.SetString(DicomTag.SpecificCharacterSet, Utf8Term);
        Recode(source, copy);
        return copy;
    }

    /// <summary>True if text can be copied between the two byte by byte.</summary>
    public static bool HaveSameCharacterSet(DataSet one, DataSet other) =>
        one.CharacterSet.DefinedTerms.SequenceEqual(other.CharacterSet.DefinedTerms);

    private static void Recode(DataSet source, DataSet target)
    {
        foreach (var element in source)
        {
            if (element.Tag == DicomTag.SpecificCharacterSet)
            {
                continue;
            }

            target.Set(
                element switch
                {
                    ValueElement { Vr.UsesSpecificCharacterSet: true } value => new ValueElement(
                        value.Tag,
                        value.Vr,
                        SpecificCharacterSet.Utf8.Encode(
                            source.CharacterSet.Decode(value.Bytes.Span, value.Vr).TrimEnd([' ', '\0']),
                            value.Vr
                        )
                    ),
                    SequenceElement sequence => new SequenceElement(
                        sequence.Tag,
                        [
                            .. sequence.Items.Select(item =>
                            {
                                var recoded = new DataSet();
                                Recode(item, recoded);
                                return recoded;
                            }),
                        ]
                    ),
                    _ => element,
                }
            );
        }
    }
}
