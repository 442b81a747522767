using System.Net;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Access.Tests.Trails;

/// <summary>Who saw this study: everybody who did, told to whoever may know, and that they asked is told as well.</summary>
public sealed class TrailQueriesTests : IAsyncDisposable
{
    private static readonly StudyFacts Study = Enrolled.Study("1.2.3", "SEEN-1");
    private static readonly StudyFacts Other = Enrolled.Study("1.2.4", "SEEN-2");

    private readonly FaultyDisk _disk = new(5);
    private readonly ManualClock _clock = new();
    private readonly MasterKey _master = MasterKey.Create();
    private readonly CertificateAuthority _authority;
    private AccessRegistries _registries = null!;
    private AccessPolicy _policy = null!;
    private Trail _trail = null!;
    private TrailQueries _queries = null!;

    public TrailQueriesTests() => _authority = CertificateAuthority.Create("test", _clock);

    public async ValueTask DisposeAsync()
    {
        _queries.Dispose();
        await _trail.DisposeAsync();
        await _registries.DisposeAsync();
        _authority.Dispose();
        _master.Dispose();
    }

    [Fact]
    public async Task WhoSawAStudyIsToldWithTimes()
    {
        await StartAsync();
        var reader = await _policy.PersonAsync("reader", Role.Radiologist);
        var technician = await _policy.PersonAsync("technician", Role.Technician);
        var officer = await _policy.PersonAsync("officer", Role.DataProtectionOfficer);
        await LookAsync(technician, Other);
        await LookAsync(technician, Study);
        _clock.Advance(TimeSpan.FromMinutes(30));
        var read = _clock.GetUtcNow();
        await LookAsync(reader, Study);

        var seen = await _queries.SeenByAsync(_policy.Grant(officer, Operation.ReadTrail), Study, default);

        Assert.Equal(["person:reader", "person:technician"], seen.Sightings.Select(sighting => sighting.Who));
        Assert.Equal(read, seen.Sightings[0].Last);
        Assert.Equal(AccessBasis.Role, seen.Sightings[0].Basis);
        Assert.Equal("192.0.2.20", seen.Sightings[0].Address);
        Assert.False(seen.IsCut);

        var asked = await _queries.ReadAsync(
            _policy.Grant(officer, Operation.ReadTrail),
            new TrailQuestion { Who = "person:officer", Events = [AuditEvent.AuditLogUsed] },
            default
        );
        Assert.Contains(
            asked.Entries,
            entry => entry.Event.Study == Study.Study && entry.Event.Patient == Study.Patient
        );
    }

    [Fact]
    public async Task ARadiologistLearnsNamesAndTimesOnly()
    {
        await StartAsync();
        var reader = await _policy.PersonAsync("reader", Role.Radiologist);
        await LookAsync(reader, Study);
        var seen = await _queries.SeenByAsync(_policy.Grant(reader, Operation.Query), Study, default);
        Assert.Null(Assert.Single(seen.Sightings).Address);
    }

