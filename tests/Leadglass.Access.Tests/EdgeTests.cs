using System.Net;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Dicom;

namespace Leadglass.Access.Tests;

/// <summary>Edges and the devices behind them: who is who, and what ends when.</summary>
public sealed class EdgeTests
{
    private static readonly IPAddress Ward = IPAddress.Parse("192.0.2.5");

    public static TheoryData<Operation> Operations => [.. Enum.GetValues<Operation>()];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task AnEdgeDoesNothingForItself(Operation operation)
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        Assert.Equal(operation is Operation.Echo, archive.Policy.Decide(edge, operation) is AccessDecision.Granted);
    }

    [Theory]
    [InlineData(DeviceRights.None, Operation.Store, false)]
    [InlineData(DeviceRights.Store, Operation.Store, true)]
    [InlineData(DeviceRights.Store, Operation.Query, false)]
    [InlineData(DeviceRights.Store, Operation.Retrieve, false)]
    [InlineData(DeviceRights.Query, Operation.Query, true)]
    [InlineData(DeviceRights.Query, Operation.Store, false)]
    [InlineData(DeviceRights.Retrieve, Operation.Retrieve, true)]
    [InlineData(DeviceRights.Store | DeviceRights.Query | DeviceRights.Retrieve, Operation.Administer, false)]
    public async Task ADeviceBehindAnEdgeMayWhatIsListed(DeviceRights rights, Operation operation, bool may)
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        await BehindAsync(archive, "ct1", rights);
        var device = Known(archive.Policy.IdentifyBehind(edge, "ct1", Ward));
        Assert.Equal(may, archive.Policy.Decide(device, operation) is AccessDecision.Granted);
        Assert.All(
            archive.Trail.Refusals,
            refusal => Assert.Equal(("device:ct1", "ward"), (refusal.Who, refusal.Through))
        );
    }

    [Fact]
    public async Task TheTrailNamesDeviceEdgeAndAddress()
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        await BehindAsync(archive, "ct1", DeviceRights.Store);
        var device = Known(archive.Policy.IdentifyBehind(edge, "ct1", Ward));
        await archive.Grant(device, Operation.Store).AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        var record = archive.Trail.Recorded.Last();
        Assert.Equal(("device:ct1", "ward", "192.0.2.5"), (record.Who, record.Through, record.Address));
        Assert.Equal(edge.Fingerprint, record.Certificate);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("ct2")]
    [InlineData("own")]
    [InlineData("ward")]
    public async Task AnEdgeSpeaksForNobodyElse(string name)
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        await EdgeAsync(archive, "other");
        await BehindAsync(archive, "ct2", DeviceRights.Store, edge: "other");
        await archive.IdentityAsync("own", DeviceRights.Store);
        var refused = Assert.IsType<Identification.Refused>(archive.Policy.IdentifyBehind(edge, name, Ward));
        Assert.Equal(RefusalReason.NotBehindEdge, refused.Reason);
        Assert.Contains(
            archive.Trail.Refusals,
            refusal => refusal is { Who: "device:ward", Refusal: RefusalReason.NotBehindEdge }
        );
    }

    [Fact]
    public async Task ADeviceWithoutAnEdgeSpeaksForNobody()
    {
        await using var archive = await Enrolled.StartAsync();
        await EdgeAsync(archive);
        await BehindAsync(archive, "ct1", DeviceRights.Store);
        var own = await archive.IdentityAsync("own", DeviceRights.Store);
        Assert.IsType<Identification.Refused>(archive.Policy.IdentifyBehind(own, "ct1", Ward));
        Assert.False(archive.Policy.Admits(own));
    }

    [Theory]
    [InlineData("ct1")]
    [InlineData("ward")]
    public async Task DisablingDeviceOrEdgeEndsGrantsAndAssociationsAtOnce(string disabled)
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        await BehindAsync(archive, "ct1", DeviceRights.Store);
        var device = Known(archive.Policy.IdentifyBehind(edge, "ct1", Ward));
        var grant = archive.Grant(device, Operation.Store);
        var withdrawn = new List<string>();
        archive.Devices.Changed += (_, change) => withdrawn.AddRange(change.Withdrawn);
        await archive.ChangeAsync(disabled, known => known with { Enabled = false });
        Assert.Equal([disabled], withdrawn);
        Assert.Equal(RefusalReason.AccessWithdrawn, grant.Voided);
        Assert.IsType<AccessDecision.Refused>(archive.Policy.Decide(device, Operation.Store));
        Assert.IsType<Identification.Refused>(archive.Policy.IdentifyBehind(edge, "ct1", Ward));
    }

    [Fact]
    public async Task ADeviceThatMovedToAnotherEdgeIsOutOfReachOfTheFirst()
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        await EdgeAsync(archive, "other");
        await BehindAsync(archive, "ct1", DeviceRights.Store);
        var device = Known(archive.Policy.IdentifyBehind(edge, "ct1", Ward));
        await archive.ChangeAsync("ct1", known => known with { Behind = known.Behind! with { Edge = "other" } });
        Assert.IsType<AccessDecision.Refused>(archive.Policy.Decide(device, Operation.Store));
        Assert.IsType<Identification.Refused>(archive.Policy.IdentifyBehind(edge, "ct1", Ward));
    }

    [Fact]
    public async Task AWorkstationIsKnownByItsTitle()
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        await BehindAsync(archive, "ws1", DeviceRights.Query);
        Assert.Equal("ws1", Known(archive.Policy.IdentifyBehind(edge, AeTitle.Parse("WS1"))).Name);
        Assert.IsType<Identification.Refused>(archive.Policy.IdentifyBehind(edge, AeTitle.Parse("WS2")));
    }

    [Fact]
    public async Task WhatIsNotWellFormedIsNotEnrolled()
    {
        await using var archive = await Enrolled.StartAsync();
        await EdgeAsync(archive);
        await RefusedAsync(Device("a") with { Behind = Place("nobody") }, "no edge is named nobody");
        await RefusedAsync(Device("a") with { Behind = Place("ward") with { Sources = [] } }, "addresses to come from");
        await RefusedAsync(
            Device("a") with
            {
                Behind = Place("ward"),
                Certificates = [archive.Authority.IssueDevice("a", host: null).Certificate],
            },
            "neither a certificate nor an address"
        );
        await RefusedAsync(
            Device("a") with
            {
                Behind = Place("ward") with { Coercion = new CoercionRules("Ward\\Clinic", null) },
            },
            "without backslash"
        );
        await RefusedAsync(
            Device("a") with
            {
                Behind = Place("ward") with { Coercion = new CoercionRules(null, new string('x', 17)) },
            },
            "a station 16"
        );
        await RefusedAsync(
            Device("a") with
            {
                Behind = Place("ward"),
                AeTitles = [.. Enumerable.Range(0, 17).Select(number => AeTitle.Parse($"A{number}"))],
            },
            "more than 16 AE titles"
        );
        await RefusedAsync(Device("a") with { Edge = new EdgeEnrolment { Id = Guid.NewGuid() } }, "is an edge");

        async Task RefusedAsync(Device device, string because)
        {
            var refused = await Assert.ThrowsAsync<EnrolmentException>(async () =>
                await archive.Devices.AddAsync(device, CancellationToken.None)
            );
            Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task TheNextStartKnowsEdgesAndWhatIsBehindThem()
    {
        await using var archive = await Enrolled.StartAsync();
        await EdgeAsync(archive);
        await BehindAsync(
            archive,
            "ct1",
            DeviceRights.Store,
            change: place =>
                place with
                {
                    ListensAt = new DeviceAddress("192.0.2.5", 104),
                    Coercion = new CoercionRules("Clinic", "CT 1"),
                }
        );
        await using var again = await archive.ReopenAsync();
        Assert.Equal(archive.Devices.Current.Find("ct1")!.Behind, again.Devices.Current.Find("ct1")!.Behind);
        Assert.Equal(archive.Devices.Current.Find("ward")!.Edge, again.Devices.Current.Find("ward")!.Edge);
    }

    [Fact]
    public async Task ACodeCountsOnce()
    {
        await using var archive = await Enrolled.StartAsync();
        var enrolments = new EdgeEnrolments(archive.Devices, archive.Clock);
        await enrolments.AddAsync(Device("ward") with { Rights = DeviceRights.None }, "c1", "secret", default);
        Assert.Equal("secret", enrolments.Find("c1")?.Code);
        var edge = await enrolments.RedeemAsync("c1", Issue, default);
        Assert.Null(edge.Edge!.Code);
        Assert.Single(edge.Certificates);
        Assert.Null(enrolments.Find("c1"));
        await Assert.ThrowsAsync<EnrolmentException>(async () => await enrolments.RedeemAsync("c1", Issue, default));

        DeviceCertificate Issue(Device device) => archive.Authority.IssueDevice(device.Name, host: null).Certificate;
    }

    [Fact]
    public async Task ACodeCountsForAnHourAndStandsFiveWrongProofs()
    {
        await using var archive = await Enrolled.StartAsync();
        var enrolments = new EdgeEnrolments(archive.Devices, archive.Clock);
        await enrolments.AddAsync(Device("ward") with { Rights = DeviceRights.None }, "c1", "first", default);
        archive.Clock.Advance(EdgeEnrolments.Validity);
        Assert.Null(enrolments.Find("c1"));
        await enrolments.OpenAsync("ward", "c2", "second", default);
        for (var attempt = 1; attempt < EdgeEnrolments.AttemptsMax; attempt++)
        {
            await enrolments.FailAsync("c2", default);
            Assert.NotNull(enrolments.Find("c2"));
        }

        await enrolments.FailAsync("c2", default);
        Assert.Null(enrolments.Find("c2"));
    }

    [Fact]
    public async Task WhoeverEnrolsAnewHasTheOldCertificateWithdrawnAndKeepsTheId()
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        var enrolments = new EdgeEnrolments(archive.Devices, archive.Clock);
        await enrolments.OpenAsync("ward", "again", "secret", default);
        var now = await enrolments.RedeemAsync(
            "again",
            device => archive.Authority.IssueDevice(device.Name, host: null).Certificate,
            default
        );
        Assert.Equal(edge.Device.Edge!.Id, now.Edge!.Id);
        Assert.False(archive.Policy.Admits(edge));
    }

    [Fact]
    public async Task WhatAnEdgeRefusedStandsInTheTrailWithItsNameAndCount()
    {
        await using var archive = await Enrolled.StartAsync();
        var edge = await EdgeAsync(archive);
        await BehindAsync(archive, "ct1", DeviceRights.Store);
        archive.Policy.NoteRefusedAtEdge(
            edge,
            [
                new RefusedAtEdge(
                    null,
                    AeTitle.Parse("ROGUE"),
                    Ward,
                    RefusalReason.SourceNotListed,
                    7,
                    archive.Clock.GetUtcNow()
                ),
                new RefusedAtEdge(
                    "ct1",
                    AeTitle.Parse("CT1"),
                    Ward,
                    RefusalReason.RightMissing,
                    1,
                    archive.Clock.GetUtcNow()
                ),
            ]
        );
        Assert.Equal(
            [
                ("stranger", "ward", 7, RefusalReason.SourceNotListed),
                ("device:ct1", "ward", 1, RefusalReason.RightMissing),
            ],
            archive.Trail.Refusals.Select(one => (one.Who, one.Through!, one.Count, one.Refusal!.Value))
        );
    }

    private static async Task<DeviceIdentity> EdgeAsync(Enrolled archive, string name = "ward")
    {
        var enrolments = new EdgeEnrolments(archive.Devices, archive.Clock);
        await enrolments.AddAsync(Device(name) with { Rights = DeviceRights.None }, name, "secret", default);
        IssuedCertificate? issued = null;
        await enrolments.RedeemAsync(
            name,
            device => (issued = archive.Authority.IssueDevice(device.Name, host: null)).Certificate,
            default
        );
        using var certificate = X509Certificate2.CreateFromPem(issued!.CertificatePem);
        return archive.Identify(certificate);
    }

    private static ValueTask BehindAsync(
        Enrolled archive,
        string name,
        DeviceRights rights,
        string edge = "ward",
        Func<BehindEdge, BehindEdge>? change = null
    ) =>
        archive.Devices.AddAsync(
            Device(name) with
            {
                Rights = rights,
                Behind = change?.Invoke(Place(edge)) ?? Place(edge),
            },
            default
        );

    private static BehindEdge Place(string edge) => new() { Edge = edge, Sources = [IPNetwork.Parse("192.0.2.0/28")] };

    private static Device Device(string name) =>
        new()
        {
            Name = name,
            AeTitles = [AeTitle.Parse(name.ToUpperInvariant())],
            Rights = DeviceRights.Store,
        };

    private static DeviceIdentity Known(Identification identification) =>
        Assert.IsType<Identification.Known>(identification).Identity;
}
