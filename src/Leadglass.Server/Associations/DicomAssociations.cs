using System.Collections.Concurrent;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Server.Configuration;
using Leadglass.Server.Edges;
using Leadglass.Server.Listeners;

namespace Leadglass.Server.Associations;

/// <summary>The associations that are up: runs each to its end, and ends those whose device lost its enrolment.</summary>
internal sealed class DicomAssociations : IAsyncDisposable
{
    // Long enough for an A-ABORT to leave; then the connection is cut, whatever the peer does.
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Live, byte> _live = new();
    private readonly ArchiveHost _host;
    private readonly ServeOptions _options;
    private readonly ServerLog _log;
    private readonly SupportedServices _services;
    private readonly AssociationAcceptor _acceptor;
    private readonly OwnIdentity _own;
    private readonly CommitmentDelivery _commitment;
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _stop = new();

    public DicomAssociations(ArchiveHost host, ServeOptions options, ListenerCertificate certificate, ServerLog log)
    {
        _host = host;
        _options = options;
        _log = log;
        _services = new SupportedServices(host.Archive.Ingest);
        _acceptor = new AssociationAcceptor(
            new AcceptorOptions { Timers = AssociationTimers.Default with { Idle = options.AssociationIdleTimeout } },
            host.Clock
        );
        _own = new OwnIdentity(AeTitle.Parse(options.AeTitle), certificate, log);
        _commitment = new CommitmentDelivery(host, _own);
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

    /// <summary>
    /// Takes no new association, ends idle ones, waits for running operations until <paramref name="hurry"/>, then aborts
    /// the rest.
    /// </summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        await _drain.CancelAsync();
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

    /// <summary>Begins to deliver what storage commitment owes.</summary>
    public void Start() => _commitment.Start();

    public async ValueTask DisposeAsync()
    {
        await _commitment.DisposeAsync();
        _host.Devices.Changed -= OnEnrolmentChanged;
        _stop.Dispose();
        _drain.Dispose();
    }

    private async Task RunAsync(Live live)
    {
        var connection = live.Connection;
        var factory = new HandlerFactory(this, connection, live);
        var observer = new AssociationLog(_log, connection.Identity.Name);
        await _acceptor.RunAsync(connection.Transport, factory, observer, _drain.Token, live.Token);
    }

    private void OnEnrolmentChanged(object? sender, EnrolmentChangedEventArgs change)
    {
        foreach (var live in _live.Keys)
        {
            if (
                change.Withdrawn.Contains(live.Connection.Identity.Name, StringComparer.OrdinalIgnoreCase)
                || change.Withdrawn.Contains(live.Device, StringComparer.OrdinalIgnoreCase)
            )
            {
                _log.AccessWithdrawn(live.Device);
                live.Abort();
            }
        }
    }

    private sealed class HandlerFactory(DicomAssociations owner, DicomConnection connection, Live live)
        : IAssociationHandlerFactory
    {
        public IAssociationHandler Create(IAssociation association)
        {
            var identity = connection.Identity;
            if (identity.Device.Edge is null)
            {
                return Serve(identity, association);
            }

            // An edge that does not call itself by its own title speaks for a workstation behind it.
            _ = AeTitle.TryParse(association.Request.CallingAeTitle, out var calling);
            if (
                identity.Device.AeTitles.Contains(calling)
                || owner._host.Policy.IdentifyBehind(identity, calling) is not Identification.Known known
            )
            {
                return new EdgeAssociation(owner._host, owner._options, owner._log, identity);
            }

            live.Device = known.Identity.Name;
            return Serve(known.Identity, association);
        }

        private ArchiveAssociation Serve(DeviceIdentity identity, IAssociation association) =>
            new(owner._host, owner._options, owner._services, owner._own, owner._commitment, identity, association);
    }

    /// <summary>One association that is up.</summary>
    private sealed class Live(DicomConnection connection, CancellationTokenSource abort)
    {
        public DicomConnection Connection { get; } = connection;

        /// <summary>For which device it is: the connection's own, or one behind that.</summary>
        public string Device { get; set; } = connection.Identity.Name;

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
