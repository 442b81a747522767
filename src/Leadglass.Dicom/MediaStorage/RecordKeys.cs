using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>Copies the keys of a directory record out of an instance, of which nothing else stays in memory.</summary>
internal static class RecordKeys
{
    /// <param name="number">Stands in for a number that the instance lacks and the record must have.</param>
    public static DataSet Copy(DataSet instance, IReadOnlyList<DicomTag> keys, int number)
    {
        var record = new DataSet();
        if (instance.Find(DicomTag.SpecificCharacterSet) is { } characterSet)
        {
            record.Set(Clone(characterSet));
        }

        foreach (var tag in keys)
        {
            if (instance.Find(tag) is { } element and not FragmentsElement)
            {
                record.Set(Clone(element));
            }
            else if (tag != DicomTag.NumberOfFrames && tag != DicomTag.ReferencedSeriesSequence)
            {
                record.SetEmpty(tag);
            }

            var isNumber = tag == DicomTag.InstanceNumber || tag == DicomTag.SeriesNumber || tag == DicomTag.StudyID;
            if (isNumber && record.GetString(tag) is null)
            {
                record.SetString(tag, number.ToString(CultureInfo.InvariantCulture));
            }
        }

        return record;
    }

    private static DataElement Clone(DataElement element)
    {
        if (element is SequenceElement sequence)
        {
            return new SequenceElement(element.Tag, [.. sequence.Items.Select(CloneItem)]);
        }

        var value = (ValueElement)element;
        var vr = value.Vr.IsKnown ? value.Vr : ValueRepresentation.UN;
        return new ValueElement(value.Tag, vr, value.LittleEndianBytes.ToArray());
    }

    private static DataSet CloneItem(DataSet item)
    {
        var copy = new DataSet();
        foreach (var element in item)
        {
            if (element is not FragmentsElement)
            {
                copy.Set(Clone(element));
            }
        }

        return copy;
    }
}
