using System.Runtime.InteropServices;
using System.Text.Json;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.DicomWeb;

/// <summary>Metadata as the native DICOM model (PS3.19 A.1), one document for each instance.</summary>
internal static class MetadataXml
{
    // XML is made from the whole JSON of a series; whoever needs more takes JSON, which streams.
    private const long JsonBytesMax = 64 << 20;

    // Long enough for a value of any representation. The writer names the URI instead.
    private static readonly byte[] Placeholder = new byte[8];

    /// <exception cref="DicomWebException">406: too much for XML.</exception>
    public static async Task SendAsync(
        HttpContext context,
        IReadOnlyList<ReadyMetadata> metadata,
        DataSetForm form,
        string tag
    )
    {
        if (metadata.Sum(part => part.UncompressedLength) > JsonBytesMax)
        {
            throw new DicomWebException(
                StatusCodes.Status406NotAcceptable,
                "Not acceptable",
                "There is too much metadata for XML: ask for JSON, or series by series.",
                [MediaType.DicomJson.Essence]
            );
        }

        var response = context.Response;
        var boundary = EntityTags.Boundary(tag);
        response.ContentType =
            form is DataSetForm.Xml
                ? MediaType.DicomXml.Essence
                : MediaType
                    .MultipartRelated.With("type", MediaType.DicomXml.Essence)
                    .With("boundary", boundary)
                    .ToString();
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var parts = new MultipartWriter(response.BodyWriter, boundary);
        foreach (var part in metadata)
        {
            await using var json = part.OpenRead();
            using var document = await JsonDocument.ParseAsync(json, cancellationToken: context.RequestAborted);
            foreach (var instance in document.RootElement.EnumerateArray())
            {
                var xml = Translate(instance);
                if (form is DataSetForm.MultipartXml)
                {
                    parts.BeginPart(MediaType.DicomXml, contentLength: xml.Length);
                }

                await response.BodyWriter.WriteAsync(xml, context.RequestAborted);
            }
        }

        if (form is DataSetForm.MultipartXml)
        {
            parts.Complete();
        }
    }

    private static byte[] Translate(JsonElement instance)
    {
        var uris = new Dictionary<string, string>(StringComparer.Ordinal);
        var dataSet = DicomJson.Read(
            JsonMarshal.GetRawUtf8Value(instance),
            bulkData: (_, _, uri) =>
            {
                if (!BulkDataUri.TryParse(uri, out var named))
                {
                    return null;
                }

                uris[named!.Path.ToString()] = uri;
                return Placeholder;
            }
        );
        return NativeDicomModel.Write(dataSet, (path, _) => uris.GetValueOrDefault(path));
    }
}
