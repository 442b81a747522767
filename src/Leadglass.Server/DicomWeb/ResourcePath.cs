using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.DicomWeb;

/// <summary>What the path of a request names (PS3.18 10.1): a study, one of its series, or one instance.</summary>
internal sealed record ResourcePath(StudyInstanceUid Study, SeriesInstanceUid? Series, SopInstanceUid? Instance)
{
    public const string OfStudy = "/studies/{study}";
    public const string OfSeries = OfStudy + "/series/{series}";
    public const string OfInstance = OfSeries + "/instances/{instance}";

    /// <summary>Reads the route values.</summary>
    /// <exception cref="DicomWebException">400: one of them is no UID.</exception>
    public static ResourcePath Of(HttpContext context)
    {
        var values = context.Request.RouteValues;
        return new ResourcePath(
            StudyInstanceUid.TryParse(Text(values, "study"), out var study) ? study : throw NoUid("study"),
            !values.ContainsKey("series") ? null
                : SeriesInstanceUid.TryParse(Text(values, "series"), out var series) ? series
                : throw NoUid("series"),
            !values.ContainsKey("instance") ? null
                : SopInstanceUid.TryParse(Text(values, "instance"), out var instance) ? instance
                : throw NoUid("instance")
        );
    }

    /// <summary>The instances that the path names; one, when it names one.</summary>
    /// <exception cref="DicomWebException">404: none that the grant covers.</exception>
    public async ValueTask<IReadOnlyList<ArchivedInstance>> FindAsync(
        InstanceRetrieval retrieval,
        AccessGrant grant,
        CancellationToken cancel
    )
    {
        var found = await retrieval.FindAsync(grant, Study, Series, Instance, cancel);
        return found.Count > 0 ? found : throw NotFound();
    }

    /// <summary>What is not there, and what this caller may not see: one answer for both.</summary>
    public static DicomWebException NotFound() =>
        new(
            StatusCodes.Status404NotFound,
            "Not found",
            "No such study, series or instance is there for this identity."
        );

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => nameof(ResourcePath);

    private static string? Text(RouteValueDictionary values, string name) => values[name] as string;

    private static DicomWebException NoUid(string what) =>
        new(
            StatusCodes.Status400BadRequest,
            "Bad request",
            $"The path's {what} is no UID of at most 64 characters (PS3.5 9.1)."
        );
}
