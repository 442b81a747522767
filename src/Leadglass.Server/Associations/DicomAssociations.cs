using System.Collections.Concurrent;
using Leadglass.Access;
using Leadglass.Dicom.Network;
using Leadglass.Server.Configuration;
using Leadglass.Server.Listeners;

namespace Leadglass.Server.Associations;

/// <summary>The associations that are up: runs each to its end, and ends those whose device lost its enrolment.</summary>
internal sealed class DicomAssociations : IDisposable
{
    // Long enough for an A-ABORT to leave; then the connection is cut, whatever the peer does.
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Live, byte> _live = new();
    private readonly ArchiveHost _host;
    private readonly ServerLog _log;
    private readonly CancellationTokenSource _stop = new();

    public DicomAssociations(ArchiveHost host, ServerLog log)
    {
        _host = host;
        _log = log;
        host.Devices.Changed += OnEnrolmentChanged;
    }

    /// <summary>How many are up.</summary>
    public int Count => _live.Count;

    /// <summary>Runs one association, and its connection, to its end.</summary>
    public async Task RunAsync(DicomConnection connection)
    {
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var live = new Live(connection, abort);
        _live.TryAdd(live, 0);
        live.Running = RunAsync(live);
        try
        {
            await live.Running;
        }
        finally
        {
            _live.TryRemove(live, out _);
        }
    }

    /// <summary>Waits for the running ones until <paramref name="hurry"/>, then aborts the rest.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        var running = Task.WhenAll(_live.Keys.Select(live => live.Running));
        try
        {
            await running.WaitAsync(hurry);
        }
        catch (OperationCanceledException)
        {
            await _stop.CancelAsync();
        }
    }

    public void Dispose()
    {
        _host.Devices.Changed -= OnEnrolmentChanged;
        _stop.Dispose();
    }

    private static async Task RunAsync(Live live)
    {
        await live.Connection.Transport.Output.CompleteAsync();
        await live.Connection.Transport.Input.CompleteAsync();
    }

    private void OnEnrolmentChanged(object? sender, EnrolmentChangedEventArgs change)
    {
        foreach (var live in _live.Keys)
        {
            if (change.Withdrawn.Contains(live.Connection.Identity.Name, StringComparer.OrdinalIgnoreCase))
            {
                _log.AccessWithdrawn(live.Connection.Identity.Name);
                live.Abort();
            }
        }
    }

    /// <summary>One association that is up.</summary>
    private sealed class Live(DicomConnection connection, CancellationTokenSource abort)
    {
        public DicomConnection Connection { get; } = connection;

        public CancellationToken Token => abort.Token;

        public Task Running { get; set; } = Task.CompletedTask;

        /// <summary>Aborts as the standard says, and cuts the connection when that does not end it.</summary>
        public void Abort()
        {
            try
            {
                abort.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended by itself.
                return;
            }

            _ = CutAsync();
        }

        private async Task CutAsync()
        {
            if (await Task.WhenAny(Running, Task.Delay(AbortGrace)) != Running)
            {
                Connection.Abort();
            }
        }
    }
}
