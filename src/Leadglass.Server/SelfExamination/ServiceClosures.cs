using System.Collections.Concurrent;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.SelfExamination;

/// <summary>
/// The services that were closed because they answered a stranger: listeners, and sets of web endpoints with the same first
/// segment of their path. What is closed stays so until the archive is started again; the rest goes on.
/// </summary>
internal sealed class ServiceClosures
{
    private readonly ConcurrentDictionary<ListenerKind, ClosableListener> _listeners = new();
    private readonly ConcurrentDictionary<string, byte> _sets = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Names of all that is closed.</summary>
    public IReadOnlyList<string> Closed =>
        [
            .. _listeners.Where(one => one.Value.IsClosed).Select(one => one.Key.Name()),
            .. _sets.Keys.Select(set => $"web {set}"),
        ];

    /// <summary>The part of a listener that can close it; to be first in its line.</summary>
    public ClosableListener Of(ListenerKind kind) => _listeners.GetOrAdd(kind, static _ => new ClosableListener());

    /// <summary>Closes the endpoints below the first segment of a path: <c>/dicom-web</c>.</summary>
    public void CloseSet(string set) => _sets.TryAdd(set, 0);

    /// <summary>Whether the endpoints of a set are closed.</summary>
    public bool IsClosed(string set) => _sets.ContainsKey(set);

    /// <summary>The set that a path belongs to.</summary>
    public static string SetOf(string path)
    {
        var end = path.IndexOf('/', 1);
        return end < 0 ? path : path[..end];
    }

    /// <summary>Answers 503 for what is closed. To stand before anything that could answer.</summary>
    public Task PassAsync(HttpContext context, RequestDelegate next) =>
        !_sets.IsEmpty && _sets.ContainsKey(SetOf(context.Request.Path.Value ?? "/"))
            ? Problems.WriteAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "Closed",
                "The archive closed this service because it answered a stranger. Whoever runs it finds more with leadglass doctor."
            )
            : next(context);
}

/// <summary>The listeners of the archive.</summary>
internal enum ListenerKind
{
    Dicom,
    Https,
    Programs,
}

/// <summary>How listeners are called.</summary>
internal static class ListenerNames
{
    public static string Name(this ListenerKind kind) =>
        kind switch
        {
            ListenerKind.Dicom => "DICOM listener",
            ListenerKind.Https => "HTTPS listener",
            _ => "programs' listener",
        };
}

/// <summary>Lets the connections of one listener pass until it is closed, and then none.</summary>
internal sealed class ClosableListener
{
    private readonly ConcurrentDictionary<ConnectionContext, byte> _held = new();
    private volatile bool _isClosed;

    public bool IsClosed => _isClosed;

    public ConnectionDelegate Around(ConnectionDelegate next) =>
        async connection =>
        {
            _held.TryAdd(connection, 0);
            try
            {
                // After it was added: whoever closes either finds it or was seen here.
                if (_isClosed)
                {
                    connection.Abort(Reason());
                    return;
                }
                await next(connection);
            }
            finally
            {
                _held.TryRemove(connection, out _);
            }
        };

    /// <summary>Cuts what is connected and refuses what comes.</summary>
    public void Close()
    {
        _isClosed = true;
        foreach (var connection in _held.Keys)
        {
            connection.Abort(Reason());
        }
    }

    private static ConnectionAbortedException Reason() => new("this listener answered a stranger and is closed");
}
