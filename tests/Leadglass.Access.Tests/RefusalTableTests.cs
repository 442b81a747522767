using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Dicom;

namespace Leadglass.Access.Tests;

/// <summary>Every way in that stays shut, and that each is recorded with its reason.</summary>
public sealed class RefusalTableTests
{
    private static readonly AeTitle Archive = AeTitle.Parse("LEADGLASS");

    public static TheoryData<string, RefusalReason> Strangers =>
        new()
        {
            { "no certificate", RefusalReason.NoCertificate },
            { "other authority", RefusalReason.OtherAuthority },
            { "other authority of the same name", RefusalReason.OtherAuthority },
            { "self-signed", RefusalReason.OtherAuthority },
            { "the authority itself", RefusalReason.OtherAuthority },
            { "the listener's own", RefusalReason.UnknownDevice },
            { "issued, never enrolled", RefusalReason.UnknownDevice },
            { "expired", RefusalReason.CertificateExpired },
            { "not yet valid", RefusalReason.CertificateNotYetValid },
            { "disabled", RefusalReason.DeviceDisabled },
            { "revoked", RefusalReason.CertificateRevoked },
        };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task AStrangerIsRefusedAndRecorded(string who, RefusalReason expected)
    {
        await using var archive = await Enrolled.StartAsync();
        using var certificate = await CertificateOfAsync(archive, who);

        var answer = archive.Policy.Identify(certificate, Enrolled.Ward);

        Assert.Equal(expected, Assert.IsType<Identification.Refused>(answer).Reason);
        var refusal = Assert.Single(archive.Trail.Refusals);
        Assert.Equal(expected, refusal.Refusal);
        Assert.Equal(AuditEvent.UserAuthentication, refusal.Event);
        Assert.Equal(AuditOutcome.MinorFailure, refusal.Outcome);
        Assert.Equal("192.0.2.7", refusal.Address);
    }

