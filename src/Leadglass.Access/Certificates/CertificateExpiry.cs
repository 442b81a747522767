namespace Leadglass.Access.Certificates;

/// <summary>How near a certificate's end is.</summary>
public enum ExpiryAlarm
{
    /// <summary>More than 60 days away.</summary>
    None,

    /// <summary>Within 60 days: plan the renewal.</summary>
    Soon,

    /// <summary>Within 30 days: renew now.</summary>
    Near,

    /// <summary>Within 7 days: renew today.</summary>
    Urgent,

    /// <summary>Over: the device is shut out.</summary>
    Expired,
}

/// <summary>When certificates end, and who has to be told.</summary>
public static class CertificateExpiry
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(60);
    private static readonly TimeSpan Near = TimeSpan.FromDays(30);
    private static readonly TimeSpan Urgent = TimeSpan.FromDays(7);

    /// <summary>How near the end is.</summary>
    public static ExpiryAlarm Of(DateTimeOffset until, DateTimeOffset now) =>
        (until - now) switch
        {
            var left when left < TimeSpan.Zero => ExpiryAlarm.Expired,
            var left when left <= Urgent => ExpiryAlarm.Urgent,
            var left when left <= Near => ExpiryAlarm.Near,
            var left when left <= Soon => ExpiryAlarm.Soon,
            _ => ExpiryAlarm.None,
        };

    /// <summary>
    /// Enabled devices whose last valid certificate ends within 60 days, or which have none; those behind an edge need none,
    /// and an edge that was never enrolled is another matter.
    /// </summary>
    public static IEnumerable<(string Device, DateTimeOffset? Until, ExpiryAlarm Alarm)> Due(
        EnrolledDevices devices,
        DateTimeOffset now
    ) =>
        from device in devices.All
        where device.Enabled && device.Behind is null
        let held = device.Certificates.Where(certificate => !certificate.IsRevoked).ToList()
        where device.Edge is null || held.Count > 0
        let until = held.Select(certificate => (DateTimeOffset?)certificate.NotAfter).Max()
        let alarm = until is { } end ? Of(end, now) : ExpiryAlarm.Expired
        where alarm != ExpiryAlarm.None
        select (device.Name, until, alarm);
}
