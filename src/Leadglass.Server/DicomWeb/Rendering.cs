using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.DicomWeb;

/// <summary>The endpoint keeps a place that the standard has, and answers that it is not served.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class KeepsPlaceAttribute : Attribute;

/// <summary>The place of rendered images and thumbnails (PS3.18 10.4.1.1.4, 10.4.1.1.5), which are not made yet.</summary>
internal static class Rendering
{
    /// <summary>501 (PS3.18 8.5): the origin server does not support it.</summary>
    public static Task RefuseAsync(HttpContext context) =>
        Problems.WriteAsync(
            context,
            StatusCodes.Status501NotImplemented,
            "Not implemented",
            "Rendered images and thumbnails are not made here. Retrieve frames, or open the viewer."
        );
}
