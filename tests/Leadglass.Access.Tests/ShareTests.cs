using Leadglass.Access.Trails;

namespace Leadglass.Access.Tests;

/// <summary>A share opens one study to who has link and code, until its end, and each look is in the trail.</summary>
public sealed class ShareTests
{
    private static readonly StudyFacts Study = Enrolled.Study("1.2.3", "SHARED-1");
    private static readonly PlainHash Hash = new();

    [Fact]
    public async Task EachLookIsInTheTrail()
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, _) = await MakeAsync(archive);
        var (identity, _) = await OpenAsync(archive, made);
        Assert.Equal($"share:{made.Share.Id}", identity.Key);
        var grant = archive.Policy.Grant(identity, Operation.Retrieve);
        await grant.AuthorizeAsync(Study, default);
        archive.Clock.Advance(TimeSpan.FromMinutes(11));
        await archive.Policy.Grant(identity, Operation.Retrieve).AuthorizeAsync(Study, default);

        var looks = archive.Trail.Recorded.Where(e => e.Who == identity.Key).ToList();
        Assert.Single(looks, e => e.Type == AuditEventType.Login && e.Study == Study.Study);
        Assert.Equal(2, looks.Count(e => e.Operation == Operation.Retrieve && e.Basis == AccessBasis.Share));
        Assert.Single(
            archive.Trail.Recorded,
            e => e.Operation == Operation.Share && e.Detail?.Contains(made.Share.Id) is true
        );
    }

    [Fact]
    public async Task ItOpensNothingElseOfThePatient()
    {
        await using var archive = await Enrolled.StartAsync();
        var (identity, _) = await OpenAsync(archive, (await MakeAsync(archive)).Made);
        var grant = archive.Policy.Grant(identity, Operation.Query);
        Assert.True(grant.Covers(Study));
        Assert.False(grant.Covers(Enrolled.Study("1.2.4", "SHARED-1")));
        Assert.False(grant.ReachesEverything);
        Assert.Equal(["1.2.3"], grant.Reach!.Studies);
        Assert.Empty(grant.Reach.Patients);
    }

    [Theory]
    [InlineData("wrong link")]
    [InlineData("no link")]
    [InlineData("link of another")]
    [InlineData("wrong code")]
    [InlineData("no code")]
    [InlineData("unknown share")]
    public async Task LinkAndCodeAreBothNeeded(string what)
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, _) = await MakeAsync(archive);
        var (other, _) = await MakeAsync(archive);
        var (id, link, code) = what switch
        {
            "wrong link" => (made.Share.Id, (made.LinkSecret[0] == 'x' ? "y" : "x") + made.LinkSecret[1..], made.Code),
            "no link" => (made.Share.Id, null, made.Code),
            "link of another" => (made.Share.Id, other.LinkSecret, made.Code),
            "wrong code" => (made.Share.Id, made.LinkSecret, other.Code),
            "no code" => (made.Share.Id, made.LinkSecret, null),
            _ => ("no-such-share", made.LinkSecret, (string?)made.Code),
        };
        var answer = await TryAsync(archive, id, link, code);
        Assert.Equal(RefusalReason.WrongCredentials, Assert.IsType<ShareOpening.Refused>(answer).Reason);
        Assert.IsType<ShareOpening.Opened>(await TryAsync(archive, made.Share.Id, made.LinkSecret, made.Code));
    }

    [Fact]
    public async Task ACodeIsReadAsPeopleTypeIt()
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, _) = await MakeAsync(archive);
        var typed = $" {made.Code[..5].ToLowerInvariant()}-{made.Code[5..]} ";
        Assert.IsType<ShareOpening.Opened>(await TryAsync(archive, made.Share.Id, made.LinkSecret, typed));
    }

    [Fact]
    public async Task TheFifthWrongCodeLocksForGood()
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, _) = await MakeAsync(archive);
        var (identity, _) = await OpenAsync(archive, made);
        var grant = archive.Policy.Grant(identity, Operation.Retrieve);
        for (var attempt = 0; attempt < StudyShare.FailuresMax; attempt++)
        {
            await TryAsync(archive, made.Share.Id, made.LinkSecret, "WRONG");
        }
        var answer = await TryAsync(archive, made.Share.Id, made.LinkSecret, made.Code);
        Assert.Equal(RefusalReason.ShareLocked, Assert.IsType<ShareOpening.Refused>(answer).Reason);
        Assert.NotNull(grant.Voided);

        await using var again = await archive.ReopenAsync();
        Assert.True(again.Shares.Find(made.Share.Id)!.IsLocked);
    }

    [Fact]
    public async Task ManyAttemptsAtTheSameTimeAreNoMoreThanOneAfterTheOther()
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, _) = await MakeAsync(archive);
        var counting = new CountingHash();
        await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(async _ =>
                    await Task.Run(async () =>
                        await archive.Registries.Shares.OpenAsync(
                            made.Share.Id,
                            made.LinkSecret,
                            "WRONG",
                            Enrolled.Ward,
                            counting,
                            archive.Trail,
                            default
                        )
                    )
                )
        );
        Assert.Equal(StudyShare.FailuresMax, counting.Verified);
    }

    [Fact]
    public async Task GuessesWithoutTheLinkLockNothing()
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, _) = await MakeAsync(archive);
        for (var attempt = 0; attempt < 50; attempt++)
        {
            await TryAsync(archive, made.Share.Id, "guess", "WRONG");
        }
        Assert.IsType<ShareOpening.Opened>(await TryAsync(archive, made.Share.Id, made.LinkSecret, made.Code));
    }

    [Theory]
    [InlineData("revoked by its maker")]
    [InlineData("revoked by an administrator")]
    [InlineData("over")]
    public async Task WhenItEndsItEndsAtOnce(string how)
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, sharer) = await MakeAsync(archive, TimeSpan.FromMinutes(5));
        var (identity, secret) = await OpenAsync(archive, made);
        var grant = archive.Policy.Grant(identity, Operation.Retrieve);
        await grant.AuthorizeAsync(Study, default);
        var shares = archive.Registries.Shares;
        switch (how)
        {
            case "over":
                archive.Clock.Advance(TimeSpan.FromMinutes(5));
                break;
            case "revoked by its maker":
                await shares.RevokeAsync(archive.Policy.Grant(sharer, Operation.Share), made.Share.Id, default);
                break;
            default:
                var admin = await archive.Policy.PersonAsync("admin", Role.Administrator);
                await shares.RevokeAsync(archive.Policy.Grant(admin, Operation.Administer), made.Share.Id, default);
                break;
        }
        Assert.NotNull(grant.Voided);
        await Assert.ThrowsAsync<AccessRefusedException>(async () => await grant.AuthorizeAsync(Study, default));
        Assert.IsType<Recognition.Refused>(archive.Policy.Recognise(secret, SessionKind.Share, Enrolled.Ward));
        var answer = await TryAsync(archive, made.Share.Id, made.LinkSecret, made.Code);
        Assert.Equal(
            how == "over" ? RefusalReason.ShareExpired : RefusalReason.ShareRevoked,
            Assert.IsType<ShareOpening.Refused>(answer).Reason
        );
    }

    [Fact]
    public async Task AnotherPersonsShareIsNotTheirsToEnd()
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, _) = await MakeAsync(archive);
        var other = await archive.Policy.PersonAsync("other", Role.Radiologist);
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Registries.Shares.RevokeAsync(
                archive.Policy.Grant(other, Operation.Share),
                made.Share.Id,
                default
            )
        );
        Assert.Equal(RefusalReason.RightMissing, refused.Reason);
        Assert.Null(archive.Registries.Shares.Find(made.Share.Id)!.RevokedAt);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(91)]
    public async Task AShareEndsWithinNinetyDays(int days)
    {
        await using var archive = await Enrolled.StartAsync();
        await Assert.ThrowsAsync<StateException>(() => MakeAsync(archive, TimeSpan.FromDays(days)));
    }

    [Fact]
    public async Task NothingIsSharedOrOpenedWhenTheTrailFails()
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, sharer) = await MakeAsync(archive);
        archive.Trail.Writing = () => throw new TrailUnavailableException("full");
        var grant = archive.Policy.Grant(sharer, Operation.Share);
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Registries.Shares.MakeAsync(
                grant,
                Enrolled.Study("1.2.8"),
                new ShareRequest("x", archive.Clock.GetUtcNow().AddDays(1)),
                Hash,
                default
            )
        );
        Assert.Single(archive.Registries.Shares.All);
        await Assert.ThrowsAsync<AccessRefusedException>(() =>
            TryAsync(archive, made.Share.Id, made.LinkSecret, made.Code)
        );
    }

    [Fact]
    public async Task NeitherSecretNorCodeNorPersonIsInItsText()
    {
        await using var archive = await Enrolled.StartAsync();
        var (made, _) = await MakeAsync(archive);
        foreach (var text in new[] { made.ToString(), made.Share.ToString() })
        {
            Assert.DoesNotContain(made.LinkSecret, text, StringComparison.Ordinal);
            Assert.DoesNotContain(made.Code, text, StringComparison.Ordinal);
            Assert.DoesNotContain("outside", text, StringComparison.Ordinal);
        }
    }

    private static async Task<(MadeShare Made, PersonIdentity Sharer)> MakeAsync(
        Enrolled archive,
        TimeSpan? lasting = null
    )
    {
        var sharer = await archive.Policy.PersonAsync($"sharer{Guid.NewGuid():N}", Role.Radiologist);
        var made = await archive.Registries.Shares.MakeAsync(
            archive.Policy.Grant(sharer, Operation.Share),
            Study,
            new ShareRequest("outside practice", archive.Clock.GetUtcNow() + (lasting ?? TimeSpan.FromDays(2))),
            Hash,
            default
        );
        return (made, sharer);
    }

    private static Task<ShareOpening> TryAsync(Enrolled archive, string id, string? link, string? code) =>
        archive.Registries.Shares.OpenAsync(id, link, code, Enrolled.Ward, Hash, archive.Trail, default).AsTask();

    private static async Task<(ShareIdentity Identity, string Secret)> OpenAsync(Enrolled archive, MadeShare made)
    {
        var opened = Assert.IsType<ShareOpening.Opened>(
            await TryAsync(archive, made.Share.Id, made.LinkSecret, made.Code)
        );
        var session = await archive.Registries.Sessions.OpenAsync(
            opened,
            new SessionOpening(SignInMethod.ShareCode),
            default
        );
        return ((ShareIdentity)archive.Policy.Known(session.Secret, SessionKind.Share), session.Secret);
    }

    private sealed class CountingHash : ISlowHash
    {
        private int _verified;

        public int Verified => _verified;

        public string Hash(string text) => text;

        public bool Verify(string hash, string text)
        {
            Interlocked.Increment(ref _verified);
            return false;
        }
    }
}
