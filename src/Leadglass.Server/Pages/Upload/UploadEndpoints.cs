using System.Text.Json;
using Leadglass.Access;
using Leadglass.Dicom.Web;
using Leadglass.Server.DicomWeb;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Pages.Upload;

/// <summary>
/// Upload from a browser: a page, and where its script sends one file after another. A file goes the way of STOW-RS; it
/// has a path of its own, because a browser that holds the viewer's cookie is heard at the DICOMweb paths as the viewer.
/// </summary>
internal sealed class UploadEndpoints(ArchiveHost host)
{
    /// <summary>The longest file: 16 GiB. It streams.</summary>
    private const long FileBytesMax = 16L << 30;

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapPage<UploadEndpoints>("/upload", (_, context) => context.RenderAsync<UploadPage>(Visitors.Of(context)))
            .RequireCaller(Operation.Store);
        endpoints
            .MapPost(
                "/upload/file",
                context => context.RequestServices.GetRequiredService<UploadEndpoints>().StoreAsync(context)
            )
            .RequireCaller(Operation.Store)
            .BodyUpTo(FileBytesMax);
    }

    private async Task StoreAsync(HttpContext context)
    {
        if (context.Request.ContentType != MediaType.Dicom.Essence)
        {
            await Problems.WriteAsync(
                context,
                StatusCodes.Status400BadRequest,
                "Not from the upload page",
                "A file is sent as application/dicom."
            );
            return;
        }
        var transaction = new StowTransaction(host, context.Grant(), study: null);
        var outcomes = await transaction.StoreFileAsync(context.Request.BodyReader, context.RequestAborted);
        var outcome = outcomes is [var only] ? only : StowTransaction.Failed(StowReason.CannotUnderstand, "no file");
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("result", ResultOf(outcome));
        json.WriteString("comment", outcome.Comment ?? "");
        if (outcome is { Failure: null, Warning: null, Study: { } study })
        {
            json.WriteString("study", study.Value);
        }
        json.WriteEndObject();
    }

    private static string ResultOf(StowOutcome outcome) =>
        outcome switch
        {
            { Failure: null, Warning: null } => "stored",
            { Failure: null } => "conflict",
            { Failure: StowReason.CannotUnderstand, SopInstance: null } => "skipped",
            _ => "refused",
        };
}
