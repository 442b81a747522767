using System.Text.Json;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Writes the attributes of an instance as WADO-RS metadata has them (PS3.18 10.4.1.1.2, F.2.2).</summary>
internal static class MetadataJson
{
    /// <summary>Bytes beyond this go out by their own path.</summary>
    public const int InlineBinaryBytesMax = 4 << 10;

    /// <summary>Text beyond this goes out by its own path.</summary>
    public const int InlineTextBytesMax = 64 << 10;

    public static void Write(Utf8JsonWriter writer, StoredHeader header, string instancePath)
    {
        var dataSet = header.DataSet;
        var elsewhere = header.LongValues.Select(pair => (Tag: pair.Key, pair.Value.Vr)).ToList();
        if (header.PixelData is { } pixels)
        {
            elsewhere.Add((pixels.Tag, pixels.Vr));
        }

        if (elsewhere.Count > 0)
        {
            dataSet = CopyOf(dataSet);
            AddTrailer(dataSet, header.Trailer);
            foreach (var (tag, vr) in elsewhere)
            {
                // Stands for the value, which is not here.
                dataSet.Set(new ValueElement(tag, vr, new byte[8]));
            }
        }

        DicomJson.Write(
            writer,
            dataSet,
            (path, element) => IsElsewhere(path, element, elsewhere) ? $"{instancePath}/bulkdata/{path}" : null
        );
    }

    /// <summary>The path of an instance below the DICOMweb root.</summary>
    public static string PathOf(string study, string series, string instance) =>
        $"/dicom-web/studies/{study}/series/{series}/instances/{instance}";

    private static bool IsElsewhere(
        string path,
        DataElement element,
        List<(DicomTag Tag, ValueRepresentation Vr)> elsewhere
    ) =>
        element is ValueElement value
        && (
            value.Bytes.Length > (value.Vr.IsBulk ? InlineBinaryBytesMax : InlineTextBytesMax)
            || (!path.Contains('/') && elsewhere.Exists(one => one.Tag == element.Tag))
        );

    /// <summary>What stands before the pixel data counts where both have an attribute.</summary>
    private static void AddTrailer(DataSet dataSet, DataSet? trailer)
    {
        foreach (var element in trailer ?? [])
        {
            if (!dataSet.Contains(element.Tag) && element is not FragmentsElement)
            {
                dataSet.Set(RowContent.Copy(element));
            }
        }
    }

    private static DataSet CopyOf(DataSet dataSet)
    {
        var copy = new DataSet();
        foreach (var element in dataSet)
        {
            copy.Set(element);
        }

        return copy;
    }
}
