using Leadglass.Archive;
using Leadglass.Dicom.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.DicomWeb;

/// <summary>
/// Retrieve bulk data (PS3.18 10.4.1.1.5): one value, with ranges (RFC 9110 14). Always as octets: a media type that an
/// instance claims for its content would let whoever made it run scripts here.
/// </summary>
internal sealed class BulkDataResponses(ImageArchive archive, FrameResponses frames, EntityTags tags)
{
    public async Task AnswerAsync(HttpContext context)
    {
        var cancel = context.RequestAborted;
        var found = await ResourcePath.Of(context).FindAsync(archive.Retrieval, context.Grant(), cancel);
        using var opened = await archive.Retrieval.OpenAsync(context.Grant(), found[0], cancel);
        var value =
            await opened.ReadBulkDataAsync((string)context.Request.RouteValues["path"]!, cancel)
            ?? throw new DicomWebException(
                StatusCodes.Status404NotFound,
                "Not found",
                "The instance has no such value by this path."
            );
        var accept = StoredForms.AcceptedBy(context);
        if (value.Length is not { } length)
        {
            // Encapsulated pixel data is given as its frames (PS3.18 8.7.3.3).
            var count = await opened.CountFramesAsync(cancel);
            await frames.SendAsync(context, opened, FrameList.Parse($"1-{count}", count), accept);
            return;
        }

        var form = RepresentationChoice
            .Of(accept, RequestedResource.BulkData, isOne: true)
            .Require(opened.TransferSyntax, static _ => false);
        var tag = tags.Of(
            opened.Version,
            "bulk data",
            form.IsMultipart ? "parts" : "one",
            (string)context.Request.RouteValues["path"]!
        );
        if (EntityTags.AnswersNotModified(context, tag))
        {
            return;
        }

        if (form.IsMultipart)
        {
            await SendPartAsync(context, opened, value, length, form, tag);
        }
        else
        {
            await SendAsync(context, opened, value, length, tag);
        }
    }

    private static async Task SendPartAsync(
        HttpContext context,
        OpenedInstance opened,
        BulkData value,
        long length,
        Representation form,
        string tag
    )
    {
        var boundary = EntityTags.Boundary(tag);
        context.Response.ContentType = form.MultipartType(boundary).ToString();
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var output = context.Response.BodyWriter;
        var parts = new MultipartWriter(output, boundary);
        parts.BeginPart(form.MediaType, contentLength: length);
        await opened.CopyBulkDataAsync(value, 0, length, output, context.RequestAborted);
        parts.Complete();
    }

    private static async Task SendAsync(
        HttpContext context,
        OpenedInstance opened,
        BulkData value,
        long length,
        string tag
    )
    {
        var response = context.Response;
        response.Headers.AcceptRanges = "bytes";
        var range = EntityTags.AllowsRange(context, tag) ? Range(context, length) : null;
        if (range is { } part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = part.ContentRange;
        }

        var (offset, count) = range is { } some ? (some.Offset, some.Length) : (0, length);
        response.ContentType = MediaType.OctetStream.Essence;
        response.Headers.ContentDisposition = "attachment";
        response.ContentLength = count;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await opened.CopyBulkDataAsync(value, offset, count, response.BodyWriter, context.RequestAborted);
        }
    }

    private static ByteRange? Range(HttpContext context, long length)
    {
        try
        {
            return ByteRange.Parse(context.Request.Headers.Range.ToString(), length);
        }
        catch (DicomWebException)
        {
            context.Response.Headers.ContentRange = ByteRange.Unsatisfied(length);
            throw;
        }
    }
}
