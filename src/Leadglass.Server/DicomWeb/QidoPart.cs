using Leadglass.Access;
using Leadglass.Dicom.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.DicomWeb;

/// <summary>QIDO-RS: the search transactions (PS3.18 10.6).</summary>
internal static class QidoPart
{
    // PS3.18 Table 10.6.1-1.
    private static readonly (string Path, QidoLevel Level)[] Resources =
    [
        ("/studies", QidoLevel.Studies),
        ("/studies/{study}/series", QidoLevel.Series),
        ("/series", QidoLevel.Series),
        ("/studies/{study}/instances", QidoLevel.Instances),
        ("/studies/{study}/series/{series}/instances", QidoLevel.Instances),
        ("/instances", QidoLevel.Instances),
    ];

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        foreach (var (path, level) in Resources)
        {
            endpoints
                .MapGet(ServiceRoot.Path + path, context => QidoSearch.AnswerAsync(context, level))
                .RequireCaller(Operation.Query)
                .ProgramsWelcome()
                .ViewerWelcome();
        }
    }
}
