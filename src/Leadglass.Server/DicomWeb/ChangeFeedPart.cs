using System.Globalization;
using System.Text.Json;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.DicomWeb;

/// <summary>
/// <c>/api/changes</c>: what was stored, rejected, restored, corrected and deleted, in the order in which it became durable,
/// for a program that follows from a position. Without one it begins at the beginning. Positions tell how much is stored,
/// and so nobody is answered who does not reach every study.
/// </summary>
internal static class ChangeFeedPart
{
    private const int LimitByDefault = 100;

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/api/changes", AnswerAsync).RequireCaller(Operation.Query).ProgramsWelcome();

    private static async Task AnswerAsync(HttpContext context)
    {
        var grant = context.Grant();
        grant.DemandEverything();
        var query = QueryParameters.Parse(context.Request.QueryString.Value);
        var limit = Limit(query.Single("limit"));
        var changes = context.RequestServices.GetRequiredService<ImageArchive>().Changes;
        ChangePage page;
        try
        {
            page = await changes.ReadAsync(
                grant,
                ChangePosition.Parse(query.Single("after")),
                limit,
                context.RequestAborted
            );
        }
        catch (FormatException)
        {
            throw Mistake("The query parameter after is no position that this archive gave out.");
        }

        context.Response.ContentType = MediaType.Json.Essence;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        Write(json, page);
        await json.FlushAsync(context.RequestAborted);
    }

    private static int Limit(string? text) =>
        text is null ? LimitByDefault
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
        && limit is >= 1 and <= ChangeFeed.LimitMax
            ? limit
        : throw Mistake($"The query parameter limit must be a whole number from 1 to {ChangeFeed.LimitMax}.");

    private static void Write(Utf8JsonWriter json, ChangePage page)
    {
        json.WriteStartObject();
        json.WriteStartArray("changes");
        foreach (var change in page.Changes)
        {
            json.WriteStartObject();
            json.WriteString("position", change.Position.Text);
            json.WriteString("kind", NameOf(change.Kind));
            json.WriteString("at", change.At.UtcDateTime);
            json.WriteString("study", change.Study.Value);
            json.WriteStartArray("instances");
            foreach (var instance in change.Instances)
            {
                json.WriteStartObject();
                if (instance.Series is { } series)
                {
                    json.WriteString("series", series.Value);
                }

                json.WriteString("instance", instance.SopInstance.Value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("position", page.Position.Text);
        json.WriteBoolean("more", page.HasMore);
        json.WriteEndObject();
    }

    private static string NameOf(ChangeKind kind) =>
        kind switch
        {
            ChangeKind.Added => "added",
            ChangeKind.Rejected => "rejected",
            ChangeKind.Restored => "restored",
            ChangeKind.Corrected => "corrected",
            ChangeKind.Deleted => "deleted",
            _ => throw new InvalidOperationException("A change is of one of five kinds."),
        };

    private static DicomWebException Mistake(string detail) =>
        new(StatusCodes.Status400BadRequest, "Bad request", detail);
}
