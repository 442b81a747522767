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
        endpoints.MapPage<StudyListEndpoints>("/", (page, context) => page.ShowAsync(context)).AnyCaller();
        endpoints
            .MapForm<StudyListEndpoints>("/search", (page, context, form) => page.SearchAsync(context, form))
            .RequireCaller(Operation.Query);
    }

    /// <summary>The study list, or where whoever may not see it has something to do.</summary>
    private async Task ShowAsync(HttpContext context)
    {
        if (!context.MayI(Operation.Query) || context.GrantFor(Operation.Query) is not { } grant)
        {
            await context.SeeOther(
                context.MayI(Operation.ReadTrail) ? "/trail"
                : context.MayI(Operation.Confirm) ? "/admin/users"
                : "/account"
            );
            return;
        }
        if (views.Find(context.Caller()!.Key, context.Request.Query["view"]) is { } kept)
        {
            await ShowAsync(context, await FindAsync(context, grant, kept));
            return;
        }
        // The own department first; where it has nothing, everything.
        var own = new StudyListQuery { Department = DepartmentOf(context) ?? "" };
        var model = await FindAsync(context, grant, own);
        await ShowAsync(
            context,
            own.Department.Length > 0 && model.Studies.Count == 0
                ? await FindAsync(context, grant, new StudyListQuery())
                : model
        );
    }

    private static Task ShowAsync(HttpContext context, StudyListModel model) =>
        RenderAsync<StudyListPage>(context, model, nameof(StudyListPage.Model));

    private async Task SearchAsync(HttpContext context, SentForm form)
    {
        var query = Read(form, DepartmentOf(context));
        var view = views.Keep(context.Caller()!.Key, query);
        if (context.Request.Headers[PartHeader] != "results")
        {
            await context.SeeOther($"/?view={view}");
            return;
        }
        context.Response.Headers[ViewHeader] = view;
        await RenderAsync<StudyResults>(
            context,
            await FindAsync(context, context.Grant(), query),
            nameof(StudyResults.Model)
        );
    }

    private Task<StudyListModel> FindAsync(HttpContext context, AccessGrant grant, StudyListQuery query) =>
        finder.FindAsync(
            grant,
            query,
            DepartmentOf(context),
            context.Caller() is PersonIdentity person && !SeesEverybody(person),
            context.RequestAborted
        );

    /// <summary>Of those who see all patients; for others the list is short enough.</summary>
    private static string? DepartmentOf(HttpContext context) =>
        context.Caller() is PersonIdentity { Departments: [var own, ..] } person && SeesEverybody(person) ? own : null;

    private static bool SeesEverybody(PersonIdentity person) =>
        RoleRights.AllowsForEverybody(person.Roles, Operation.Query);

    private static Task RenderAsync<TComponent>(HttpContext context, StudyListModel model, string parameter)
        where TComponent : Microsoft.AspNetCore.Components.IComponent =>
        context.RenderAsync<TComponent>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal) { [parameter] = model }
        );

    private StudyListQuery Read(SentForm form, string? ownDepartment)
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
            Department = form.Text("department") == "own" ? ownDepartment ?? "" : "",
            Order =
                form.Choice<SearchOrder>("sort") ?? form.Choice<SearchOrder>("order") ?? SearchOrder.NewestStudyFirst,
            Page = Math.Clamp(form.Number("page") ?? 1, 1, StudyListQuery.PageMax),
        };
    }
}
