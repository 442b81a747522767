using System.Text;
using Leadglass.Access.Certificates;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Access.Tests;

/// <summary>Enrolment is kept, sealed, whole, and followed by whoever runs beside.</summary>
public sealed class DeviceRegistryTests
{
    [Fact]
    public async Task EverythingAboutADeviceComesBack()
    {
        await using var archive = await Enrolled.StartAsync();
        await archive.AddAsync(
            "us1",
            DeviceRights.Store | DeviceRights.Retrieve,
            device =>
                device with
                {
                    AeTitles = [AeTitle.Parse("US1"), AeTitle.Parse("US1 B")],
                    Scope = new DeviceScope { Patients = [new PatientKey("TEST-7", "WARD")], Modalities = ["US"] },
                    MoveDestinations = ["ws"],
                    Address = new DeviceAddress("us1.example", 2762),
                    RefuseConflicts = true,
                    DefaultIssuer = "WARD",
                    CalledAeTitle = AeTitle.Parse("LEADGLASS"),
                    EnrolledAt = archive.Clock.GetUtcNow(),
                }
        );
        using var again = await ReopenAsync(archive);
        var before = archive.Devices.Current.Find("us1")!;
        var after = again.Current.Find("US1")!;
        Assert.Equal(before.Name, after.Name);
        Assert.Equal(before.AeTitles.AsEnumerable(), after.AeTitles);
        Assert.Equal(before.Rights, after.Rights);
        Assert.Equal(before.Scope, after.Scope);
        Assert.Equal(before.MoveDestinations.AsEnumerable(), after.MoveDestinations);
        Assert.Equal(before.Certificates.AsEnumerable(), after.Certificates);
        Assert.Equal(
            (before.Address, before.Enabled, before.RefuseConflicts, before.DefaultIssuer, before.CalledAeTitle),
            (after.Address, after.Enabled, after.RefuseConflicts, after.DefaultIssuer, after.CalledAeTitle)
        );
        Assert.Equal(before.EnrolledAt, after.EnrolledAt);
    }

    [Fact]
    public async Task NothingOfItStandsOnDiskInClear()
    {
        await using var archive = await Enrolled.StartAsync();
        await archive.AddAsync(
            "device-name-7",
            DeviceRights.Store,
            device => device with { Scope = new DeviceScope { Patients = [new PatientKey("PATIENT-7", "ISSUER-7")] } }
        );
        var bytes = Encoding.Latin1.GetString(
            await File.ReadAllBytesAsync(Path.Combine(archive.Folder, DeviceRegistry.FileName))
        );
        Assert.All(
            new[] { "device-name-7", "PATIENT-7", "ISSUER-7", "DEVICE-NAME-7" },
            secret => Assert.DoesNotContain(secret, bytes, StringComparison.OrdinalIgnoreCase)
        );
    }

    [Fact]
    public async Task ARunningServerSeesWhatACommandBesideItChanged()
    {
        await using var archive = await Enrolled.StartAsync();
        await archive.AddAsync("ct1", DeviceRights.Store);
        using var beside = await ReopenAsync(archive);
        var withdrawn = new List<string>();
        archive.Devices.Changed += (_, change) => withdrawn.AddRange(change.Withdrawn);

        await beside.ChangeAsync("ct1", device => device with { RefuseConflicts = true }, CancellationToken.None);
        await archive.Devices.RefreshAsync(CancellationToken.None);
        Assert.True(archive.Devices.Current.Find("ct1")!.RefuseConflicts);
        Assert.Empty(withdrawn);

        await beside.ChangeAsync("ct1", device => device with { Enabled = false }, CancellationToken.None);
        await archive.Devices.RefreshAsync(CancellationToken.None);
        Assert.Equal(["ct1"], withdrawn);
        Assert.Equal(beside.Current.Epoch, archive.Devices.Current.Epoch);
    }

    [Fact]
    public async Task ChangesBesideEachOtherAreBothKept()
    {
        await using var archive = await Enrolled.StartAsync();
        using var beside = await ReopenAsync(archive);
        await archive.AddAsync("ct1", DeviceRights.Store);
        var issued = archive.Authority.IssueDevice("mr1", null);
        await beside.AddAsync(
            new Device
            {
                Name = "mr1",
                AeTitles = [AeTitle.Parse("MR1")],
                Rights = DeviceRights.Store,
                Certificates = [issued.Certificate],
            },
            CancellationToken.None
        );
        Assert.Equal(["ct1", "mr1"], beside.Current.All.Select(device => device.Name));
    }

    [Theory]
    [InlineData("ct1", "OTHER", "enrolled")]
    [InlineData("CT1", "OTHER", "enrolled")]
    [InlineData("ct2", "CT1", "cannot belong to both")]
    [InlineData("../ct2", "OTHER", "letters")]
    [InlineData("", "OTHER", "letters")]
    [InlineData(".ct2", "OTHER", "letters")]
    public async Task WhatIsTakenOrMalformedIsRefusedAndChangesNothing(string name, string title, string because)
    {
        await using var archive = await Enrolled.StartAsync();
        await archive.AddAsync("ct1", DeviceRights.Store);
        var refused = await Assert.ThrowsAsync<EnrolmentException>(async () =>
            await archive.Devices.AddAsync(
                new Device
                {
                    Name = name,
                    AeTitles = [AeTitle.Parse(title)],
                    Rights = DeviceRights.Store,
                },
                CancellationToken.None
            )
        );
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        using var again = await ReopenAsync(archive);
        Assert.Equal(1, again.Current.Count);
    }

    [Fact]
    public async Task ADamagedFileIsRefusedAndARunningServerKeepsWhatItKnew()
    {
        await using var archive = await Enrolled.StartAsync();
        await archive.AddAsync("ct1", DeviceRights.Store);
        var file = Path.Combine(archive.Folder, DeviceRegistry.FileName);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[20] ^= 1;
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await Assert.ThrowsAnyAsync<SealingException>(async () => await ReopenAsync(archive));
        await Assert.ThrowsAnyAsync<SealingException>(async () =>
            await archive.Devices.RefreshAsync(CancellationToken.None)
        );
        Assert.NotNull(archive.Devices.Current.Find("ct1"));
    }

    [Theory]
    [InlineData("host.example:104", "host.example", 104)]
    [InlineData("192.0.2.1:11112", "192.0.2.1", 11112)]
    [InlineData("[2001:db8::1]:2762", "2001:db8::1", 2762)]
    public void AnAddressIsReadAndWritten(string text, string host, int port)
    {
        Assert.True(DeviceAddress.TryParse(text, out var address));
        Assert.Equal(new DeviceAddress(host, port), address);
        Assert.Equal(text, address!.ToString());
    }

    [Theory]
    [InlineData("host.example")]
    [InlineData(":104")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("ho st:104")]
    [InlineData("http://host:104")]
    public void WhatIsNoAddressIsNotTaken(string text) => Assert.False(DeviceAddress.TryParse(text, out _));

    private static ValueTask<DeviceRegistry> ReopenAsync(Enrolled archive) =>
        DeviceRegistry.OpenAsync(DurableFolder.Open(archive.Folder), archive.Master, CancellationToken.None);
}
