using Leadglass.Dicom;

namespace Leadglass.Access.Tests;

/// <summary>
/// Every role, program and share against every operation, with a patient of one's own and a foreign one: the whole table.
/// What is not in it is refused.
/// </summary>
public sealed class RoleMatrixTests
{
    private static readonly StudyFacts Own = Enrolled.Study("1.2.3", "OWN-1") with
    {
        Referring = new ReferringPhysician(PersonName.Parse("Muster^Erika"), []),
    };

    private static readonly StudyFacts Foreign = Enrolled.Study("1.2.4", "FOREIGN-1");

    // Which of the two patients the operation reaches; none: it is about no study.
    private static readonly Dictionary<string, Dictionary<Operation, string>> Table = new()
    {
        ["Radiologist"] = new()
        {
            [Operation.Query] = "own foreign",
            [Operation.Retrieve] = "own foreign",
            [Operation.Store] = "own foreign",
            [Operation.Assign] = "own foreign",
            [Operation.Share] = "own foreign",
        },
        ["Technician"] = new()
        {
            [Operation.Query] = "own foreign",
            [Operation.Retrieve] = "own foreign",
            [Operation.Store] = "own foreign",
        },
        ["Referrer"] = new()
        {
            [Operation.Query] = "own",
            [Operation.Retrieve] = "own",
            [Operation.BreakGlass] = "",
        },
        ["Records"] = new()
        {
            [Operation.Query] = "own foreign",
            [Operation.Retrieve] = "own foreign",
            [Operation.Reject] = "own foreign",
            [Operation.Correct] = "own foreign",
            [Operation.ResolveConflict] = "own foreign",
            [Operation.Assign] = "own foreign",
        },
        ["Researcher"] = [],
        ["DataProtectionOfficer"] = new() { [Operation.ReadTrail] = "", [Operation.Confirm] = "" },
        ["Administrator"] = new()
        {
            [Operation.Administer] = "",
            [Operation.Confirm] = "",
            [Operation.Observe] = "",
        },
        ["no role"] = [],
        ["Radiologist in the viewer"] = new() { [Operation.Query] = "own", [Operation.Retrieve] = "own" },
        ["Referrer in the viewer"] = new() { [Operation.Query] = "own", [Operation.Retrieve] = "own" },
        ["Administrator in the viewer"] = [],
        ["program read"] = new() { [Operation.Query] = "own foreign", [Operation.Retrieve] = "own foreign" },
        ["program write"] = new() { [Operation.Store] = "own foreign" },
        ["program records"] = new()
        {
            [Operation.Reject] = "own foreign",
            [Operation.Correct] = "own foreign",
            [Operation.Assign] = "own foreign",
        },
        ["program observe"] = new() { [Operation.Observe] = "" },
        ["program read, one patient"] = new() { [Operation.Query] = "own", [Operation.Retrieve] = "own" },
        ["share"] = new() { [Operation.Query] = "own", [Operation.Retrieve] = "own" },
        ["share in the viewer"] = new() { [Operation.Query] = "own", [Operation.Retrieve] = "own" },
        ["operator"] = new()
        {
            [Operation.Store] = "own foreign",
            [Operation.Administer] = "",
            [Operation.Observe] = "",
        },
        ["root"] = new()
        {
            [Operation.Store] = "own foreign",
            [Operation.Administer] = "",
            [Operation.Observe] = "",
            [Operation.Confirm] = "",
        },
    };

