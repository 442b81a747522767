using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.SignIn.Pages;

/// <summary>The way in for an outside person with whom a study is shared: the link's secret and a code.</summary>
internal sealed class SharePages(
    Shares shares,
    BrowserSessions sessions,
    AttemptLimit limit,
    PasswordWork work,
    ISlowHash hash,
    Trail trail
)
{
    private const string Path = "/shared/{share}";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.Page<SharePages>(Path, static (_, context) => ShowAsync(context, null)).StrangersWelcome();
        endpoints.Form<SharePages>(Path, static (pages, context) => pages.OpenAsync(context)).StrangersWelcome();
    }

    /// <summary>The page is the same for every id, whether there is such a share or not.</summary>
    private static Task ShowAsync(HttpContext context, Text? fault) =>
        context.RenderAsync<ShareEntryPage>(
            visitor: null,
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(ShareEntryPage.Share)] = IdOf(context),
                [nameof(ShareEntryPage.Fault)] = fault,
            },
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized
        );

    private async Task OpenAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (!limit.MayTry(address))
        {
            await ShowAsync(context, SignInTexts.TooMany);
            return;
        }

        var (id, secret, code) = (IdOf(context), await context.FieldAsync("secret"), await context.FieldAsync("code"));
        ShareOpening? opening = null;
        await work.TryRunAsync(
            id,
            async () =>
                opening = await shares.OpenAsync(id, secret, code, address, hash, trail, context.RequestAborted),
            context.RequestAborted
        );
        if (opening is ShareOpening.Opened opened)
        {
            await sessions.OpenShareAsync(context, opened);
            await context.SeeOther(ViewerEntry.PathOf(StudyInstanceUid.Parse(opened.Share.Study)));
            return;
        }

        limit.Fail(address);
        await ShowAsync(context, opening is null ? SignInTexts.TooMany : SignInTexts.ShareRefused);
    }

    /// <summary>An id has 32 hexadecimal digits; anything else is none, and is not shown again.</summary>
    private static string IdOf(HttpContext context) =>
        context.GetRouteValue("share") is string { Length: 32 } id && id.All(char.IsAsciiHexDigitLower)
            ? id
            : new string('0', 32);
}
