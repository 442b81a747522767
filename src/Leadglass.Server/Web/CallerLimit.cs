using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Web;

/// <summary>How many requests of one identity run at a time, so that one program cannot take the archive from all others.</summary>
/// <param name="requestsMax">At most so many.</param>
internal sealed class CallerLimit(int requestsMax)
{
    private readonly ConcurrentDictionary<string, int> _running = new(StringComparer.Ordinal);

    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Caller() is not { Key: var key })
        {
            await next(context);
            return;
        }

        if (_running.AddOrUpdate(key, 1, static (_, running) => running + 1) > requestsMax)
        {
            Leave(key);
            context.Response.Headers.RetryAfter = "1";
            await Problems.WriteAsync(
                context,
                StatusCodes.Status429TooManyRequests,
                "Too many requests",
                $"This identity has {requestsMax} requests running; wait for one of them to end."
            );
            return;
        }

        try
        {
            await next(context);
        }
        finally
        {
            Leave(key);
        }
    }

    private void Leave(string key)
    {
        while (true)
        {
            var running = _running[key];
            if (
                running == 1
                    ? _running.TryRemove(KeyValuePair.Create(key, 1))
                    : _running.TryUpdate(key, running - 1, running)
            )
            {
                return;
            }
        }
    }
}
