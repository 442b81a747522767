using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Leadglass.Dicom;

/// <summary>Says where the value of an attribute lies outside the JSON (PS3.18 F.2.2); null keeps it inside.</summary>
/// <param name="path">The way to the attribute: tags and item numbers from 0, such as 00081115/0/00080018.</param>
/// <param name="element">The attribute, never a sequence.</param>
public delegate string? BulkDataUriSource(string path, DataElement element);

/// <summary>Fetches what a BulkDataURI names; null leaves the attribute out of the data set.</summary>
public delegate byte[]? BulkDataResolver(DicomTag tag, ValueRepresentation vr, string uri);

/// <summary>
/// The DICOM JSON Model (PS3.18 Annex F), both ways. It keeps attributes and values, not the encoding: padding, group
/// lengths, group 0002 and the original character set do not pass.
/// </summary>
public static class DicomJson
{
    /// <summary>How our JSON is written: compact, and letters of all scripts as themselves. Not for embedding in HTML.</summary>
    public static JsonWriterOptions WriterOptions { get; } =
        new()
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            SkipValidation = true,
            MaxDepth = 1000,
        };

    /// <summary>
    /// Writes one data set as one object. Encapsulated pixel data for which the source gives no URI is left out, since
    /// the model has no other place for it.
    /// </summary>
    public static void Write(Utf8JsonWriter writer, DataSet dataSet, BulkDataUriSource? bulkDataUris = null) =>
        new DicomJsonWriter(writer, bulkDataUris).Write(dataSet);

    /// <summary>One data set as UTF-8 JSON.</summary>
    public static byte[] Write(DataSet dataSet, BulkDataUriSource? bulkDataUris = null)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WriterOptions))
        {
            Write(writer, dataSet, bulkDataUris);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Reads one data set from one object. Its text is encoded in UTF-8 and it says so. Numbers may be strings and the
    /// other way round, as many writers have it; a missing vr is that of the dictionary.
    /// </summary>
    /// <exception cref="DicomFormatException">It is no JSON, no DICOM JSON, or exceeds a limit; positions are those in
    /// the JSON.</exception>
    public static DataSet Read(ReadOnlySpan<byte> json, ReadLimits? limits = null, BulkDataResolver? bulkData = null)
    {
        var dataSets = new DicomJsonReader(limits ?? ReadLimits.Default, bulkData).ReadAll(json);
        return dataSets.Count == 1
            ? dataSets[0]
            : throw new DicomFormatException("One data set is expected", 0, tag: null, "PS3.18 F.2.1");
    }

    /// <summary>Reads an array of data sets, as services answer and STOW-RS takes it; a single object counts as one.</summary>
    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<DataSet> ReadAll(
        ReadOnlySpan<byte> json,
        ReadLimits? limits = null,
        BulkDataResolver? bulkData = null
    ) => new DicomJsonReader(limits ?? ReadLimits.Default, bulkData).ReadAll(json);
}
