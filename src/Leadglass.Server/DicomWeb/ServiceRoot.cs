using Leadglass.Dicom;
using Leadglass.Dicom.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.DicomWeb;

/// <summary>Where the services are, and what their paths name.</summary>
internal static class ServiceRoot
{
    /// <summary>The path of all services.</summary>
    public const string Path = "/dicom-web";

    /// <summary>The URL of the services, as this client reached them, without slash at its end.</summary>
    public static string Url(HttpContext context) => $"https://{context.Request.Host.Value}{Path}";

    /// <summary>The study that the path names; null when it names none.</summary>
    /// <exception cref="DicomWebException">400: it is no UID.</exception>
    public static StudyInstanceUid? Study(HttpContext context) =>
        Segment(context, "study") is not { } text ? null
        : StudyInstanceUid.TryParse(text, out var study) && study.Value == text ? study
        : throw NoUid("study");

    /// <inheritdoc cref="Study"/>
    public static SeriesInstanceUid? Series(HttpContext context) =>
        Segment(context, "series") is not { } text ? null
        : SeriesInstanceUid.TryParse(text, out var series) && series.Value == text ? series
        : throw NoUid("series");

    private static string? Segment(HttpContext context, string name) => context.Request.RouteValues[name] as string;

    private static DicomWebException NoUid(string name) =>
        new(StatusCodes.Status400BadRequest, "Bad request", $"The path names a {name} by something that is no UID.");
}
