using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Pages;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.SignIn.Browser;

/// <summary>
/// The way from a study's page into the viewer: the study joins those that the viewer's cookie may read, and the browser
/// goes there.
/// </summary>
internal sealed class ViewerEntry(AccessPolicy policy, Sessions sessions, BrowserSessions browser)
{
    private const string Path = "/studies/{study}/viewer";

    /// <summary>A link of a mail comes by GET, a button of our pages by POST.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .Page<ViewerEntry>(Path, static (entry, context) => entry.EnterAsync(context))
            .RequireCaller(Operation.Retrieve);
        endpoints
            .Form<ViewerEntry>(Path, static (entry, context) => entry.EnterAsync(context))
            .RequireCaller(Operation.Retrieve);
    }

    /// <summary>Where the viewer shows a study.</summary>
    public static string PathOf(StudyInstanceUid study) =>
        $"/viewer/basic?StudyInstanceUIDs={Uri.EscapeDataString(study.Value)}";

    private async Task EnterAsync(HttpContext context)
    {
        if (!IsGoingThere(context.Request))
        {
            policy.NoteCrossSite(context.Caller(), context.Connection.RemoteIpAddress);
            await Problems.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Not from here",
                "The viewer is opened by going there: a script may not."
            );
            return;
        }

        var session = context.Features.Get<CallerFeature>()?.SessionId is { } id ? sessions.Find(id) : null;
        if (session is null || context.StudyUid() is not { } study)
        {
            await Problems.WriteAsync(
                context,
                StatusCodes.Status404NotFound,
                "Not found",
                "There is nothing at this path."
            );
            return;
        }

        await browser.OpenViewerAsync(context, session, study);
        await context.SeeOther(PathOf(study));
    }

    /// <summary>
    /// Whether a person goes to the viewer, as far as the browser says (Fetch Metadata): the viewer's own script, which
    /// shares the session, must not add studies to what its cookie reads.
    /// </summary>
    private static bool IsGoingThere(HttpRequest request) =>
        request.Headers["Sec-Fetch-Mode"].ToString() is "" or "navigate"
        && request.Headers["Sec-Fetch-Dest"].ToString() is "" or "document";
}
