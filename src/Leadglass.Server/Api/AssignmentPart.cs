using System.Text.Json;
using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Api;

/// <summary>
/// <c>/api/assignments</c>: the hospital's system says which patients and studies a referrer may see. Patients stand in
/// bodies only, never in a path or query. POST assigns, the same again changes nothing; POST to <c>/search</c> lists an
/// account's; DELETE by the id that these answer takes back.
/// </summary>
internal static class AssignmentPart
{
    private const string Path = "/api/assignments";
    private const int BodyBytesMax = 16 * 1024;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost(Path, AssignAsync).RequireCaller(Operation.Assign).ProgramsWelcome().BodyUpTo(BodyBytesMax);
        endpoints
            .MapPost($"{Path}/search", ListAsync)
            .RequireCaller(Operation.Assign)
            .ProgramsWelcome()
            .BodyUpTo(BodyBytesMax);
        endpoints.MapDelete($"{Path}/{{id}}", TakeBackAsync).RequireCaller(Operation.Assign).ProgramsWelcome();
    }

    private static async Task AssignAsync(HttpContext context)
    {
        if (await ReadAsync(context, AssignmentJson.Default.AssignmentRequest) is not { } asked)
        {
            return;
        }
        if (Find(context, asked.Account) is not { } account)
        {
            await RefuseAsync(context, "No account has this name.");
            return;
        }
        if ((asked.PatientId is null) == (asked.Study is null))
        {
            await RefuseAsync(context, "Give either patientId, with issuer where there is one, or study.");
            return;
        }
        try
        {
            var made = await AssignAsync(context, account, asked);
            await AnswerAsync(context, StatusCodes.Status201Created, AssignmentAnswer.Of(made, account));
        }
        catch (Exception mistake) when (mistake is StateException or FormatException)
        {
            await RefuseAsync(context, mistake is StateException ? mistake.Message : "study is no UID.");
        }
    }

    private static ValueTask<Assignment> AssignAsync(HttpContext context, Account account, AssignmentRequest asked)
    {
        var (assignments, grant) = (Registries(context).Assignments, context.Grant());
        return asked.PatientId is { } patientId
            ? assignments.AssignAsync(
                grant,
                new PatientKey(patientId, asked.Issuer ?? ""),
                account.Id,
                asked.Until,
                context.RequestAborted
            )
            : assignments.AssignAsync(
                grant,
                // Whose it is is not known here, so a program that is narrowed to patients is refused.
                new StudyFacts { Study = StudyInstanceUid.Parse(asked.Study) },
                account.Id,
                wholePatient: false,
                asked.Until,
                context.RequestAborted
            );
    }

    private static async Task ListAsync(HttpContext context)
    {
        if (await ReadAsync(context, AssignmentJson.Default.AssignmentSearch) is not { } asked)
        {
            return;
        }
        if (Find(context, asked.Account) is not { } account)
        {
            await RefuseAsync(context, "No account has this name.");
            return;
        }
        var known = await Registries(context)
            .Assignments.ListAsync(context.Grant(), account.Id, context.RequestAborted);
        await AnswerAsync(
            context,
            StatusCodes.Status200OK,
            new AssignmentList([.. known.Select(assignment => AssignmentAnswer.Of(assignment, account))])
        );
    }

    private static async Task TakeBackAsync(HttpContext context)
    {
        var assignments = Registries(context).Assignments;
        var id = context.Request.RouteValues["id"] as string ?? "";
        if (assignments.Find(context.Grant(), id) is not { } assignment)
        {
            await Problems.WriteAsync(
                context,
                StatusCodes.Status404NotFound,
                "Not found",
                "No assignment has this id."
            );
            return;
        }
        await assignments.TakeBackAsync(context.Grant(), assignment, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static AccessRegistries Registries(HttpContext context) =>
        context.RequestServices.GetRequiredService<AccessPolicy>().Registries;

    private static Account? Find(HttpContext context, string? name) =>
        name is null ? null : Registries(context).People.Current.FindByName(name);

    private static async ValueTask<T?> ReadAsync<T>(
        HttpContext context,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json
    )
        where T : class
    {
        if (context.Request.HasJsonContentType())
        {
            try
            {
                if (
                    await JsonSerializer.DeserializeAsync(context.Request.Body, json, context.RequestAborted) is
                    { } read
                )
                {
                    return read;
                }
            }
            catch (JsonException)
            {
                // Said below, without what was in it.
            }
            await RefuseAsync(context, "The body is not the JSON object that is expected here.");
            return null;
        }
        await Problems.WriteAsync(
            context,
            StatusCodes.Status415UnsupportedMediaType,
            "Unsupported media type",
            "The body has to be application/json."
        );
        return null;
    }

    private static Task RefuseAsync(HttpContext context, string detail) =>
        Problems.WriteAsync(context, StatusCodes.Status400BadRequest, "Bad request", detail);

    private static async Task AnswerAsync<T>(HttpContext context, int status, T answer)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(
            context.Response.Body,
            answer,
            typeof(T),
            AssignmentJson.Default,
            context.RequestAborted
        );
    }
}

/// <summary>What is to be assigned.</summary>
internal sealed record AssignmentRequest(
    string? Account,
    string? PatientId,
    string? Issuer,
    string? Study,
    DateTimeOffset? Until
)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "assignment";
}

/// <summary>Whose assignments are asked for.</summary>
internal sealed record AssignmentSearch(string? Account);

/// <summary>An assignment as it is told.</summary>
internal sealed record AssignmentAnswer(
    string Id,
    string Account,
    string? PatientId,
    string? Issuer,
    string? Study,
    DateTimeOffset At,
    DateTimeOffset? Until
)
{
    public static AssignmentAnswer Of(Assignment assignment, Account account) =>
        new(
            assignment.Id,
            account.Name,
            assignment.Patient?.PatientId,
            assignment.Patient?.Issuer,
            assignment.Study,
            assignment.At,
            assignment.Until
        );

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "assignment";
}

/// <summary>An account's assignments.</summary>
internal sealed record AssignmentList(AssignmentAnswer[] Assignments);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    MaxDepth = 4
)]
[JsonSerializable(typeof(AssignmentRequest))]
[JsonSerializable(typeof(AssignmentSearch))]
[JsonSerializable(typeof(AssignmentAnswer))]
[JsonSerializable(typeof(AssignmentList))]
internal sealed partial class AssignmentJson : JsonSerializerContext;