    [Fact]
    public async Task AnEnrolledDeviceIsKnown()
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ct1", DeviceRights.Store);
        Assert.Equal("device:ct1", identity.Key);
        Assert.Null(archive.Policy.Admit(identity, AeTitle.Parse("CT1"), Archive));
        Assert.Empty(archive.Trail.Refusals);
    }

    [Fact]
    public async Task AnotherDevicesAeTitleIsRefused()
    {
        await using var archive = await Enrolled.StartAsync();
        var ct = await archive.IdentityAsync("ct1", DeviceRights.Store);
        await archive.IdentityAsync("mr1", DeviceRights.Store);
        Assert.Equal(RefusalReason.CallingAeTitleMismatch, archive.Policy.Admit(ct, AeTitle.Parse("MR1"), Archive));
        Assert.Equal("device:ct1", Assert.Single(archive.Trail.Refusals).Who);
    }

    [Fact]
    public async Task TheCalledTitleIsCheckedOnlyWhereConfigured()
    {
        await using var archive = await Enrolled.StartAsync();
        var free = await archive.IdentityAsync("ct1", DeviceRights.Store);
        var bound = await archive.IdentityAsync("ct2", DeviceRights.Store, d => d with { CalledAeTitle = Archive });
        Assert.Null(archive.Policy.Admit(free, AeTitle.Parse("CT1"), AeTitle.Parse("ANYTHING")));
        Assert.Null(archive.Policy.Admit(bound, AeTitle.Parse("CT2"), Archive));
        Assert.Equal(
            RefusalReason.CalledAeTitleMismatch,
            archive.Policy.Admit(bound, AeTitle.Parse("CT2"), AeTitle.Parse("ANYTHING"))
        );
    }

    [Theory]
    [InlineData(DeviceRights.None)]
    [InlineData(DeviceRights.Store)]
    [InlineData(DeviceRights.Query)]
    [InlineData(DeviceRights.Retrieve)]
    [InlineData(DeviceRights.Store | DeviceRights.Query | DeviceRights.Retrieve)]
    public async Task EachRightIsGrantedOnItsOwn(DeviceRights rights)
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ct1", rights);
        Operation[] granted =
        [
            .. Enum.GetValues<Operation>()
                .Where(operation => archive.Policy.Decide(identity, operation) is AccessDecision.Granted),
        ];
        Operation[] expected =
        [
            Operation.Echo,
            .. rights.HasFlag(DeviceRights.Store) ? [Operation.Store] : Array.Empty<Operation>(),
            .. rights.HasFlag(DeviceRights.Query) ? [Operation.Query] : Array.Empty<Operation>(),
            .. rights.HasFlag(DeviceRights.Retrieve) ? [Operation.Retrieve] : Array.Empty<Operation>(),
        ];
        Assert.Equal(expected, granted);
        Assert.Equal(Enum.GetValues<Operation>().Length - granted.Length, archive.Trail.Refusals.Count);
        Assert.All(archive.Trail.Refusals, refusal => Assert.Equal(RefusalReason.RightMissing, refusal.Refusal));
    }

    [Theory]
    [InlineData("DEST", true, null)]
    [InlineData("SELF", true, null)]
    [InlineData("NOBODY", true, RefusalReason.DestinationUnknown)]
    [InlineData("DEAF", true, RefusalReason.DestinationUnknown)]
    [InlineData("OTHER", true, RefusalReason.DestinationNotPermitted)]
    [InlineData("OFF", true, RefusalReason.DestinationNotPermitted)]
    [InlineData("NORIGHT", true, RefusalReason.DestinationNotPermitted)]
    [InlineData("DEST", false, RefusalReason.RightMissing)]
    public async Task AMoveGoesOnlyWhereItMay(string title, bool mayRetrieve, RefusalReason? expected)
    {
        await using var archive = await Enrolled.StartAsync();
        var address = new DeviceAddress("dest.example", 2762);
        await archive.AddAsync("dest", DeviceRights.Retrieve, d => d with { Address = address });
        await archive.AddAsync("other", DeviceRights.Retrieve, d => d with { Address = address });
        await archive.AddAsync("deaf", DeviceRights.Retrieve);
        await archive.AddAsync("noright", DeviceRights.Store, d => d with { Address = address });
        await archive.AddAsync("off", DeviceRights.Retrieve, d => d with { Address = address, Enabled = false });
        var self = await archive.IdentityAsync(
            "self",
            mayRetrieve ? DeviceRights.Retrieve : DeviceRights.Query,
            d => d with { Address = address, MoveDestinations = ["dest", "off", "noright", "deaf"] }
        );

        var decision = archive.Policy.DecideMove(self, AeTitle.Parse(title));

        Assert.Equal(expected, (decision as AccessDecision.Refused)?.Reason);
        if (expected is null)
        {
            Assert.Equal(title, Assert.IsType<AccessDecision.Granted>(decision).Grant.Destination!.AeTitles[0].Value);
        }
    }

    [Fact]
    public async Task ADestinationIsSentOnlyWhatItMaySeeItself()
    {
        await using var archive = await Enrolled.StartAsync();
        await archive.AddAsync(
            "narrow",
            DeviceRights.Retrieve,
            d =>
                d with
                {
                    Address = new DeviceAddress("narrow.example", 2762),
                    Scope = new DeviceScope { Modalities = ["US"] },
                }
        );
        var self = await archive.IdentityAsync(
            "wide",
            DeviceRights.Retrieve,
            d => d with { MoveDestinations = ["narrow"] }
        );
        var grant = Assert
            .IsType<AccessDecision.Granted>(archive.Policy.DecideMove(self, AeTitle.Parse("NARROW")))
            .Grant;
        var study = new StudyFacts { Study = StudyInstanceUid.Parse("2.25.1"), Modalities = ["CT"] };
        Assert.False(grant.Covers(study));
        Assert.True(grant.Covers(study with { Modalities = ["US"] }));
    }

    [Fact]
    public async Task APinnedCertificateOfAnotherPkiIsKnownAndItsSiblingIsNot()
    {
        await using var archive = await Enrolled.StartAsync();
        using var hospital = CertificateAuthority.Create("hospital", archive.Clock);
        var pinned = hospital.IssueDevice("us1", host: null);
        var sibling = hospital.IssueDevice("us1", host: null);
        await archive.AddAsync(
            "us1",
            DeviceRights.Store,
            device =>
                device with
                {
                    Certificates =
                    [
                        SigningRequest.ReadForeignCertificate(pinned.CertificatePem, archive.Clock.GetUtcNow()),
                    ],
                }
        );
        using var shown = X509Certificate2.CreateFromPem(pinned.CertificatePem);
        using var other = X509Certificate2.CreateFromPem(sibling.CertificatePem);
        Assert.Equal("us1", archive.Identify(shown).Name);
        Assert.Equal(
            RefusalReason.OtherAuthority,
            Assert.IsType<Identification.Refused>(archive.Policy.Identify(other, null)).Reason
        );
        archive.Clock.Advance(CertificateAuthority.DeviceValidity);
        Assert.Equal(
            RefusalReason.CertificateExpired,
            Assert.IsType<Identification.Refused>(archive.Policy.Identify(shown, null)).Reason
        );
    }

    [Fact]
    public async Task ACertificateForServersOnlyIsUnsuitable()
    {
        await using var archive = await Enrolled.StartAsync();
        using var key = System.Security.Cryptography.ECDsa.Create(
            System.Security.Cryptography.ECCurve.NamedCurves.nistP256
        );
        var request = new CertificateRequest(
            "CN=server only",
            key,
            System.Security.Cryptography.HashAlgorithmName.SHA256
        );
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], critical: false)
        );
        var now = archive.Clock.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        Assert.Throws<EnrolmentException>(() =>
            SigningRequest.ReadForeignCertificate(certificate.ExportCertificatePem(), now)
        );
        await archive.AddAsync(
            "us1",
            DeviceRights.Store,
            device =>
                device with
                {
                    Certificates =
                    [
                        new DeviceCertificate(
                            CertificateFingerprint.Of(certificate),
                            now.AddDays(-1),
                            now.AddDays(1),
                            IsForeign: true
                        ),
                    ],
                }
        );
        Assert.Equal(
            RefusalReason.CertificateUnsuitable,
            Assert.IsType<Identification.Refused>(archive.Policy.Identify(certificate, null)).Reason
        );
    }

    [Fact]
    public async Task ADisabledDeviceLosesItsLiveAssociation()
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ct1", DeviceRights.Store);
        await archive.ChangeAsync("ct1", device => device with { Enabled = false });
        Assert.Equal(RefusalReason.DeviceDisabled, archive.Policy.Admit(identity, AeTitle.Parse("CT1"), Archive));
        Assert.Equal(
            RefusalReason.DeviceDisabled,
            Assert.IsType<AccessDecision.Refused>(archive.Policy.Decide(identity, Operation.Store)).Reason
        );
    }

    [Fact]
    public async Task ACertificateThatExpiresEndsALiveAssociationsOperations()
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ct1", DeviceRights.Store);
        archive.Clock.Advance(CertificateAuthority.DeviceValidity);
        Assert.Equal(
            RefusalReason.CertificateExpired,
            Assert.IsType<AccessDecision.Refused>(archive.Policy.Decide(identity, Operation.Echo)).Reason
        );
    }

    [Fact]
    public async Task WhoeverRunsCommandsMayBringDataInButNotOut()
    {
        await using var archive = await Enrolled.StartAsync();
        var person = AccessPolicy.Operator("someone");
        Assert.IsType<AccessDecision.Granted>(archive.Policy.Decide(person, Operation.Store));
        Assert.All(
            new[] { Operation.Query, Operation.Retrieve, Operation.Export, Operation.Move },
            operation => Assert.IsType<AccessDecision.Refused>(archive.Policy.Decide(person, operation))
        );
    }

    private static async Task<X509Certificate2?> CertificateOfAsync(Enrolled archive, string who)
    {
        switch (who)
        {
            case "no certificate":
                return null;
            case "other authority":
                await archive.AddAsync("ct1", DeviceRights.Store);
                return IssuedBy(archive, "elsewhere");
            case "other authority of the same name":
                await archive.AddAsync("ct1", DeviceRights.Store);
                return IssuedBy(archive, "test");
            case "self-signed":
                using (var other = CertificateAuthority.Create("ct1", archive.Clock))
                {
                    return X509CertificateLoader.LoadCertificate(other.Certificate.RawData);
                }
            case "the authority itself":
                return X509CertificateLoader.LoadCertificate(archive.Authority.Certificate.RawData);
            case "the listener's own":
                return archive.Authority.IssueServer([]);
            case "issued, never enrolled":
                return X509Certificate2.CreateFromPem(archive.Authority.IssueDevice("ghost", null).CertificatePem);
        }
        var certificate = await archive.AddAsync("ct1", DeviceRights.Store);
        switch (who)
        {
            case "expired":
                archive.Clock.Advance(CertificateAuthority.DeviceValidity + TimeSpan.FromDays(1));
                break;
            case "not yet valid":
                archive.Clock.Advance(TimeSpan.FromDays(-1));
                break;
            case "disabled":
                await archive.ChangeAsync("ct1", device => device with { Enabled = false });
                break;
            case "revoked":
                await archive.ChangeAsync(
                    "ct1",
                    device => device with { Certificates = [device.Certificates[0] with { IsRevoked = true }] }
                );
                break;
        }
        archive.Trail.Refusals.Clear();
        return certificate;
    }

    private static X509Certificate2 IssuedBy(Enrolled archive, string authority)
    {
        using var other = CertificateAuthority.Create(authority, archive.Clock);
        return X509Certificate2.CreateFromPem(other.IssueDevice("ct1", host: null).CertificatePem);
    }
}
