using Leadglass.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

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

    /// <summary>Makes out the program whose certificate the connection showed.</summary>
    public static Task RecogniseAsync(HttpContext context, RequestDelegate next)
    {
        var policy = context.RequestServices.GetRequiredService<AccessPolicy>();
        var connection = context.Connection;
        if (
            Carries(context)
            && policy.RecogniseProgram(connection.ClientCertificate, connection.RemoteIpAddress)
                is Recognition.Known known
        )
        {
            context.Features.Set(new CallerFeature(known.Identity, CallerKind.Certificate));
        }

        return next(context);
    }

    /// <summary>Whether the request came in by that port.</summary>
    public static bool Carries(HttpContext context) => context.Features.Get<ProgramPort>() is not null;
}
