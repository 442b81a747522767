using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>The rules that all enrolled devices together obey.</summary>
internal static class Enrolment
{
    private const int ListLengthMax = 1_000;
    private const int SourcesMax = 64;

    // What an edge takes in its list.
    private const int TitlesBehindMax = 16;
    private const int BehindMax = 256;

    /// <exception cref="EnrolmentException">A rule is broken; the message names it.</exception>
    public static void Check(IEnumerable<Device> devices)
    {
        var all = devices.ToDictionary(device => device.Name, StringComparer.OrdinalIgnoreCase);
        var behind = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var titles = new Dictionary<AeTitle, string>();
        var certificates = new Dictionary<CertificateFingerprint, string>();
        var count = 0;
        foreach (var device in all.Values)
        {
            if (++count > DeviceRegistry.DevicesMax)
            {
                throw new EnrolmentException($"an archive has at most {DeviceRegistry.DevicesMax} devices");
            }
            CheckAlone(device);
            CheckPlace(device, all);
            if (device.Behind is { } place)
            {
                behind[place.Edge] = behind.GetValueOrDefault(place.Edge) + 1;
            }
            foreach (var title in device.AeTitles)
            {
                if (!titles.TryAdd(title, device.Name))
                {
                    throw new EnrolmentException(
                        $"AE title {title} cannot belong to both {titles[title]} and {device.Name}"
                    );
                }
            }
            foreach (var certificate in device.Certificates)
            {
                if (!certificates.TryAdd(certificate.Fingerprint, device.Name))
                {
                    throw new EnrolmentException(
                        $"one certificate cannot belong to both {certificates[certificate.Fingerprint]} and {device.Name}"
                    );
                }
            }
        }
        if (behind.Any(pair => pair.Value > BehindMax))
        {
            throw new EnrolmentException($"at most {BehindMax} devices can be behind one edge: use a second one");
        }
    }

    /// <summary>What is different, and whose live associations may rest on something that is gone.</summary>
    public static EnrolmentChangedEventArgs Compare(EnrolledDevices before, EnrolledDevices after)
    {
        var names = before
            .All.Concat(after.All)
            .Select(device => device.Name)
            .Distinct(StringComparer.OrdinalIgnoreCase);
        return new EnrolmentChangedEventArgs(
            [.. names.Where(name => !IsSame(before.Find(name), after.Find(name)))],
            [.. before.All.Where(old => HasLost(old, after.Find(old.Name))).Select(old => old.Name)]
        );
    }

    private static bool IsSame(Device? before, Device? after) =>
        before is not null
        && after is not null
        && before.IsAsEnrolled(after)
        && after.IsAsEnrolled(before)
        && before.Enabled == after.Enabled
        && before.Address == after.Address
        && before.DefaultIssuer == after.DefaultIssuer
        && before.Behind == after.Behind
        && before.RefuseConflicts == after.RefuseConflicts
        && before.Certificates.SequenceEqual(after.Certificates);

    private static bool HasLost(Device old, Device? now) =>
        now is not { Enabled: true }
        || !now.IsAsEnrolled(old)
        || old.Certificates.Any(held =>
            !held.IsRevoked && !now.Certificates.Any(kept => kept.Fingerprint == held.Fingerprint && !kept.IsRevoked)
        );

    private static void CheckPlace(Device device, Dictionary<string, Device> all)
    {
        if (device.Edge is not null && (device.Behind is not null || device.Rights is not DeviceRights.None))
        {
            throw new EnrolmentException(
                $"{device.Name} is an edge: it does nothing for itself, and stands behind no other"
            );
        }
        if (device.Behind is not { } place)
        {
            return;
        }
        if (all.GetValueOrDefault(place.Edge) is not { Edge: not null })
        {
            throw new EnrolmentException(
                $"no edge is named {place.Edge}: leadglass device add {place.Edge} --edge enrols it"
            );
        }
        if (device.AeTitles.Length > TitlesBehindMax)
        {
            throw new EnrolmentException($"device {device.Name} has more than {TitlesBehindMax} AE titles");
        }
        if (place.Sources.IsDefaultOrEmpty || place.Sources.Length > SourcesMax)
        {
            throw new EnrolmentException($"device {device.Name} needs 1 to {SourcesMax} addresses to come from");
        }
        if (!device.Certificates.IsEmpty || device.Address is not null)
        {
            throw new EnrolmentException(
                $"device {device.Name} is behind an edge: it has neither a certificate nor an address of its own"
            );
        }
        if (
            place.Coercion is { } rules
            && !(
                IsText(rules.Institution, CoercionRules.InstitutionLengthMax)
                && IsText(rules.Station, CoercionRules.StationLengthMax)
            )
        )
        {
            throw new EnrolmentException(
                $"an institution has at most {CoercionRules.InstitutionLengthMax} characters and a station "
                    + $"{CoercionRules.StationLengthMax}, without backslash and control characters (PS3.5 6.2)"
            );
        }
    }

    private static bool IsText(string? text, int lengthMax) =>
        text is null || (text.Length > 0 && text.Length <= lengthMax && !text.Any(c => c == '\\' || char.IsControl(c)));

    private static void CheckAlone(Device device)
    {
        if (!Device.IsName(device.Name))
        {
            throw new EnrolmentException(
                $"a device's name has 1 to {Device.NameLengthMax} letters, digits, '.', '_' or '-' and begins with a letter or digit"
            );
        }
        if (device.AeTitles.IsEmpty)
        {
            throw new EnrolmentException($"device {device.Name} needs at least one AE title");
        }
        var longest = Math.Max(
            Math.Max(device.AeTitles.Length, device.Certificates.Length),
            Math.Max(
                device.MoveDestinations.Length,
                Math.Max(device.Scope.Patients.Length, device.Scope.Modalities.Length)
            )
        );
        if (longest > ListLengthMax)
        {
            throw new EnrolmentException($"device {device.Name} has a list of more than {ListLengthMax} entries");
        }
    }
}