    [Theory]
    [InlineData(Role.Technician, Operation.Query)]
    [InlineData(Role.Referrer, Operation.Query)]
    [InlineData(Role.Radiologist, Operation.Retrieve)]
    [InlineData(Role.Administrator, Operation.Administer)]
    public async Task NobodyElseLearnsWhoSawAStudy(Role role, Operation operation)
    {
        await StartAsync();
        var person = await _policy.PersonAsync("somebody", role);
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await _queries.SeenByAsync(_policy.Grant(person, operation), Study, default)
        );
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await _queries.ReadAsync(_policy.Grant(person, operation), new TrailQuestion(), default)
        );
    }

    [Fact]
    public async Task ManyLooksWithinAnHourAreOneLine()
    {
        await StartAsync();
        var account = await _policy.AddPersonAsync("reader", [Role.Radiologist]);
        for (var look = 0; look < 9; look++)
        {
            await LookAsync(await _policy.SignInAsync(account), Study);
            _clock.Advance(TimeSpan.FromMinutes(11));
        }
        var reader = await _policy.SignInAsync(account);
        var seen = await _queries.SeenByAsync(_policy.Grant(reader, Operation.Query), Study, default);
        Assert.Equal([6, 3], seen.Sightings.Select(sighting => sighting.Count));
    }

    [Fact]
    public async Task AQuestionIsAnsweredAcrossFilesAndGoesOnWhereItWasCut()
    {
        await StartAsync();
        var reader = await _policy.PersonAsync("reader", Role.Radiologist);
        var officer = await _policy.PersonAsync("officer", Role.DataProtectionOfficer);
        var account = _registries.People.Current.FindByName("officer")!;
        var looks = new List<DateTimeOffset>();
        for (var day = 0; day < 5; day++)
        {
            var name = $"day{day}";
            var person = await _policy.PersonAsync(name, Role.Technician);
            await LookAsync(person, day % 2 == 0 ? Study : Other);
            looks.Add(_clock.GetUtcNow());
            _clock.Advance(TimeSpan.FromDays(1));
        }
        Assert.True(
            _disk.Root.Folder("trail").List().Count(name => name.EndsWith(".trail", StringComparison.Ordinal)) >= 5
        );
        // Twice: the second time what is remembered of the files answers.
        for (var time = 0; time < 2; time++)
        {
            officer = await _policy.SignInAsync(account);
            var reading = _policy.Grant(officer, Operation.ReadTrail);
            var seen = await _queries.SeenByAsync(reading, Study, default);
            Assert.Equal(["person:day4", "person:day2", "person:day0"], seen.Sightings.Select(s => s.Who));

            var patient = await _queries.ReadAsync(reading, new TrailQuestion { Patient = Other.Patient }, default);
            Assert.Equal(["person:day3", "person:day1"], Lookers(patient));

            var since = await _queries.ReadAsync(
                reading,
                new TrailQuestion
                {
                    Study = Study.Study,
                    Since = looks[2],
                    Until = looks[3],
                    Events = [AuditEvent.BeginTransferringInstances],
                },
                default
            );
            Assert.Equal(["person:day2"], Lookers(since));
        }
        var one = new TrailQuestion
        {
            Study = Study.Study,
            Events = [AuditEvent.BeginTransferringInstances],
            Limit = 1,
        };
        var first = await _queries.ReadAsync(_policy.Grant(officer, Operation.ReadTrail), one, default);
        Assert.True(first.IsCut);
        var second = await _queries.ReadAsync(
            _policy.Grant(officer, Operation.ReadTrail),
            one with
            {
                Before = first.Entries[^1].Sequence,
            },
            default
        );
        Assert.Equal("person:day2", Assert.Single(second.Entries).Event.Who);
    }

    [Fact]
    public async Task RefusalsSummedSoFarAreReadable()
    {
        await StartAsync();
        var officer = await _policy.PersonAsync("officer", Role.DataProtectionOfficer);
        for (var attempt = 0; attempt < 5; attempt++)
        {
            _policy.NoteStranger(RefusalReason.NotSignedIn, IPAddress.Parse("198.51.100.9"));
        }
        var answer = await _queries.ReadAsync(
            _policy.Grant(officer, Operation.ReadTrail),
            new TrailQuestion { Who = "stranger" },
            default
        );
        Assert.Equal(5, answer.Entries.Sum(entry => entry.Event.Count));
    }

    private static string[] Lookers(TrailAnswer answer) =>
        [
            .. answer
                .Entries.Where(entry => entry.Event.Event is AuditEvent.BeginTransferringInstances)
                .Select(entry => entry.Event.Who),
        ];

    private ValueTask LookAsync(PersonIdentity person, StudyFacts study) =>
        _policy.Grant(person, Operation.Retrieve).AuthorizeAsync(study, default);

    private async Task StartAsync()
    {
        var folder = _disk.Root.Folder("trail");
        _registries = await AccessRegistries.OpenAsync(_disk.Root.Folder("state"), _master, _clock, default);
        _trail = await Trail.OpenAsync(folder, _master, _clock, default);
        _queries = new TrailQueries(folder, _master, _trail);
        _policy = new AccessPolicy(_registries, _authority.Certificate, _trail, _clock);
    }
}
