using System.Collections.Frozen;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>All enrolled devices at one moment. Immutable.</summary>
public sealed class EnrolledDevices
{
    private readonly FrozenDictionary<string, Device> _byName;
    private readonly FrozenDictionary<AeTitle, Device> _byAeTitle;
    private readonly FrozenDictionary<CertificateFingerprint, Device> _byCertificate;

    internal EnrolledDevices(IEnumerable<Device> devices, long epoch)
    {
        _byName = devices.ToFrozenDictionary(device => device.Name, StringComparer.OrdinalIgnoreCase);
        _byAeTitle = _byName
            .Values.SelectMany(device => device.AeTitles.Select(title => (title, device)))
            .ToFrozenDictionary(pair => pair.title, pair => pair.device);
        _byCertificate = _byName
            .Values.SelectMany(device => device.Certificates.Select(held => (held.Fingerprint, device)))
            .ToFrozenDictionary(pair => pair.Fingerprint, pair => pair.device);
        Epoch = epoch;
    }

    /// <summary>Grows with every change of enrolment.</summary>
    public long Epoch { get; }

    /// <summary>All, by name.</summary>
    public IEnumerable<Device> All => _byName.Values.OrderBy(device => device.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>How many.</summary>
    public int Count => _byName.Count;

    /// <summary>The device of this name; upper and lower case are the same.</summary>
    public Device? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The device with this AE title.</summary>
    public Device? FindByAeTitle(AeTitle title) => _byAeTitle.GetValueOrDefault(title);

    /// <summary>The device that has, or had, this certificate.</summary>
    public Device? FindByCertificate(CertificateFingerprint fingerprint) =>
        _byCertificate.GetValueOrDefault(fingerprint);
}