    public static TheoryData<string> Everybody => [.. Table.Keys];

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task EveryCellIsAsTheTableSays(string who)
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await MakeAsync(archive.Policy, who);
        archive.Trail.Refusals.Clear();
        foreach (var operation in Enum.GetValues<Operation>())
        {
            var isGranted = Table[who].TryGetValue(operation, out var expected);
            Assert.Equal(isGranted, archive.Policy.May(identity, operation));
            var decision = archive.Policy.Decide(identity, operation);
            if (!isGranted)
            {
                Assert.Equal(
                    RefusalReason.RightMissing,
                    Assert.IsType<AccessDecision.Refused>(decision, exactMatch: true).Reason
                );
                var refusal = Assert.Single(archive.Trail.Refusals, noted => noted.Operation == operation);
                Assert.Equal(identity.Key, refusal.Who);
                continue;
            }
            var grant = Assert.IsType<AccessDecision.Granted>(decision).Grant;
            Assert.Equal(expected, string.Join(' ', Covered(grant)));
            await OnlyWhatIsCoveredIsAuthorizedAsync(archive, grant);
        }
    }

    [Fact]
    public void TheTableHoldsEveryRole() =>
        Assert.All(Enum.GetNames<Role>(), role => Assert.Contains(role, Table.Keys));

    [Fact]
    public async Task RolesAdd()
    {
        await using var archive = await Enrolled.StartAsync();
        var both = await archive.Policy.PersonAsync("both", Role.Referrer, Role.Technician);
        var grant = archive.Policy.Grant(both, Operation.Retrieve);
        Assert.True(grant.Covers(Foreign));
        Assert.True(grant.ReachesEverything);
        Assert.True(archive.Policy.May(both, Operation.BreakGlass));
    }

    private static async Task OnlyWhatIsCoveredIsAuthorizedAsync(Enrolled archive, AccessGrant grant)
    {
        foreach (var study in new[] { Own, Foreign })
        {
            if (grant.Covers(study))
            {
                await grant.AuthorizeAsync(study, CancellationToken.None);
                Assert.Contains(
                    archive.Trail.Recorded,
                    recorded =>
                        recorded.Study == study.Study
                        && recorded.Operation == grant.Operation
                        && recorded.Who == grant.Identity.Key
                );
            }
            else
            {
                var refused = await Assert.ThrowsAsync<AccessRefusedException>(async () =>
                    await grant.AuthorizeAsync(study, CancellationToken.None)
                );
                Assert.Equal(RefusalReason.OutOfScope, refused.Reason);
            }
        }
    }

    private static IEnumerable<string> Covered(AccessGrant grant)
    {
        if (grant.Covers(Own))
        {
            yield return "own";
        }
        if (grant.Covers(Foreign))
        {
            yield return "foreign";
        }
    }

    private static async Task<Identity> MakeAsync(AccessPolicy policy, string who)
    {
        switch (who)
        {
            case "no role":
                return await policy.PersonAsync("somebody");
            case "program read":
                return await policy.ProgramAsync("program", ProgramRights.Read);
            case "program write":
                return await policy.ProgramAsync("program", ProgramRights.Write);
            case "program records":
                return await policy.ProgramAsync("program", ProgramRights.Records);
            case "program observe":
                return await policy.ProgramAsync("program", ProgramRights.Observe);
            case "program read, one patient":
                return await policy.ProgramAsync(
                    "program",
                    ProgramRights.Read,
                    new DeviceScope { Patients = [Own.Patient!] }
                );
            case "share":
                return (await ShareAsync(policy)).Identity;
            case "share in the viewer":
                return await ShareViewerAsync(policy);
            case "operator":
                return AccessPolicy.Operator("somebody");
            case "root":
                return AccessPolicy.Operator("root", isRoot: true);
        }
        var role = Enum.Parse<Role>(who.Split(' ')[0]);
        var account = await policy.AddPersonAsync("somebody", [role], ReferringIdentity.ByName("Muster^Erika"));
        var person = await policy.SignInAsync(account);
        return who.EndsWith("viewer", StringComparison.Ordinal) ? await policy.ViewerAsync(person, Own) : person;
    }

    private static async Task<(ShareIdentity Identity, string SessionId)> ShareAsync(AccessPolicy policy)
    {
        var hash = new PlainHash();
        var sharer = await policy.PersonAsync("sharer", Role.Radiologist);
        var shares = policy.Registries.Shares;
        var made = await shares.MakeAsync(
            policy.Grant(sharer, Operation.Share),
            Own,
            new ShareRequest("outside practice", policy.Registries.Sessions.Find(sharer.SessionId)!.MadeAt.AddDays(2)),
            hash,
            CancellationToken.None
        );
        var opened = Assert.IsType<ShareOpening.Opened>(
            await shares.OpenAsync(
                made.Share.Id,
                made.LinkSecret,
                made.Code,
                Enrolled.Ward,
                hash,
                new TrailStub(),
                CancellationToken.None
            )
        );
        var session = await policy.Registries.Sessions.OpenAsync(
            opened,
            new SessionOpening(SignInMethod.ShareCode),
            CancellationToken.None
        );
        return ((ShareIdentity)policy.Known(session.Secret, SessionKind.Share), session.Session.Id);
    }

    private static async Task<Identity> ShareViewerAsync(AccessPolicy policy)
    {
        var (_, sessionId) = await ShareAsync(policy);
        var sessions = policy.Registries.Sessions;
        var viewer = await sessions.OpenViewerAsync(sessions.Find(sessionId)!, CancellationToken.None);
        // A study that was not shared stays shut, even when the viewer was told to open it.
        await sessions.OpenStudyAsync(viewer.Session.Id, Own.Study, CancellationToken.None);
        await sessions.OpenStudyAsync(viewer.Session.Id, Foreign.Study, CancellationToken.None);
        return policy.Known(viewer.Secret, SessionKind.Viewer);
    }
}
