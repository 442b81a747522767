using System.Net;

namespace Leadglass.Exposure;

/// <content>What leads to hosts beside the walk: names, and lists of other scanners.</content>
public sealed partial class AuditRun
{
    private const int LeadsMax = 1_000_000;

    private async Task ProveAndResolveAsync(AuditStop stop)
    {
        try
        {
            if (!_scope.ProofOfControl.IsEmpty)
            {
                await OpenHoursAsync(stop.Token);
                await ControlProofs.CheckAsync(_gate, _dialer, new ProofRecords(), _clock, stop.Token);
            }
            foreach (var found in await _gate.ResolveNamesAsync(new SystemNameResolver(), stop.Token))
            {
                _names.TryAdd(found.Address, found.Name);
            }
        }
        catch (Exception failure)
        {
            await stop.EndedAsync(failure);
        }
    }

    // Addresses of names in networks that are too large to be walked.
    private async Task NamedAsync(CancellationToken cancel)
    {
        foreach (var address in _names.Keys.Where(address => !IsWalked(address) && _options.Shard.Holds(address)))
        {
            await RoomAsync(cancel);
            foreach (var port in _scope.Ports.Ports)
            {
                Lead(address, port);
            }
        }
    }

    // Named by somebody, and not seen to listen before a probe connects to it.
    private void Lead(IPAddress address, int port)
    {
        if (_record.Leads >= LeadsMax)
        {
            throw new AuditException(
                $"the lists and names lead to more than {LeadsMax:N0} pairs of address and port: name ports in the lists, or deal them with --shard"
            );
        }
        Found(address, port, isSeen: false);
    }

    private bool IsWalked(IPAddress address) =>
        AddressNumber.TryOf(address, out var number) && ((AddressSet)_scope.Targets).Contains(number);

    private async Task ImportAsync(CancellationToken cancel)
    {
        foreach (var path in _options.Imports)
        {
            await foreach (var entry in ImportedList.ReadAsync(path, cancel))
            {
                if (!_options.Shard.Holds(entry.Address))
                {
                    continue;
                }
                IReadOnlyList<int> ports = entry.Port is { } port ? [port] : _scope.Ports.Ports;
                foreach (var each in ports)
                {
                    Interlocked.Increment(ref _imported);
                    if (_gate.DecideLead(LeadKind.Import, entry.Address, each).IsAdmitted)
                    {
                        await RoomAsync(cancel);
                        Lead(entry.Address, each);
                    }
                }
            }
        }
    }

    private async Task RoomAsync(CancellationToken cancel)
    {
        while (!_backlog.HasRoom)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _clock, cancel);
        }
    }
}
