using System.Net;

namespace Leadglass.Access;

/// <summary>
/// Who is asking. Made by <see cref="AccessPolicy"/> alone, from what the asker proved. Closed: a device, whoever runs a
/// command on the machine, a person, a program, an outside person with a share.
/// </summary>
public abstract class Identity
{
    private protected Identity(string kind, string name, IPAddress? address)
    {
        Key = $"{kind}:{name}";
        Name = name;
        Address = address;
    }

    /// <summary>The enrolled name.</summary>
    public string Name { get; }

    /// <summary>From where; null for a command on the archive's own machine.</summary>
    public IPAddress? Address { get; }

    /// <summary>Kind and name, as the trail keys its entries: "device:ct1".</summary>
    public string Key { get; }

    /// <summary>What stays the same when a person's sign-in name changes; decides whether two are one.</summary>
    internal virtual string LastingKey => Key;

    /// <inheritdoc/>
    public override string ToString() => Key;
}

/// <summary>A device that proved possession of an enrolled certificate's key, or for which its edge did.</summary>
public sealed class DeviceIdentity : Identity
{
    internal DeviceIdentity(
        Device device,
        CertificateFingerprint fingerprint,
        IPAddress? address,
        Device? through = null
    )
        : base("device", device.Name, address)
    {
        Device = device;
        Fingerprint = fingerprint;
        Through = through;
    }

    /// <summary>The device as it was enrolled when it was identified.</summary>
    public Device Device { get; }

    /// <summary>The edge that proved it, as that was enrolled then; null: it proved itself.</summary>
    public Device? Through { get; }

    /// <summary>The certificate that was shown: its own, or the edge's.</summary>
    public CertificateFingerprint Fingerprint { get; }
}

/// <summary>
/// Whoever runs a command on the archive's machine with the archive's keys in reach. It may bring data in; it may release
/// data only with the recovery key.
/// </summary>
public sealed class OperatorIdentity : Identity
{
    internal OperatorIdentity(string userName, bool hasRecoveryKey, bool isRoot)
        : base("operator", userName, address: null)
    {
        HasRecoveryKey = hasRecoveryKey;
        IsRoot = isRoot;
    }

    /// <summary>True when the kernel says that the user is root (uid 0).</summary>
    public bool IsRoot { get; }

    /// <summary>Whether they count as the second person, as a practice of one needs it: root, or the recovery key.</summary>
    public bool MayConfirm => IsRoot || HasRecoveryKey;

    /// <summary>True when the recovery key was shown and is this archive's.</summary>
    public bool HasRecoveryKey { get; }
}
