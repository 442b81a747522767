using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Web;

/// <summary>Marks connections of the port where programs show a client certificate.</summary>
internal sealed class ProgramPort
{
    private static readonly ProgramPort Mark = new();

    private ProgramPort() { }

    /// <summary>Marks every connection that passes.</summary>
    public static ConnectionDelegate Around(ConnectionDelegate next) =>
        connection =>
        {
            connection.Features.Set(Mark);
            return next(connection);
        };

    /// <summary>Whether the request came in by that port.</summary>
    public static bool Carries(HttpContext context) => context.Features.Get<ProgramPort>() is not null;
}
