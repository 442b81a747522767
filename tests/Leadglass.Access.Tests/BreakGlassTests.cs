using Leadglass.Access.Trails;

namespace Leadglass.Access.Tests;

/// <summary>Break-glass: one patient, an hour, a reason, an alarm, a review.</summary>
public sealed class BreakGlassTests
{
    private const string Reason = "unconscious in the emergency room";
    private static readonly StudyFacts Study = Enrolled.Study("1.2.3", "EMERGENCY-1");

    [Fact]
    public async Task OnePatientIsOpenForAnHour()
    {
        await using var archive = await Enrolled.StartAsync();
        var referrer = await archive.Policy.PersonAsync("referrer", Role.Referrer);
        var alarms = new List<BreakGlassRecord>();
        archive.Registries.BreakGlass.Opened += (_, alarm) => alarms.Add(alarm.Record);
        await OpenAsync(archive, referrer);

        var grant = archive.Policy.Grant(referrer, Operation.Retrieve);
        Assert.True(grant.Covers(Study));
        Assert.False(grant.Covers(Enrolled.Study("1.2.4", "EMERGENCY-2")));
        Assert.Equal([Study.Patient!], grant.Reach!.Patients);
        await grant.AuthorizeAsync(Study, default);

        var alarm = Assert.Single(alarms);
        Assert.DoesNotContain("EMERGENCY", alarm.ToString(), StringComparison.Ordinal);
        var broken = Assert.Single(archive.Trail.Recorded, e => e.Type == AuditEventType.EmergencyOverrideStarted);
        Assert.Equal((referrer.Key, Study.Patient), (broken.Who, broken.Patient));
        Assert.Contains(Reason, broken.Detail, StringComparison.Ordinal);
        Assert.Single(
            archive.Trail.Recorded,
            e => e.Operation == Operation.Retrieve && e.Basis == AccessBasis.BreakGlass
        );

        archive.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.True(archive.Policy.Grant(referrer, Operation.Query).Covers(Study));
        // Signed in anew, since nobody used the session meanwhile.
        archive.Clock.Advance(TimeSpan.FromMinutes(1));
        var later = await archive.Policy.SignInAsync(archive.Registries.People.Current.FindByName("referrer")!);
        Assert.False(archive.Policy.Grant(later, Operation.Query).Covers(Study));
        Assert.Empty(archive.Registries.BreakGlass.OpenOf(later));
    }

    [Fact]
    public async Task ItIsOpenForWhoOpenedItOnlyAndAfterARestartToo()
    {
        await using var archive = await Enrolled.StartAsync();
        var referrer = await archive.Policy.PersonAsync("referrer", Role.Referrer);
        var other = await archive.Policy.PersonAsync("other", Role.Referrer);
        await OpenAsync(archive, referrer);
        Assert.False(archive.Policy.Grant(other, Operation.Query).Covers(Study));
        await using var again = await archive.ReopenAsync();
        Assert.Single(again.BreakGlass.OpenOf(referrer));
        Assert.Equal(1, again.BreakGlass.Unreviewed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("           .           ")]
    public async Task AReasonIsGiven(string reason)
    {
        await using var archive = await Enrolled.StartAsync();
        var referrer = await archive.Policy.PersonAsync("referrer", Role.Referrer);
        await Assert.ThrowsAsync<StateException>(() => OpenAsync(archive, referrer, reason: reason));
        Assert.False(archive.Policy.Grant(referrer, Operation.Query).Covers(Study));
    }

    [Fact]
    public async Task AGrantForAnythingElseOpensNobody()
    {
        await using var archive = await Enrolled.StartAsync();
        var referrer = await archive.Policy.PersonAsync("referrer", Role.Referrer);
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Registries.BreakGlass.OpenPatientAsync(
                archive.Policy.Grant(referrer, Operation.Query),
                Study.Patient!,
                Reason,
                default
            )
        );
        Assert.Equal(RefusalReason.RightMissing, refused.Reason);
    }

