using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Server.Control;

namespace Leadglass.Cli.Doctor;

/// <summary>When certificates end, told 60, 30 and 7 days before.</summary>
internal static class CertificateChecks
{
    public static IEnumerable<Finding> Expiry(ArchiveState archive, DateTimeOffset now)
    {
        using var authority = X509Certificate2.CreateFromPem(archive.AuthorityPem);
        var until = new DateTimeOffset(authority.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        yield return Judge("certificate authority", until, now, "devices have to be enrolled anew under a new one");
        foreach (var device in archive.Devices.Where(device => device.Behind is null))
        {
            var check = $"certificate of {device.Name}";
            var last = device.Certificates.Where(held => !held.IsRevoked).MaxBy(held => held.NotAfter);
            yield return !device.Enabled ? new Finding(check, Health.Skipped, "the device is disabled")
            : last is null && device.IsEdge ? new Finding(check, Health.Skipped, "the edge is not enrolled yet")
            : last is null
                ? new Finding(check, Health.Red, $"it has none: leadglass device renew {device.Name} --out DIR")
            : Judge(
                check,
                last.NotAfter,
                now,
                device.IsEdge
                    ? "the edge renews it by itself when it reaches the archive: see why it does not"
                    : $"leadglass device renew {device.Name} --out DIR"
            );
        }
    }

    private static Finding Judge(string check, DateTimeOffset until, DateTimeOffset now, string remedy)
    {
        var days = (int)Math.Floor((until - now).TotalDays);
        var ends = $"ends in {days} days, on {until:yyyy-MM-dd}: {remedy}";
        return CertificateExpiry.Of(until, now) switch
        {
            ExpiryAlarm.Expired => new Finding(check, Health.Red, $"expired on {until:yyyy-MM-dd}: {remedy}"),
            ExpiryAlarm.Urgent => new Finding(check, Health.Red, ends),
            ExpiryAlarm.Near => new Finding(check, Health.Warning, $"{ends} now"),
            ExpiryAlarm.Soon => new Finding(check, Health.Warning, ends),
            _ => new Finding(check, Health.Ok, $"until {until:yyyy-MM-dd}"),
        };
    }
}
