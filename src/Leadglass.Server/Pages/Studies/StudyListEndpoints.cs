using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Pages.Studies;

/// <summary>
/// The study list: shown at the start page, searched by POST. What is searched for comes into no URL: a search has a random
/// name, and a page of results is found again under that.
/// </summary>
internal sealed class StudyListEndpoints(StudyFinder finder, SearchViews views)
{
    /// <summary>A script asks for the results alone with this header, and learns the search's name by it.</summary>
    internal const string PartHeader = "X-Leadglass-Part";

    /// <summary>The name of the search, for the script to put into the address.</summary>
    internal const string ViewHeader = "X-Leadglass-View";

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapPage<StudyListEndpoints>("/", (page, context) => page.ShowAsync(context))
            .RequireCaller(Operation.Query);
        endpoints
            .MapForm<StudyListEndpoints>("/search", (page, context, form) => page.SearchAsync(context, form))
            .RequireCaller(Operation.Query);
    }

    private async Task ShowAsync(HttpContext context)
    {
        var query =
            views.Find(context.Caller()!.Key, context.Request.Query["view"]) ?? new StudyListQuery { Department = "" };
        await RenderAsync<StudyListPage>(context, await FindAsync(context, query), nameof(StudyListPage.Model));
    }

    private async Task SearchAsync(HttpContext context, SentForm form)
    {
        var query = Read(form);
        var view = views.Keep(context.Caller()!.Key, query);
        if (context.Request.Headers[PartHeader] != "results")
        {
            await context.SeeOther($"/?view={view}");
            return;
        }
        context.Response.Headers[ViewHeader] = view;
        await RenderAsync<StudyResults>(context, await FindAsync(context, query), nameof(StudyResults.Model));
    }

    private Task<StudyListModel> FindAsync(HttpContext context, StudyListQuery query)
    {
        var person = context.Caller() as PersonIdentity;
        return finder.FindAsync(
            context.Grant(),
            query,
            person is { Departments: [var own, ..] } ? own : null,
            person is not null && !RoleRights.AllowsForEverybody(person.Roles, Operation.Query),
            context.RequestAborted
        );
    }

    private static Task RenderAsync<TComponent>(HttpContext context, StudyListModel model, string parameter)
        where TComponent : Microsoft.AspNetCore.Components.IComponent =>
        context.RenderAsync<TComponent>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal) { [parameter] = model }
        );

    private StudyListQuery Read(SentForm form)
    {
        var (from, to) = form.Text("period") switch
        {
            "1" => (finder.Today, null),
            "7" => (finder.Today.AddDays(-6), null),
            "30" => (finder.Today.AddDays(-29), null),
            "all" => ((DateOnly?)null, (DateOnly?)null),
            _ => (form.Date("from"), form.Date("to")),
        };
        var modality = form.Text("modality", 16);
        return new StudyListQuery
        {
            Words = form.Text("words", StudyListQuery.WordsLengthMax),
            From = from,
            To = to,
            Modality = StudyModalities.Codes.Contains(modality) ? modality : "",
            Referring = form.Text("referring", 64),
            Order =
                form.Choice<SearchOrder>("sort") ?? form.Choice<SearchOrder>("order") ?? SearchOrder.NewestStudyFirst,
            Page = Math.Clamp(form.Number("page") ?? 1, 1, StudyListQuery.PageMax),
        };
    }
}
