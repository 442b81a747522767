using System.IO.Compression;
using Leadglass.Archive;
using Leadglass.Dicom.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Leadglass.Server.DicomWeb;

/// <summary>
/// Retrieve metadata (PS3.18 10.4.1.1.2): the archive's ready-made DICOM JSON, compressed as it lies there when the client
/// takes that.
/// </summary>
internal sealed class MetadataResponses(ImageArchive archive, EntityTags tags)
{
    private const string Gzip = "gzip";

    public async Task AnswerAsync(HttpContext context)
    {
        var path = ResourcePath.Of(context);
        var form = RepresentationChoice.OfDataSets(StoredForms.AcceptedBy(context), isOne: path.Instance is not null);
        var metadata = await FindAsync(context, path);
        var isCompressed = (form is DataSetForm.DicomJson or DataSetForm.Json) && TakesGzip(context.Request);
        var response = context.Response;
        response.Headers.Vary = "Accept, Accept-Encoding";
        var tag = tags.Of([.. metadata.Select(part => part.Version), $"{form}", isCompressed ? Gzip : "plain"]);
        if (EntityTags.AnswersNotModified(context, tag))
        {
            return;
        }

        if (form is DataSetForm.Xml or DataSetForm.MultipartXml)
        {
            await MetadataXml.SendAsync(context, metadata, form, tag);
            return;
        }

        response.ContentType = (form is DataSetForm.Json ? MediaType.Json : MediaType.DicomJson).Essence;
        if (isCompressed)
        {
            response.Headers.ContentEncoding = Gzip;
        }

        await SendJsonAsync(context, metadata, isCompressed);
    }

    private async ValueTask<IReadOnlyList<ReadyMetadata>> FindAsync(HttpContext context, ResourcePath path)
    {
        var (grant, cancel) = (context.Grant(), context.RequestAborted);
        if (path.Series is not { } series)
        {
            var all = await archive.Retrieval.MetadataAsync(grant, path.Study, cancel);
            return all.Count > 0 ? all : throw ResourcePath.NotFound();
        }

        var one = path.Instance is { } instance
            ? await archive.Retrieval.MetadataAsync(grant, path.Study, series, instance, cancel)
            : await archive.Retrieval.MetadataAsync(grant, path.Study, series, cancel);
        return [one ?? throw ResourcePath.NotFound()];
    }

    private static bool TakesGzip(HttpRequest request) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var codings)
        && codings.Any(coding =>
            coding.Value.Equals(Gzip, StringComparison.OrdinalIgnoreCase) && coding.Quality is not 0
        );

    private static async Task SendJsonAsync(
        HttpContext context,
        IReadOnlyList<ReadyMetadata> metadata,
        bool isCompressed
    )
    {
        var response = context.Response;
        if (metadata is [var only])
        {
            response.ContentLength = isCompressed ? only.Compressed.Length : only.UncompressedLength;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        if (metadata is not [var one])
        {
            await SendJoinedAsync(response, metadata, isCompressed, context.RequestAborted);
        }
        else if (isCompressed)
        {
            await response.BodyWriter.WriteAsync(one.Compressed, context.RequestAborted);
        }
        else
        {
            await using var plain = one.OpenRead();
            await plain.CopyToAsync(response.Body, context.RequestAborted);
        }
    }

    /// <summary>The arrays of several series become one.</summary>
    private static async Task SendJoinedAsync(
        HttpResponse response,
        IReadOnlyList<ReadyMetadata> metadata,
        bool isCompressed,
        CancellationToken cancel
    )
    {
        await using var compressing = isCompressed
            ? new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true)
            : null;
        var output = compressing ?? response.Body;
        for (var i = 0; i < metadata.Count; i++)
        {
            await output.WriteAsync(i == 0 ? "["u8.ToArray() : ","u8.ToArray(), cancel);
            await using var array = metadata[i].OpenRead();
            await ArrayInside.CopyAsync(array, metadata[i].UncompressedLength, output, cancel);
        }

        await output.WriteAsync("]"u8.ToArray(), cancel);
    }
}
