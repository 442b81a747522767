using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Pages;

/// <summary>What a page asks of its request.</summary>
internal static class PageRequests
{
    extension(HttpContext context)
    {
        /// <summary>The study in the path; null where that is no UID.</summary>
        public StudyInstanceUid? StudyUid() =>
            StudyInstanceUid.TryParse(context.GetRouteValue("study") as string, out var uid) ? uid : null;

        /// <summary>The series in the path; null where that is no UID.</summary>
        public SeriesInstanceUid? SeriesUid() =>
            SeriesInstanceUid.TryParse(context.GetRouteValue("series") as string, out var uid) ? uid : null;

        /// <summary>The instance in the path; null where that is no UID.</summary>
        public SopInstanceUid? InstanceUid() =>
            SopInstanceUid.TryParse(context.GetRouteValue("instance") as string, out var uid) ? uid : null;

        /// <summary>Whether the caller may do this; asking records nothing.</summary>
        public bool MayI(Operation operation) =>
            context.RequestServices.GetRequiredService<AccessPolicy>().May(context.Caller()!, operation);

        /// <summary>A grant for another operation than the one that the endpoint requires; null: refused.</summary>
        public AccessGrant? GrantFor(Operation operation) =>
            context.RequestServices.GetRequiredService<AccessPolicy>().Decide(context.Caller()!, operation)
                is AccessDecision.Granted granted
                ? granted.Grant
                : null;
    }
}
