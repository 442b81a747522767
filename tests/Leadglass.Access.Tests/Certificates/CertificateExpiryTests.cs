using Leadglass.Access.Certificates;

namespace Leadglass.Access.Tests.Certificates;

/// <summary>Whoever runs the archive hears of certificates that end 60, 30 and 7 days before.</summary>
public sealed class CertificateExpiryTests
{
    [Theory]
    [InlineData(61, ExpiryAlarm.None)]
    [InlineData(60, ExpiryAlarm.Soon)]
    [InlineData(31, ExpiryAlarm.Soon)]
    [InlineData(30, ExpiryAlarm.Near)]
    [InlineData(8, ExpiryAlarm.Near)]
    [InlineData(7, ExpiryAlarm.Urgent)]
    [InlineData(0, ExpiryAlarm.Urgent)]
    [InlineData(-1, ExpiryAlarm.Expired)]
    public void TheAlarmGrowsAsTheEndComesNear(int daysLeft, ExpiryAlarm expected)
    {
        var now = new ManualClock().GetUtcNow();
        Assert.Equal(expected, CertificateExpiry.Of(now.AddDays(daysLeft), now));
    }

    [Fact]
    public async Task OnlyEnabledDevicesWithoutALaterCertificateAreNamed()
    {
        await using var archive = await Enrolled.StartAsync();
        await archive.AddAsync("old", DeviceRights.Store);
        await archive.AddAsync("off", DeviceRights.Store, device => device with { Enabled = false });
        await archive.AddAsync("renewed", DeviceRights.Store);
        await archive.AddAsync(
            "bare",
            DeviceRights.Store,
            device => device with { Certificates = [device.Certificates[0] with { IsRevoked = true }] }
        );
        archive.Clock.Advance(CertificateAuthority.DeviceValidity - TimeSpan.FromDays(20));
        var next = archive.Authority.IssueDevice("renewed", host: null).Certificate;
        await archive.ChangeAsync("renewed", device => device with { Certificates = device.Certificates.Add(next) });
        Assert.Equal(
            [("bare", ExpiryAlarm.Expired), ("old", ExpiryAlarm.Near)],
            CertificateExpiry
                .Due(archive.Devices.Current, archive.Clock.GetUtcNow())
                .Select(due => (due.Device, due.Alarm))
        );
    }
}
