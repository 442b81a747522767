using System.Xml;

namespace Leadglass.Dicom.Web;

/// <summary>
/// The native DICOM model, the XML form of a data set (PS3.19 A.1, PS3.18 8.7.3.2), both ways. Like DICOM JSON it keeps
/// attributes and values, not their encoding. Characters that XML 1.0 cannot say, such as the form feed that PS3.5 allows
/// in text, are written as U+FFFD.
/// </summary>
public static class NativeDicomModel
{
    /// <summary>The namespace of its elements.</summary>
    public const string Namespace = "http://dicom.nema.org/PS3.19/models/NativeDICOM";

    internal const string Root = "NativeDicomModel";
    internal const string Attribute = "DicomAttribute";

    /// <summary>The longest document that is read, in bytes: 64 MiB.</summary>
    public const int LengthMax = 64 << 20;

    private static readonly XmlWriterSettings WriterSettings = new()
    {
        Encoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        // A carriage return survives reading only as a character reference.
        NewLineHandling = NewLineHandling.Entitize,
        CheckCharacters = true,
        CloseOutput = false,
    };

    /// <summary>Writes one data set as one document, in UTF-8.</summary>
    /// <param name="bulkDataUris">As for DICOM JSON; encapsulated pixel data without a URI is left out.</param>
    public static void Write(Stream output, DataSet dataSet, BulkDataUriSource? bulkDataUris = null)
    {
        using var writer = XmlWriter.Create(output, WriterSettings);
        new NativeDicomWriter(writer, bulkDataUris).WriteDocument(dataSet);
    }

    /// <summary>One data set as a document of UTF-8.</summary>
    public static byte[] Write(DataSet dataSet, BulkDataUriSource? bulkDataUris = null)
    {
        using var output = new MemoryStream();
        Write(output, dataSet, bulkDataUris);
        return output.ToArray();
    }

    /// <summary>
    /// Reads one document. Its text becomes UTF-8 and says so. A document type declaration is refused, so that there are
    /// no entities to expand and nothing to fetch.
    /// </summary>
    /// <exception cref="DicomFormatException">It is no XML, not of the model, or exceeds a limit. Positions are line
    /// numbers where the XML is wrong, else bytes of the equal DICOM JSON.</exception>
    public static DataSet Read(ReadOnlyMemory<byte> xml, ReadLimits? limits = null, BulkDataResolver? bulkData = null)
    {
        limits ??= ReadLimits.Default;
        var lengthMax = Math.Min(LengthMax, limits.FileBytesMax);
        if (xml.Length > lengthMax)
        {
            throw new DicomFormatException("The XML is longer than the limit", lengthMax, null, nameof(LengthMax));
        }

        // One place knows how values of each VR are encoded: the reader of DICOM JSON, which says the same things.
        return DicomJson.Read(NativeDicomTranslation.ToJson(xml, limits), limits, bulkData);
    }
}
