using Microsoft.AspNetCore.Connections;

namespace Leadglass.Server.Listeners;

/// <summary>How many connections one listener holds; Kestrel's own limit counts all listeners together.</summary>
internal sealed class ConnectionLimit(int connectionsMax, Action<ConnectionContext> onTurnedAway)
{
    private int _held;

    public ConnectionDelegate Around(ConnectionDelegate next) =>
        async connection =>
        {
            try
            {
                if (Interlocked.Increment(ref _held) > connectionsMax)
                {
                    onTurnedAway(connection);
                    connection.Abort(new ConnectionAbortedException("too many connections"));
                    return;
                }

                await next(connection);
            }
            finally
            {
                Interlocked.Decrement(ref _held);
            }
        };
}
