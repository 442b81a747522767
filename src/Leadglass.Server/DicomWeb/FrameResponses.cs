using System.IO.Pipelines;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Imaging;
using Leadglass.Dicom.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.DicomWeb;

/// <summary>Retrieve frames (PS3.18 10.4.1.1.6): range reads of what is stored, or decoded where the client wants that.</summary>
internal sealed class FrameResponses(
    ImageArchive archive,
    StoredForms forms,
    InstanceTranscoder transcoder,
    EntityTags tags
)
{
    /// <summary>Answers by the path.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var found = await ResourcePath
            .Of(context)
            .FindAsync(archive.Retrieval, context.Grant(), context.RequestAborted);
        using var opened = await archive.Retrieval.OpenAsync(context.Grant(), found[0], context.RequestAborted);
        var count = await opened.CountFramesAsync(context.RequestAborted);
        if (count == 0)
        {
            throw new DicomWebException(
                StatusCodes.Status404NotFound,
                "Not found",
                "The instance has no frames: it has no pixel data."
            );
        }

        await SendAsync(
            context,
            opened,
            FrameList.Parse((string)context.Request.RouteValues["frames"]!, count),
            StoredForms.AcceptedBy(context)
        );
    }

    /// <summary>Sends frames of an opened instance, each as a part, or one as the whole body.</summary>
    public async Task SendAsync(HttpContext context, OpenedInstance opened, FrameList frames, AcceptHeader accept)
    {
        var stored = opened.TransferSyntax;
        var choice = RepresentationChoice.Of(accept, RequestedResource.Frames, isOne: frames.Count == 1);
        var form = choice.Require(stored, forms.FramesFrom(stored));
        var tag = tags.Of(
            opened.Version,
            form.MediaType.ToString(),
            form.IsMultipart ? "parts" : "one",
            string.Join(',', frames.Numbers.Take(FrameList.EntriesMax)),
            $"{frames.Count}"
        );
        if (EntityTags.AnswersNotModified(context, tag))
        {
            return;
        }

        var response = context.Response;
        var boundary = EntityTags.Boundary(tag);
        response.ContentType = (form.IsMultipart ? form.MultipartType(boundary) : form.MediaType).ToString();
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var source =
            stored.IsEncapsulated && form.TransferSyntax != stored
                ? await StoredFrames.OfFramesAsync(opened, context.RequestAborted)
                : null;
        var parts = new MultipartWriter(response.BodyWriter, boundary);
        foreach (var number in frames.Numbers)
        {
            var sink = new DeferredWriter(
                response.BodyWriter,
                _ =>
                {
                    if (form.IsMultipart)
                    {
                        parts.BeginPart(form.MediaType);
                    }
                }
            );
            await CopyAsync(opened, source, number, sink, context.RequestAborted);
            context.RequestAborted.ThrowIfCancellationRequested();
        }

        if (form.IsMultipart)
        {
            parts.Complete();
        }
    }

    private async ValueTask CopyAsync(
        OpenedInstance opened,
        EncapsulatedInstance? source,
        int number,
        PipeWriter sink,
        CancellationToken cancel
    )
    {
        if (source is null)
        {
            await opened.CopyFrameAsync(number, sink, cancel);
        }
        else
        {
            using var frame = await transcoder.DecodeFrameAsync(source, number, cancel);
            await sink.WriteAsync(frame.Bytes, cancel);
        }
    }
}
