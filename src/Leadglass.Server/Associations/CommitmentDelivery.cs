using System.Collections.Concurrent;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Server.Peers;

namespace Leadglass.Server.Associations;

/// <summary>
/// Delivers what storage commitment owes: on the association that asked, while it stands; else on one of our own to the
/// device's address, again and again, across restarts, for a week (PS3.4 J.3.3). Modalities delete their images on this.
/// </summary>
internal sealed class CommitmentDelivery(ArchiveHost host, OwnIdentity own) : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromDays(7);

    // The requester gets its N-ACTION response, and a moment to release, before it is called.
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ResponsePause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromHours(1);
    private static readonly SopClassUid SopClass = SopClassUid.Parse(SupportedServices.StorageCommitment);

    private readonly ConcurrentDictionary<(string Device, string Transaction), DateTimeOffset> _due = new();
    private readonly ConcurrentDictionary<(string Device, string Transaction), byte> _delivering = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Begins to deliver what a former run left behind.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Delivers one result on the association that asked for it.</summary>
    public async Task DeliverOnAsync(IAssociation association, DeviceIdentity identity, PendingCommitment pending)
    {
        try
        {
            await Task.Delay(ResponsePause, host.Clock, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await DeliverAsync(
            pending,
            identity,
            (type, information) =>
                association.SendEventReportAsync(SopClass, CommitmentReport.Instance, type, information, _stop.Token)
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick, host.Clock);
        var calling = new Dictionary<string, Task>();
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                // Devices are called side by side: one that does not answer holds up nobody but itself.
                foreach (var owed in host.Archive.CommitmentResults.Pending.GroupBy(pending => pending.Device))
                {
                    if (!calling.TryGetValue(owed.Key, out var call) || call.IsCompleted)
                    {
                        calling[owed.Key] = DeliverAllAsync([.. owed]);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops; what is owed stays written down.
        }

        await Task.WhenAll(calling.Values);
    }

    /// <summary>Delivers what one device is owed; never throws.</summary>
    private async Task DeliverAllAsync(IReadOnlyList<PendingCommitment> owed)
    {
        foreach (var pending in owed)
        {
            try
            {
                await TryDeliverAsync(pending);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // A full disk, for one. The result stays written down, and _due says when it is tried again.
                own.Log.CommitmentUndelivered(pending.Device, failure.GetType().Name);
            }
        }
    }

    private async Task TryDeliverAsync(PendingCommitment pending)
    {
        // It may have been delivered on its own association while an earlier one of this device was under way.
        if (!host.Archive.CommitmentResults.Pending.Contains(pending))
        {
            return;
        }

        var key = (pending.Device, pending.TransactionUid);
        var now = host.Clock.GetUtcNow();
        if (now < _due.GetOrAdd(key, pending.RequestedAt + FirstPause) || _delivering.ContainsKey(key))
        {
            return;
        }

        var pause = TimeSpan.FromSeconds(
            Math.Min(PauseMax.TotalSeconds, 10 * Math.Pow(2, Math.Min(pending.Attempts, 12)))
        );
        _due[key] = now + pause;
        if (now - pending.RequestedAt > Patience)
        {
            own.Log.CommitmentGivenUp(pending.Device);
            Forget(pending);
            return;
        }

        if (
            pending.Through is null
            && host.Devices.Current.Find(pending.Device) is { Enabled: true, Address: { } address } device
            && !await CallAsync(pending, device, address)
        )
        {
            host.Archive.CommitmentResults.NoteAttempt(pending);
        }
    }

    private async Task<bool> CallAsync(PendingCommitment pending, Device device, DeviceAddress address)
    {
        try
        {
            await using var connection = await PeerConnection.ConnectTlsAsync(
                address.Host,
                address.Port,
                own.Certificate,
                PeerTrust.Of(device, host.Clock),
                _stop.Token
            );
            if (host.Policy.Identify(connection.Certificate, connection.Address) is not Identification.Known known)
            {
                return false;
            }

            var result = await DicomClientAssociation.ConnectAsync(
                connection.Transport,
                new RequestorOptions
                {
                    CallingAeTitle = own.Title,
                    CalledAeTitle = AeTitle.Parse(pending.CallingAeTitle),
                    PresentationContexts =
                    [
                        new ProposedPresentationContext(
                            1,
                            SupportedServices.StorageCommitment,
                            [TransferSyntax.ExplicitVrLittleEndian.Uid, TransferSyntax.ImplicitVrLittleEndian.Uid]
                        ),
                    ],
                    // PS3.4 J.3.3: on a reversed association the requestor is the SCP.
                    RoleSelections = [new RoleSelection(SupportedServices.StorageCommitment, false, true)],
                },
                host.Clock,
                observer: new AssociationLog(own.Log, device.Name),
                cancellationToken: _stop.Token
            );
            if (result.Association is not { } association)
            {
                own.Log.CommitmentUndelivered(pending.Device, "no association");
                return false;
            }

            await using (association)
            {
                var delivered = await DeliverAsync(
                    pending,
                    known.Identity,
                    (type, information) =>
                        association.SendEventReportAsync(
                            SopClass,
                            CommitmentReport.Instance,
                            type,
                            information,
                            _stop.Token
                        )
                );
                await association.ReleaseAsync(_stop.Token);
                return delivered;
            }
        }
        catch (PeerUnavailableException failure)
        {
            own.Log.CommitmentUndelivered(pending.Device, failure.IsRefusal ? "refused" : "not reached");
            return false;
        }
    }

    private async Task<bool> DeliverAsync(
        PendingCommitment pending,
        DeviceIdentity identity,
        Func<ushort, DataSet, Task<DimseStatus>> send
    )
    {
        var key = (pending.Device, pending.TransactionUid);
        if (!_delivering.TryAdd(key, 0))
        {
            return false;
        }

        try
        {
            if (host.Policy.Decide(identity, Operation.Store) is not AccessDecision.Granted granted)
            {
                return false;
            }

            var (type, information) = await CommitmentReport.MakeAsync(
                host.Archive,
                granted.Grant,
                pending,
                _stop.Token
            );
            if (!(await send(type, information)).IsSuccess)
            {
                own.Log.CommitmentUndelivered(pending.Device, "the report was not accepted");
                return false;
            }

            Forget(pending);
            return true;
        }
        catch (Exception failure)
            when (failure is AssociationEndedException or InvalidOperationException or AccessRefusedException)
        {
            own.Log.CommitmentUndelivered(pending.Device, failure.GetType().Name);
            return false;
        }
        finally
        {
            _delivering.TryRemove(key, out _);
        }
    }

    private void Forget(PendingCommitment pending)
    {
        host.Archive.CommitmentResults.Remove(pending);
        _due.TryRemove((pending.Device, pending.TransactionUid), out _);
    }
}
