using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Xml;

namespace Leadglass.Dicom.Web;

/// <summary>Turns the native DICOM model into DICOM JSON, element by element, within limits.</summary>
internal sealed class NativeDicomTranslation
{
    /// <summary>A gap in the numbers of values stands for empty values, so many at most.</summary>
    private const int GapMax = 1024;

    private readonly XmlReader _xml;
    private readonly Utf8JsonWriter _json;
    private readonly ReadLimits _limits;
    private int _elements;

    private NativeDicomTranslation(XmlReader xml, Utf8JsonWriter json, ReadLimits limits) =>
        (_xml, _json, _limits) = (xml, json, limits);

    /// <summary>The components of a name's group in their order (PS3.5 6.2.1.1).</summary>
    public static string[] NameComponents { get; } =
    ["FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"];

    private int Line => ((IXmlLineInfo)_xml).LineNumber;

    /// <summary>The same data set as DICOM JSON.</summary>
    public static ReadOnlySpan<byte> ToJson(ReadOnlyMemory<byte> document, ReadLimits limits)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            MaxCharactersInDocument = NativeDicomModel.LengthMax,
        };
        var json = new ArrayBufferWriter<byte>();
        using var stream = new MemoryStream(document.ToArray(), writable: false);
        using var xml = XmlReader.Create(stream, settings);
        using (var writer = new Utf8JsonWriter(json, DicomJson.WriterOptions))
        {
            var translation = new NativeDicomTranslation(xml, writer, limits);
            try
            {
                translation.TranslateDocument();
            }
            catch (XmlException problem)
            {
                // The framework's message may quote the text.
                throw new DicomFormatException("The XML is broken in this line", problem.LineNumber, null, "XML 1.0");
            }
        }

        return json.WrittenSpan;
    }

    private void TranslateDocument()
    {
        _ = _xml.MoveToContent();
        if (!IsElement(NativeDicomModel.Root))
        {
            throw Broken("The document's element is not NativeDicomModel");
        }

        TranslateAttributes(NativeDicomModel.Root, depth: 0);
        _ = _xml.Read();
        if (_xml.MoveToContent() is not XmlNodeType.None)
        {
            throw Broken("Something follows the data set");
        }
    }

    /// <summary>The attributes within the element at hand, up to its end.</summary>
    private void TranslateAttributes(string parent, int depth)
    {
        if (depth > _limits.NestingMax)
        {
            throw Broken("Sequences nest too deeply");
        }

        _json.WriteStartObject();
        foreach (var _ in Children(parent))
        {
            if (!IsElement(NativeDicomModel.Attribute))
            {
                throw Broken("An element other than DicomAttribute stands in a data set");
            }

            Count();
            TranslateAttribute(depth);
        }

        _json.WriteEndObject();
    }

    private void TranslateAttribute(int depth)
    {
        var tag = _xml.GetAttribute("tag");
        var vr = _xml.GetAttribute("vr");
        if (tag is not { Length: 8 } || !tag.All(char.IsAsciiHexDigit) || vr is { Length: not 2 })
        {
            throw Broken("A DicomAttribute has no tag of eight hexadecimal digits, or a vr that is none");
        }

        _json.WriteStartObject(tag);
        if (vr is not null)
        {
            _json.WriteString("vr"u8, vr);
        }

        string? kind = null;
        var count = 0;
        foreach (var name in Children(NativeDicomModel.Attribute))
        {
            Count();
            if (kind is null)
            {
                kind = name;
                Begin(kind);
            }
            else if (kind != name || kind is "BulkData" or "InlineBinary")
            {
                throw Broken("A DicomAttribute has values of two kinds, or two where one can be");
            }

            TranslateChild(name, ref count, depth);
        }

        if (kind is "Value" or "PersonName" or "Item")
        {
            _json.WriteEndArray();
        }

        _json.WriteEndObject();
    }

    private void Begin(string kind)
    {
        switch (kind)
        {
            case "Value" or "PersonName" or "Item":
                _json.WriteStartArray("Value"u8);
                break;
            case "InlineBinary":
                _json.WritePropertyName("InlineBinary"u8);
                break;
            case "BulkData":
                _json.WritePropertyName("BulkDataURI"u8);
                break;
            default:
                throw Broken("A DicomAttribute has an element of no kind that the model knows");
        }
    }

    private void TranslateChild(string name, ref int count, int depth)
    {
        switch (name)
        {
            case "BulkData":
                _json.WriteStringValue(
                    _xml.GetAttribute("uri") ?? _xml.GetAttribute("uuid") ?? throw Broken("BulkData has no uri")
                );
                RequireNoContent();
                break;
            case "InlineBinary":
                _json.WriteStringValue(Compact(Text()));
                break;
            case "Item":
                FillGap(ref count);
                TranslateAttributes("Item", depth + 1);
                break;
            case "PersonName":
                FillGap(ref count);
                TranslateName();
                break;
            default:
                FillGap(ref count);
                if (Text() is { Length: > 0 } text)
                {
                    _json.WriteStringValue(text);
                }
                else
                {
                    _json.WriteNullValue();
                }

                break;
        }
    }

    /// <summary>Values may be left out where they are empty: the numbers tell.</summary>
    private void FillGap(ref int count)
    {
        var isNumber = int.TryParse(
            _xml.GetAttribute("number"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        );
        if (!isNumber || number <= count || number - count > GapMax)
        {
            throw Broken("The numbers of values are whole, from 1, and ascend");
        }

        for (count++; count < number; count++)
        {
            Count();
            _json.WriteNullValue();
        }
    }

    private void TranslateName()
    {
        _json.WriteStartObject();
        HashSet<string> seen = [];
        foreach (var group in Children("PersonName"))
        {
            if (group is not ("Alphabetic" or "Ideographic" or "Phonetic") || !seen.Add(group))
            {
                throw Broken("A PersonName has Alphabetic, Ideographic and Phonetic, each once");
            }

            var components = new string[NameComponents.Length];
            foreach (var component in Children(group))
            {
                var index = Array.IndexOf(NameComponents, component);
                if (index < 0 || components[index] is not null)
                {
                    throw Broken("A name's group has five components, each once");
                }

                components[index] = Text();
                // At the very end a delimiter parts nothing, and names of devices have such.
                if (
                    (components[index].Contains('^') && index < components.Length - 1)
                    || (components[index].Contains('=') && group is not "Phonetic")
                )
                {
                    throw Broken("A component of a name contains a delimiter");
                }
            }

            _json.WriteString(group, string.Join('^', components).TrimEnd('^'));
        }

        _json.WriteEndObject();
    }

    /// <summary>The names of the elements within the one at hand, while the reader stands at each.</summary>
    private IEnumerable<string> Children(string parent)
    {
        if (_xml.IsEmptyElement)
        {
            yield break;
        }

        while (_xml.Read() && _xml.NodeType is not XmlNodeType.EndElement)
        {
            switch (_xml.NodeType)
            {
                case XmlNodeType.Element when _xml.NamespaceURI is NativeDicomModel.Namespace or "":
                    yield return _xml.LocalName;
                    break;
                case XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    break;
                default:
                    throw Broken($"Text or a foreign element stands within {parent}");
            }
        }
    }

    private string Text()
    {
        if (_xml.IsEmptyElement)
        {
            return "";
        }

        var text = new System.Text.StringBuilder();
        while (_xml.Read() && _xml.NodeType is not XmlNodeType.EndElement)
        {
            if (
                _xml.NodeType
                is not (
                    XmlNodeType.Text
                    or XmlNodeType.CDATA
                    or XmlNodeType.Whitespace
                    or XmlNodeType.SignificantWhitespace
                )
            )
            {
                throw Broken("An element stands within a value");
            }

            text.Append(_xml.Value);
        }

        return text.ToString();
    }

    private void RequireNoContent()
    {
        if (Text().Length > 0)
        {
            throw Broken("BulkData has content");
        }
    }

    private bool IsElement(string name) =>
        _xml.NodeType is XmlNodeType.Element
        && _xml.LocalName == name
        && _xml.NamespaceURI is NativeDicomModel.Namespace or "";

    private void Count()
    {
        if (++_elements > _limits.ElementCountMax)
        {
            throw Broken("There are too many elements");
        }
    }

    private static string Compact(string base64) =>
        string.Concat(base64.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private DicomFormatException Broken(string problem) => new(problem, Line, tag: null, "PS3.19 A.1.6");
}
