using Leadglass.Server.Pages.Rendering;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Pages;

/// <summary>The pages' part of the web host: what they need and where they answer.</summary>
internal static class WebPages
{
    private const int FormFieldsMax = 64;
    private const int FormBytesMax = 64 * 1024;

    /// <summary>Everything that a page asks for.</summary>
    public static void Add(IServiceCollection services) => services.AddSingleton<PageAssets>();

    /// <summary>Every path of the pages.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet($"{PageAssets.Root}{{file}}", Asset);
        endpoints.MapPost("/preferences", ChoosePreferencesAsync);
    }

    /// <summary>Answers a person's request that failed with a page in style; it tells nothing of a patient.</summary>
    public static Task AnswerErrorAsync(HttpContext context, Visitor? visitor, int status) =>
        context.RenderAsync<ErrorPage>(
            visitor,
            new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(ErrorPage.Status)] = status },
            status
        );

    private static Task Asset(HttpContext context) =>
        context.RequestServices.GetRequiredService<PageAssets>().AnswerAsync(context);

    private static async Task ChoosePreferencesAsync(HttpContext context)
    {
        if (await ReadFormAsync(context) is not { } form)
        {
            await AnswerErrorAsync(context, null, StatusCodes.Status400BadRequest);
            return;
        }
        var before = PagePreferences.Of(context.Request);
        var after = before with
        {
            Language = PagePreferences.ParseLanguage(form["language"]) ?? before.Language,
            Theme = form.ContainsKey("theme") ? PagePreferences.ParseTheme(form["theme"]) : before.Theme,
        };
        after.Keep(context.Response);
        await context.SeeOther(LocalPath.Of(form["return"]));
    }

    /// <summary>A form of ours, within limits; null when it does not carry the token that the page gave.</summary>
    private static async Task<IFormCollection?> ReadFormAsync(HttpContext context)
    {
        context.Features.Set<Microsoft.AspNetCore.Http.Features.IFormFeature>(
            new Microsoft.AspNetCore.Http.Features.FormFeature(
                context.Request,
                new Microsoft.AspNetCore.Http.Features.FormOptions
                {
                    ValueCountLimit = FormFieldsMax,
                    BufferBodyLengthLimit = FormBytesMax,
                    MultipartBodyLengthLimit = FormBytesMax,
                }
            )
        );
        if (context.RequestServices.GetService<IAntiforgery>() is { } antiforgery)
        {
            try
            {
                await antiforgery.ValidateRequestAsync(context);
            }
            catch (AntiforgeryValidationException)
            {
                return null;
            }
        }
        return await context.Request.ReadFormAsync(context.RequestAborted);
    }
}

/// <summary>A path of this archive to go back to: nothing that leads to another host.</summary>
internal static class LocalPath
{
    private const int LengthMax = 512;

    /// <summary>The path when it is one of ours, else the start page.</summary>
    public static string Of(string? path) => IsLocal(path) ? path! : "/";

    /// <summary>Begins with one slash and holds nothing that a browser would read as another.</summary>
    public static bool IsLocal(string? path) =>
        path is { Length: > 0 and <= LengthMax }
        && path[0] == '/'
        && !(path.Length > 1 && path[1] is '/' or '\\')
        && path.All(character => character is > ' ' and < (char)0x7F and not '\\');
}
