using System.Globalization;
using System.Xml;

namespace Leadglass.Dicom.Web;

/// <summary>Writes data sets as elements of PS3.19 A.1.6.</summary>
internal sealed class NativeDicomWriter(XmlWriter writer, BulkDataUriSource? bulkDataUris)
{
    private readonly List<string> _path = [];

    public void WriteDocument(DataSet dataSet)
    {
        writer.WriteStartDocument();
        writer.WriteStartElement(NativeDicomModel.Root, NativeDicomModel.Namespace);
        writer.WriteAttributeString("xml", "space", null, "preserve");
        WriteAttributes(dataSet);
        writer.WriteEndElement();
        writer.WriteEndDocument();
    }

    private void WriteAttributes(DataSet dataSet)
    {
        foreach (var element in dataSet)
        {
            if (element.Tag is not { Group: 0x0002 } and not { IsGroupLength: true, Group: not 0x0000 })
            {
                WriteAttribute(dataSet, element);
            }
        }
    }

    private void WriteAttribute(DataSet dataSet, DataElement element)
    {
        var uri = element is SequenceElement || element.IsEmpty ? null : BulkDataUri(element);
        if (uri is null && element is FragmentsElement { IsEmpty: false })
        {
            return;
        }

        var vr = VrOf(element);
        writer.WriteStartElement(NativeDicomModel.Attribute, NativeDicomModel.Namespace);
        writer.WriteAttributeString("tag", element.Tag.Value.ToString("X8", CultureInfo.InvariantCulture));
        writer.WriteAttributeString("vr", vr.Code);
        if (!element.Tag.IsPrivate && DicomDictionary.Find(element.Tag) is { } entry)
        {
            writer.WriteAttributeString("keyword", entry.Keyword);
        }
        else if (element.Tag.PrivateCreator is { } creator && dataSet.GetString(creator) is { } name)
        {
            writer.WriteAttributeString("privateCreator", XmlText.Clean(name));
        }

        if (uri is not null)
        {
            writer.WriteStartElement("BulkData", NativeDicomModel.Namespace);
            writer.WriteAttributeString("uri", uri);
            writer.WriteEndElement();
        }
        else if (!element.IsEmpty)
        {
            WriteValue(dataSet, element, vr);
        }

        writer.WriteEndElement();
    }

    private static ValueRepresentation VrOf(DataElement element) =>
        element.Tag == DicomTag.SpecificCharacterSet ? ValueRepresentation.CS
        : element is SequenceElement ? ValueRepresentation.SQ
        : element.Vr.IsKnown ? element.Vr
        : ValueRepresentation.UN;

    private string? BulkDataUri(DataElement element) =>
        bulkDataUris?.Invoke(
            string.Concat(_path) + element.Tag.Value.ToString("X8", CultureInfo.InvariantCulture),
            element
        );

    private void WriteValue(DataSet dataSet, DataElement element, ValueRepresentation vr)
    {
        switch (element)
        {
            case SequenceElement sequence:
                WriteItems(sequence);
                break;
            // Whatever the bytes were, this text is Unicode.
            case ValueElement when element.Tag == DicomTag.SpecificCharacterSet:
                WriteValues(["ISO_IR 192"]);
                break;
            case ValueElement value when vr.IsBulk:
                writer.WriteStartElement("InlineBinary", NativeDicomModel.Namespace);
                var bytes = value.LittleEndianBytes.ToArray();
                writer.WriteBase64(bytes, 0, bytes.Length);
                writer.WriteEndElement();
                break;
            case ValueElement when vr is ValueRepresentation.PN:
                WriteNames(dataSet.GetStrings(element.Tag));
                break;
            default:
                WriteValues(dataSet.GetStrings(element.Tag));
                break;
        }
    }

    private void WriteItems(SequenceElement sequence)
    {
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            _path.Add($"{sequence.Tag.Value:X8}/{i}/");
            StartNumbered("Item", i);
            WriteAttributes(sequence.Items[i]);
            writer.WriteEndElement();
            _path.RemoveAt(_path.Count - 1);
        }
    }

    private void WriteValues(IReadOnlyList<string> values)
    {
        if (values is [""])
        {
            return;
        }

        for (var i = 0; i < values.Count; i++)
        {
            StartNumbered("Value", i);
            writer.WriteString(XmlText.Clean(values[i]));
            writer.WriteEndElement();
        }
    }

    private void WriteNames(IReadOnlyList<string> names)
    {
        if (names is [""])
        {
            return;
        }

        for (var i = 0; i < names.Count; i++)
        {
            var groups = names[i].Split('=', 3);
            StartNumbered("PersonName", i);
            WriteGroup("Alphabetic", groups, 0);
            WriteGroup("Ideographic", groups, 1);
            WriteGroup("Phonetic", groups, 2);
            writer.WriteEndElement();
        }
    }

    private void WriteGroup(string element, string[] groups, int index)
    {
        if (index >= groups.Length || groups[index].Trim(' ').Length == 0)
        {
            return;
        }

        writer.WriteStartElement(element, NativeDicomModel.Namespace);
        var components = groups[index].TrimEnd(' ').Split('^', NativeDicomTranslation.NameComponents.Length);
        for (var i = 0; i < components.Length; i++)
        {
            if (components[i].Length > 0)
            {
                writer.WriteElementString(
                    NativeDicomTranslation.NameComponents[i],
                    NativeDicomModel.Namespace,
                    XmlText.Clean(components[i])
                );
            }
        }

        writer.WriteEndElement();
    }

    private void StartNumbered(string element, int index)
    {
        writer.WriteStartElement(element, NativeDicomModel.Namespace);
        writer.WriteAttributeString("number", (index + 1).ToString(CultureInfo.InvariantCulture));
    }
}
