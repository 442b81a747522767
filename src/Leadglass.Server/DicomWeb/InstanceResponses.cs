using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Imaging;
using Leadglass.Dicom.Web;
using Leadglass.Server.Associations;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.DicomWeb;

/// <summary>Retrieve study, series and instance (PS3.18 10.4.1.1.1 to 10.4.1.1.3), and WADO-URI (PS3.18 9.4).</summary>
internal sealed class InstanceResponses(
    ImageArchive archive,
    AccessPolicy policy,
    StoredForms forms,
    InstanceTranscoder transcoder,
    EntityTags tags,
    TimeProvider clock
)
{
    /// <summary>Answers by the path.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var instances = await ResourcePath
            .Of(context)
            .FindAsync(archive.Retrieval, context.Grant(), context.RequestAborted);
        var choice = RepresentationChoice.Of(
            StoredForms.AcceptedBy(context),
            RequestedResource.Instances,
            isOne: instances is [_]
        );
        if (instances is [var one] && Choose(choice, one) is { IsMultipart: false } single)
        {
            await SendFileAsync(context, one, single);
            return;
        }

        var outgoing = instances
            .Select(instance => (Instance: instance, Form: Choose(choice, instance, multipart: true)))
            .Where(chosen => chosen.Form is not null)
            .ToList();
        if (outgoing.Count == 0)
        {
            throw forms.NotAcceptable(choice, instances[0].TransferSyntax);
        }

        // PS3.18 8.5: some of what was asked for cannot be given as asked.
        var status = outgoing.Count == instances.Count ? StatusCodes.Status200OK : StatusCodes.Status206PartialContent;
        await SendPartsAsync(context, outgoing!, status);
    }

    /// <summary>Answers by the query of WADO-URI.</summary>
    public async Task AnswerUriAsync(HttpContext context)
    {
        var query = WadoUriQuery.Parse(context.Request.QueryString.Value, context.Request.Headers.Accept.ToString());
        if (query.AsksForRendering)
        {
            await Rendering.RefuseAsync(context);
            return;
        }

        var found = await new ResourcePath(query.Study, query.Series, query.Instance).FindAsync(
            archive.Retrieval,
            context.Grant(),
            context.RequestAborted
        );
        var choice = RepresentationChoice.Of(
            query.ContentTypes,
            RequestedResource.Instances,
            isOne: true,
            query.TransferSyntax
        );
        await SendFileAsync(
            context,
            found[0],
            Choose(choice, found[0], multipart: false) ?? throw forms.NotAcceptable(choice, found[0].TransferSyntax)
        );
    }

    private Representation? Choose(RepresentationChoice choice, ArchivedInstance instance, bool? multipart = null) =>
        choice.Find(instance.TransferSyntax, forms.From(instance.TransferSyntax), multipart);

    /// <summary>One instance as the whole body.</summary>
    private async Task SendFileAsync(HttpContext context, ArchivedInstance instance, Representation form)
    {
        var tally = Tally(context);
        using var opened = await archive.Retrieval.OpenAsync(context.Grant(), instance, context.RequestAborted);
        if (EntityTags.AnswersNotModified(context, tags.Of(opened.Version, form.MediaType.ToString())))
        {
            return;
        }

        tally.Began(instance.Facts);
        var outgoing = new OutgoingInstance(opened, form.TransferSyntax!, transcoder);
        context.Response.ContentType = form.MediaType.ToString();
        context.Response.ContentLength = outgoing.LengthBytes;
        if (
            HttpMethods.IsHead(context.Request.Method)
            || await outgoing.CopyAsync(context.Response.BodyWriter, static _ => { }, context.RequestAborted)
        )
        {
            tally.Sent(instance.Facts);
        }
    }

    private async Task SendPartsAsync(
        HttpContext context,
        IReadOnlyList<(ArchivedInstance Instance, Representation Form)> outgoing,
        int status
    )
    {
        var boundary = MultipartWriter.NewBoundary();
        var writer = new MultipartWriter(context.Response.BodyWriter, boundary);
        var lease = new GrantLease(policy, context.Grant(), clock);
        var tally = Tally(context, lease);
        Exception? failure = null;
        foreach (var (instance, form) in outgoing)
        {
            tally.Began(instance.Facts);
            var hasBegun = false;
            try
            {
                using var opened = await archive.Retrieval.OpenAsync(lease.Current, instance, context.RequestAborted);
                if (!context.Response.HasStarted)
                {
                    context.Response.StatusCode = status;
                    context.Response.ContentType = form.MultipartType(boundary).ToString();
                    if (HttpMethods.IsHead(context.Request.Method))
                    {
                        return;
                    }
                }

                var file = new OutgoingInstance(opened, form.TransferSyntax!, transcoder);
                if (!await file.CopyAsync(context.Response.BodyWriter, Begin, context.RequestAborted))
                {
                    return;
                }

                void Begin(PipeWriter _)
                {
                    hasBegun = true;
                    writer.BeginPart(form.MediaType, contentLength: file.LengthBytes);
                }
            }
            catch (Exception ofOne) when (!hasBegun && IsOfOneInstance(ofOne))
            {
                // The others go on; the trail has this one as not sent.
                failure ??= ofOne;
                status = StatusCodes.Status206PartialContent;
                continue;
            }

            tally.Sent(instance.Facts);
        }

        if (failure is not null && !context.Response.HasStarted)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        writer.Complete();
    }

    /// <summary>Nothing that a busy decoder would do for each of them.</summary>
    private static bool IsOfOneInstance(Exception failure) =>
        failure
            is InstanceWithdrawnException
                or FrameUnavailableException
                or PixelDataException { Problem: not PixelDataProblem.Busy };

    private SendTally Tally(HttpContext context, GrantLease? lease = null)
    {
        var tally = new SendTally();
        var used = lease ?? new GrantLease(policy, context.Grant(), clock);
        // When the answer is over, whole or broken off: the trail says what became of it.
        context.Response.OnCompleted(() => tally.RecordAsync(used, CancellationToken.None));
        return tally;
    }
}
