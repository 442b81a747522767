using System.Net;

namespace Leadglass.Exposure;

/// <summary>
/// One connection per host at a time, for the scan and the probes together. A host is in the table while somebody has its
/// turn or waits for it, so the table is as large as what is in flight.
/// </summary>
internal sealed class HostTurns
{
    private readonly Dictionary<IPAddress, Queue<TaskCompletionSource>?> _taken = [];
    private readonly Lock _lock = new();

    /// <summary>Hosts whose turn is taken.</summary>
    internal int Taken
    {
        get
        {
            lock (_lock)
            {
                return _taken.Count;
            }
        }
    }

    /// <summary>Takes the host's turn if nobody has it.</summary>
    public bool TryTake(IPAddress host)
    {
        lock (_lock)
        {
            return _taken.TryAdd(host, null);
        }
    }

    /// <summary>Waits for the host's turn, first come first served.</summary>
    public async ValueTask TakeAsync(IPAddress host, CancellationToken cancel)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_taken.TryAdd(host, null))
            {
                return;
            }
            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_taken[host] ??= []).Enqueue(turn);
        }
        await using var given = cancel.Register(() => turn.TrySetCanceled(cancel));
        await turn.Task;
    }

    /// <summary>Gives the turn to whoever waits longest, or frees the host.</summary>
    public void Release(IPAddress host)
    {
        lock (_lock)
        {
            var waiting = _taken[host];
            while (waiting?.TryDequeue(out var next) == true)
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }
            _taken.Remove(host);
        }
    }
}
