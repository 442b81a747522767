using System.Collections.Immutable;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>What a change of enrolment changed.</summary>
/// <param name="changed">Names of all devices that are not as they were.</param>
/// <param name="withdrawn">Names of devices that were disabled or removed, lost a certificate, a right or a title.</param>
public sealed class EnrolmentChangedEventArgs(ImmutableArray<string> changed, ImmutableArray<string> withdrawn)
    : EventArgs
{
    /// <summary>Names of all devices that are not as they were, new ones among them.</summary>
    public ImmutableArray<string> Changed { get; } = changed;

    /// <summary>Names of devices whose live associations have to end.</summary>
    public ImmutableArray<string> Withdrawn { get; } = withdrawn;
}

/// <summary>A change of enrolment cannot be made; the message says what to do.</summary>
public sealed class EnrolmentException(string message) : Exception(message);

/// <summary>
/// Who is enrolled: the sealed file <c>state/devices</c>, replaced whole at each change. Readers take
/// <see cref="Current"/>, which is immutable. A running server sees what a command beside it changed by
/// <see cref="RefreshAsync"/>, which costs one short read: before each handshake, and every second for the associations
/// that are already up. Changes by several processes need a lock around open and change; the command holds it.
/// </summary>
public sealed class DeviceRegistry : IDisposable
{
    /// <summary>The most devices of one archive.</summary>
    public const int DevicesMax = 10_000;

    /// <summary>The file's name in the state folder.</summary>
    public const string FileName = "devices";

    // A sealed file begins with magic, format and a random salt: as many bytes tell one writing from the next.
    private const int StampBytes = 96;

    private readonly IDurableFolder _state;
    private readonly MasterKey _master;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private EnrolledDevices _current = new([], epoch: 0);
    private byte[] _stamp = [];

    private DeviceRegistry(IDurableFolder state, MasterKey master)
    {
        _state = state;
        _master = master;
    }

    /// <summary>Raised after a change, by whichever task made or saw it.</summary>
    public event EventHandler<EnrolmentChangedEventArgs>? Changed;

    /// <summary>All devices now.</summary>
    public EnrolledDevices Current => Volatile.Read(ref _current);

    /// <summary>Opens the registry of an archive; where there is none yet, it is empty.</summary>
    /// <param name="state">The folder <c>state/</c>.</param>
    /// <param name="master">The archive's master key; it stays its owner's to dispose of.</param>
    /// <exception cref="SealingException">The file is damaged or of another master key.</exception>
    /// <exception cref="EnrolmentException">Its content is of another version.</exception>
    public static async ValueTask<DeviceRegistry> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        CancellationToken cancellationToken
    )
    {
        var registry = new DeviceRegistry(state, master);
        await registry.RefreshAsync(cancellationToken);
        return registry;
    }

    /// <summary>Takes over what another process changed. Returns at once when nothing did.</summary>
    /// <exception cref="SealingException">The file is damaged; <see cref="Current"/> stays as it was.</exception>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        if (ReadStamp().AsSpan().SequenceEqual(Volatile.Read(ref _stamp)))
        {
            return;
        }
        await _gate.WaitAsync(cancellationToken);
        EnrolmentChangedEventArgs? change;
        try
        {
            change = await ReloadAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
        Announce(change);
    }

    /// <summary>Looks for changes of other processes at this interval until cancelled.</summary>
    /// <param name="interval">How often; a second or so.</param>
    /// <param name="clock">The time.</param>
    /// <param name="failed">Told when the file cannot be read; what was known before goes on.</param>
    public async Task WatchAsync(
        TimeSpan interval,
        TimeProvider clock,
        Action<Exception> failed,
        CancellationToken cancellationToken
    )
    {
        using var timer = new PeriodicTimer(interval, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await RefreshAsync(cancellationToken);
            }
            catch (Exception failure) when (failure is SealingException or EnrolmentException or IOException)
            {
                failed(failure);
            }
        }
    }

    /// <summary>Enrols a device; durable when it returns.</summary>
    /// <exception cref="EnrolmentException">Its name, an AE title or a certificate is taken, or it is not well-formed.</exception>
    public ValueTask AddAsync(Device device, CancellationToken cancellationToken) =>
        ApplyAsync(
            devices =>
                devices.ContainsKey(device.Name)
                    ? throw new EnrolmentException($"a device named {device.Name} is enrolled: choose another name")
                    : devices.Add(device.Name, device),
            cancellationToken
        );

    /// <summary>Changes a device by name; durable when it returns.</summary>
    /// <exception cref="EnrolmentException">There is none of this name, or what it became is not well-formed.</exception>
    public ValueTask ChangeAsync(string name, Func<Device, Device> change, CancellationToken cancellationToken) =>
        ApplyAsync(
            devices =>
                devices.TryGetValue(name, out var device)
                    ? devices.SetItem(device.Name, change(device) with { Name = device.Name })
                    : throw new EnrolmentException($"no device is named {name}: see leadglass device list"),
            cancellationToken
        );

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async ValueTask ApplyAsync(
        Func<ImmutableDictionary<string, Device>, ImmutableDictionary<string, Device>> change,
        CancellationToken cancellationToken
    )
    {
        await _gate.WaitAsync(cancellationToken);
        EnrolmentChangedEventArgs announcement;
        try
        {
            var known = Current;
            await ReloadAsync(cancellationToken);
            var before = Current;
            var devices = change(
                before.All.ToImmutableDictionary(device => device.Name, StringComparer.OrdinalIgnoreCase)
            );
            Enrolment.Check(devices.Values);
            var after = new EnrolledDevices(devices.Values, before.Epoch + 1);
            SealedFile.Write(_state, FileName, _master, DeviceDocument.Write(after));
            Volatile.Write(ref _stamp, ReadStamp());
            Volatile.Write(ref _current, after);
            announcement = Enrolment.Compare(known, after);
        }
        finally
        {
            _gate.Release();
        }
        Announce(announcement);
    }

    /// <summary>Under the gate.</summary>
    private async ValueTask<EnrolmentChangedEventArgs?> ReloadAsync(CancellationToken cancellationToken)
    {
        var stamp = ReadStamp();
        if (stamp.AsSpan().SequenceEqual(_stamp))
        {
            return null;
        }
        var content = await SealedFile.ReadAsync(_state, FileName, _master, cancellationToken);
        var before = Current;
        var after = content is null ? new EnrolledDevices([], before.Epoch + 1) : DeviceDocument.Read(content);
        Volatile.Write(ref _stamp, stamp);
        Volatile.Write(ref _current, after);
        return Enrolment.Compare(before, after);
    }

    private byte[] ReadStamp()
    {
        if (!_state.Exists(FileName))
        {
            return [];
        }
        using var file = _state.Open(FileName, FileAccess.Read);
        var stamp = new byte[StampBytes];
        return stamp[..file.Read(0, stamp)];
    }

    private void Announce(EnrolmentChangedEventArgs? change)
    {
        if (change is not null)
        {
            Changed?.Invoke(this, change);
        }
    }
}