    [Fact]
    public async Task TwentyADayAreTheMost()
    {
        await using var archive = await Enrolled.StartAsync();
        var referrer = await archive.Policy.PersonAsync("referrer", Role.Referrer);
        for (var i = 0; i < BreakGlassRecords.PerDayMax; i++)
        {
            await OpenAsync(archive, referrer, $"EMERGENCY-{i}");
        }
        await Assert.ThrowsAsync<StateException>(() => OpenAsync(archive, referrer, "EMERGENCY-99"));
    }

    [Fact]
    public async Task ManyAtTheSameTimeAreNoMoreThanTwenty()
    {
        await using var archive = await Enrolled.StartAsync();
        var referrer = await archive.Policy.PersonAsync("referrer", Role.Referrer);
        // All of them pass the first look before any is kept.
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        archive.Trail.Writing = () => gate.Task;
        var tries = Enumerable
            .Range(0, 3 * BreakGlassRecords.PerDayMax)
            .Select(i => OpenAsync(archive, referrer, $"EMERGENCY-{i}"))
            .ToArray();
        gate.SetResult();
        await Assert.ThrowsAsync<StateException>(() => Task.WhenAll(tries));
        Assert.Equal(BreakGlassRecords.PerDayMax, tries.Count(one => one.IsCompletedSuccessfully));
        Assert.Equal(BreakGlassRecords.PerDayMax, archive.Registries.BreakGlass.OpenOf(referrer).Count);
    }

    [Fact]
    public async Task AnotherPersonReviewsItOnce()
    {
        await using var archive = await Enrolled.StartAsync();
        var both = await archive.Policy.PersonAsync("both", Role.Referrer, Role.DataProtectionOfficer);
        var officer = await archive.Policy.PersonAsync("officer", Role.DataProtectionOfficer);
        var opened = await OpenAsync(archive, both);
        var records = archive.Registries.BreakGlass;

        var own = archive.Policy.Grant(both, Operation.ReadTrail);
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await records.ReviewAsync(own, opened.Id, "fine", default)
        );
        Assert.Equal(RefusalReason.SamePerson, refused.Reason);

        var reading = archive.Policy.Grant(officer, Operation.ReadTrail);
        Assert.Equal([opened], await records.ListAsync(reading, default));
        var reviewed = await records.ReviewAsync(reading, opened.Id, "was an emergency", default);
        Assert.Equal("person:officer", reviewed.ReviewedBy);
        Assert.Equal(0, records.Unreviewed);
        Assert.Single(archive.Trail.Recorded, e => e.Type == AuditEventType.EmergencyOverrideStopped);
        await Assert.ThrowsAsync<StateException>(async () =>
            await records.ReviewAsync(reading, opened.Id, "again", default)
        );
        // A review ends nothing before its hour is over.
        Assert.True(archive.Policy.Grant(both, Operation.Query).Covers(Study));
    }

    [Fact]
    public async Task NobodyIsOpenedWhenTheTrailFails()
    {
        await using var archive = await Enrolled.StartAsync();
        var referrer = await archive.Policy.PersonAsync("referrer", Role.Referrer);
        archive.Trail.Writing = () => throw new TrailUnavailableException("full");
        await Assert.ThrowsAsync<AccessRefusedException>(() => OpenAsync(archive, referrer));
        Assert.False(archive.Policy.Grant(referrer, Operation.Query).Covers(Study));
        Assert.Equal(0, archive.Registries.BreakGlass.Unreviewed);
    }

    private static Task<BreakGlassRecord> OpenAsync(
        Enrolled archive,
        PersonIdentity person,
        string patient = "EMERGENCY-1",
        string reason = Reason
    ) =>
        archive
            .Registries.BreakGlass.OpenPatientAsync(
                archive.Policy.Grant(person, Operation.BreakGlass),
                new PatientKey(patient, "WARD"),
                reason,
                default
            )
            .AsTask();
}
