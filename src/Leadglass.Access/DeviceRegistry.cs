using System.Collections.Immutable;

namespace Leadglass.Access;

/// <summary>Which devices lost something by a change of enrolment; their live associations have to end.</summary>
/// <param name="withdrawn">Names of devices that were disabled or removed, lost a certificate, a right or a title.</param>
public sealed class EnrolmentChangedEventArgs(ImmutableArray<string> withdrawn) : EventArgs
{
    /// <summary>Names of devices whose live associations have to end.</summary>
    public ImmutableArray<string> Withdrawn { get; } = withdrawn;
}

/// <summary>A change of enrolment cannot be made; the message says what to do.</summary>
public sealed class EnrolmentException(string message) : Exception(message);

/// <summary>Who is enrolled. Readers take <see cref="Current"/>, which is immutable; changes are made one after another.</summary>
public sealed class DeviceRegistry
{
    /// <summary>The most devices of one archive.</summary>
    public const int DevicesMax = 10_000;

    private readonly Lock _gate = new();
    private EnrolledDevices _current = new([], epoch: 0);

    /// <summary>Raised after a change, on the thread that made or saw it.</summary>
    public event EventHandler<EnrolmentChangedEventArgs>? Changed;

    /// <summary>All devices now.</summary>
    public EnrolledDevices Current => Volatile.Read(ref _current);

    /// <summary>Enrols a device.</summary>
    /// <exception cref="EnrolmentException">Its name, an AE title or a certificate is taken, or it is not well-formed.</exception>
    public ValueTask AddAsync(Device device, CancellationToken cancellationToken)
    {
        Apply(devices =>
        {
            if (devices.ContainsKey(device.Name))
            {
                throw new EnrolmentException($"a device named {device.Name} is enrolled: choose another name");
            }
            return devices.Add(device.Name, device);
        });
        return ValueTask.CompletedTask;
    }

    /// <summary>Changes a device by name.</summary>
    /// <exception cref="EnrolmentException">There is none of this name, or what it became is not well-formed.</exception>
    public ValueTask ChangeAsync(string name, Func<Device, Device> change, CancellationToken cancellationToken)
    {
        Apply(devices =>
            devices.TryGetValue(name, out var device)
                ? devices.SetItem(device.Name, change(device))
                : throw new EnrolmentException($"no device is named {name}: see leadglass device list")
        );
        return ValueTask.CompletedTask;
    }

    private void Apply(Func<ImmutableDictionary<string, Device>, ImmutableDictionary<string, Device>> change)
    {
        ImmutableArray<string> withdrawn;
        lock (_gate)
        {
            var before = _current;
            var devices = change(
                before.All.ToImmutableDictionary(device => device.Name, StringComparer.OrdinalIgnoreCase)
            );
            Enrolment.Check(devices.Values);
            var after = new EnrolledDevices(devices.Values, before.Epoch + 1);
            Volatile.Write(ref _current, after);
            withdrawn = Enrolment.Withdrawn(before, after);
        }
        Changed?.Invoke(this, new EnrolmentChangedEventArgs(withdrawn));
    }
}
