using Leadglass.Server.Pages.Accounts;
using Leadglass.Server.Pages.Administration;
using Leadglass.Server.Pages.Records;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Reports;
using Leadglass.Server.Pages.Studies;
using Leadglass.Server.Pages.Trails;
using Leadglass.Server.Pages.Upload;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Pages;

/// <summary>The pages' part of the web host: what they need and where they answer.</summary>
internal static class WebPages
{
    /// <summary>Everything that a page asks for.</summary>
    public static void Add(IServiceCollection services, WebParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        services.AddSingleton<PageAssets>();
        services.AddSingleton<SearchViews>();
        services.AddSingleton<StudyFinder>();
        services.AddSingleton<StudyListEndpoints>();
        services.AddSingleton<StudyReader>();
        services.AddSingleton<StoredInstances>();
        services.AddSingleton<PageNotices>();
        services.AddSingleton<StudyActions>();
        services.AddSingleton<UploadEndpoints>();
        services.AddSingleton<AccountEndpoints>();
        services.AddSingleton<PeopleEndpoints>();
        services.AddSingleton<AdminEndpoints>();
        services.AddSingleton<RecordsEndpoints>();
        services.AddSingleton<TrailEndpoints>();
        services.AddSingleton<StudyEndpoints>();
    }

    /// <summary>Every path of the pages.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapPage<PageAssets>($"{PageAssets.Root}{{file}}", (assets, context) => assets.AnswerAsync(context))
            .StrangersWelcome();
        endpoints
            .MapForm<PageAssets>("/preferences", (_, context, form) => ChoosePreferencesAsync(context, form))
            .StrangersWelcome();
        StudyListEndpoints.Map(endpoints);
        StudyEndpoints.Map(endpoints);
        StudyActions.Map(endpoints);
        UploadEndpoints.Map(endpoints);
        AccountEndpoints.Map(endpoints);
        PeopleEndpoints.Map(endpoints);
        AdminEndpoints.Map(endpoints);
        RecordsEndpoints.Map(endpoints);
        TrailEndpoints.Map(endpoints);
    }

    /// <summary>Answers a person's request that failed with a page in style; it tells nothing of a patient.</summary>
    public static Task AnswerErrorAsync(HttpContext context, int status) =>
        context.RenderAsync<ErrorPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(ErrorPage.Status)] = status },
            status
        );

    private static Task ChoosePreferencesAsync(HttpContext context, SentForm form)
    {
        var before = PagePreferences.Of(context.Request);
        var after = before with
        {
            Language = PagePreferences.ParseLanguage(form.Text("language")) ?? before.Language,
            Theme = form.Has("theme") ? PagePreferences.ParseTheme(form.Text("theme")) : before.Theme,
        };
        after.Keep(context.Response);
        return context.SeeOther(LocalPath.Of(form.Text("return", LocalPath.LengthMax)));
    }
}

/// <summary>A path of this archive to go back to: nothing that leads to another host.</summary>
internal static class LocalPath
{
    /// <summary>The most characters.</summary>
    public const int LengthMax = 512;

    /// <summary>The path when it is one of ours, else the start page.</summary>
    public static string Of(string? path) => IsLocal(path) ? path! : "/";

    /// <summary>Begins with one slash and holds nothing that a browser would read as another.</summary>
    public static bool IsLocal(string? path) =>
        path is { Length: > 0 and <= LengthMax }
        && path[0] == '/'
        && !(path.Length > 1 && path[1] is '/' or '\\')
        && path.All(character => character is > ' ' and < (char)0x7F and not '\\');
}
