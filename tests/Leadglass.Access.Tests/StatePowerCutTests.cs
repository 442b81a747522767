using System.Text;
using Leadglass.Access.Certificates;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Access.Tests;

/// <summary>
/// What was given, and above all what was taken away, is so after a power cut; and what somebody changed on the disk is
/// found, not believed.
/// </summary>
public sealed class StatePowerCutTests : IDisposable
{
    private readonly MasterKey _master = MasterKey.Create();

    public void Dispose() => _master.Dispose();

    [Fact]
    public async Task NothingAcknowledgedIsLostWhereverThePowerGoes()
    {
        var cuts = 0;
        for (var step = 1; step <= 55; step++)
        {
            for (var variant = 0; variant < 4; variant++)
            {
                cuts += await SurviveAsync((step * 10) + variant, step);
            }
        }
        Assert.Equal(220, cuts);
    }

    [Theory]
    [InlineData("people")]
    [InlineData("programs")]
    [InlineData("shares")]
    [InlineData("assignments")]
    [InlineData("breakglass")]
    [InlineData("groups")]
    public async Task AFileThatWasChangedIsNotBelieved(string registry)
    {
        var disk = new FaultyDisk(7);
        await FillAsync(disk);
        var folder = disk.Root.Folder(registry);
        var name = Assert.Single(folder.List());
        var whole = Read(folder, name);
        for (var at = 0; at < whole.Length; at += Math.Max(1, whole.Length / 40))
        {
            var changed = whole.ToArray();
            changed[at] ^= 0x10;
            Replace(folder, name, changed);
            await Assert.ThrowsAnyAsync<SealingException>(() => OpenAsync(disk));
        }
        foreach (var length in new[] { 0, 1, 50, whole.Length / 2, whole.Length - 1 })
        {
            Replace(folder, name, whole.AsSpan(0, length));
            await Assert.ThrowsAnyAsync<SealingException>(() => OpenAsync(disk));
        }
        Replace(folder, name, whole);
        await using var again = await OpenAsync(disk);
    }

    [Fact]
    public async Task AFileOfOneRegistryIsNoneOfAnother()
    {
        var disk = new FaultyDisk(7);
        await FillAsync(disk);
        var shares = disk.Root.Folder("shares");
        var sealedShare = Read(shares, shares.List()[0]);
        var people = disk.Root.Folder("people");
        Replace(people, people.List()[0], sealedShare);
        await Assert.ThrowsAnyAsync<SealingException>(() => OpenAsync(disk));
    }

    [Fact]
    public async Task AFileThatIsTooLongIsNotRead()
    {
        var disk = new FaultyDisk(7);
        using (var file = disk.Root.Folder("people").Create("people-00"))
        {
            file.Truncate(SealedFile.ContentBytesMax * 2L);
        }
        await Assert.ThrowsAnyAsync<SealingException>(() => OpenAsync(disk));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"Version\":1}")]
    [InlineData("{\"Version\":2,\"Records\":[]}")]
    [InlineData("{\"Version\":1,\"Records\":[null]}")]
    [InlineData("{\"Version\":1,\"Records\":[{}]}")]
    [InlineData("{\"Version\":1,\"Records\":[{\"Id\":\"x\",\"Name\":\"y\"}]}")]
    [InlineData("{\"Version\":1,\"Records\":[{\"Id\":null,\"Name\":null}]}")]
    [InlineData(
        "{\"Version\":1,\"Records\":[{\"Id\":\"00000000000000000000000000000000\",\"Name\":\"a\",\"OwnRoles\":[\"Root\"]}]}"
    )]
    [InlineData(
        "{\"Version\":1,\"Records\":[{\"Id\":\"00000000000000000000000000000000\",\"Name\":\"a\",\"NormalizedName\":\"A\",\"OwnRoles\":[99]}]}"
    )]
    [InlineData(
        "{\"Version\":1,\"Records\":[{\"Id\":\"00000000000000000000000000000000\",\"Name\":\"a\",\"NormalizedName\":\"A\",\"Passkeys\":null}]}"
    )]
    [InlineData("not json")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public async Task AnOddDocumentIsRefusedInOneWay(string json)
    {
        var disk = new FaultyDisk(7);
        SealedFile.Write(disk.Root.Folder("people"), "people-00", _master, Encoding.UTF8.GetBytes(json));
        await Assert.ThrowsAsync<StateException>(() => OpenAsync(disk));
    }

    [Fact]
    public async Task DamagedSessionsSignPeopleOutAndNothingMore()
    {
        var disk = new FaultyDisk(7);
        await FillAsync(disk);
        foreach (var registry in new[] { "sessions", "signins" })
        {
            var folder = disk.Root.Folder(registry);
            foreach (var name in folder.List())
            {
                var bytes = Read(folder, name);
                bytes[^1] ^= 1;
                Replace(folder, name, bytes);
            }
        }
        await using var again = await OpenAsync(disk);
        Assert.Equal(0, again.Sessions.Count);
        Assert.NotEqual(0, again.People.Current.Count);
    }

    [Fact]
    public async Task AFullDiskTakesNothingAwayThatIsThere()
    {
        var disk = new FaultyDisk(7);
        await using var registries = await OpenAsync(disk);
        var account = await registries.People.AddAsync(Named("somebody"), default);
        var session = await registries.Sessions.OpenAsync(account, new SessionOpening(SignInMethod.Passkey), default);
        disk.CapacityBytes = 0;
        await Assert.ThrowsAnyAsync<DurableIOException>(async () =>
            await registries.People.ChangeAsync(account.Id, a => a with { Language = "de" }, default)
        );
        Assert.Null(registries.People.Current.Find(account.Id)!.Language);
        // An end is in force even where it cannot be written.
        await Assert.ThrowsAnyAsync<DurableIOException>(async () =>
            await registries.Sessions.EndAsync(session.Session.Id, default)
        );
        Assert.Null(registries.Sessions.FindBySecret(session.Secret, SessionKind.Pages));
        disk.CapacityBytes = long.MaxValue;
        await registries.Sessions.FlushAsync(default);
        await using var again = await OpenAsync(disk);
        Assert.Null(again.Sessions.Find(session.Session.Id));
        Assert.NotNull(again.People.Current.Find(account.Id));
    }

    private async Task<int> SurviveAsync(int seed, int step)
    {
        var disk = new FaultyDisk(seed) { CutAtStep = step };
        var acknowledged = new Dictionary<string, string?>();
        string? under = null;
        var wasCut = false;
        try
        {
            await using var registries = await OpenAsync(disk);
            for (var number = 0; number < 4; number++)
            {
                var account = Named($"person{number}");
                under = account.Id;
                await registries.People.AddAsync(account, default);
                acknowledged[account.Id] = null;
                await registries.People.ChangeAsync(
                    account.Id,
                    a => a with { Enabled = false, Language = "de" },
                    default
                );
                acknowledged[account.Id] = "de";
                under = null;
            }
        }
        catch (PowerCutException)
        {
            wasCut = true;
        }
        disk.CutPower();
        await using var again = await OpenAsync(disk);
        foreach (var (id, language) in acknowledged)
        {
            var read = again.People.Current.Find(id);
            Assert.True(read is not null, $"seed {seed}: an account is lost");
            Assert.True(read.Language == language || id == under, $"seed {seed}: a change is lost");
            Assert.True(!read.Enabled || language is null, $"seed {seed}: who was shut out is in again");
        }
        Assert.InRange(again.People.Current.Count, acknowledged.Count, acknowledged.Count + (under is null ? 0 : 1));
        return wasCut ? 1 : 0;
    }

    private async Task FillAsync(FaultyDisk disk)
    {
        var clock = new ManualClock();
        await using var registries = await OpenAsync(disk, clock);
        using var authority = CertificateAuthority.Create("test", clock);
        var trail = new TrailStub();
        var policy = new AccessPolicy(registries, authority.Certificate, trail, clock);
        var person = await policy.PersonAsync("somebody", Role.Radiologist, Role.Referrer);
        await policy.ProgramAsync("program", ProgramRights.Read);
        await registries.Groups.RequestAsync(
            policy.Grant(AccessPolicy.Operator("root", isRoot: true), Operation.Administer),
            "issuer",
            "group",
            Role.Radiologist,
            default
        );
        await registries.Shares.MakeAsync(
            policy.Grant(person, Operation.Share),
            Enrolled.Study(),
            new ShareRequest("outside", clock.GetUtcNow().AddDays(1)),
            new PlainHash(),
            default
        );
        await registries.Assignments.AssignAsync(
            policy.Grant(person, Operation.Assign),
            Enrolled.Study(),
            person.AccountId,
            wholePatient: true,
            until: null,
            default
        );
        await registries.BreakGlass.OpenPatientAsync(
            policy.Grant(person, Operation.BreakGlass),
            new PatientKey("TEST-9", ""),
            "a reason that is long enough",
            default
        );
        registries.People.Traces.Change(person.AccountId, trace => trace with { Failures = 1 });
    }

    private static Account Named(string name) => new() { Id = Account.NewId(), Name = name };

    private Task<AccessRegistries> OpenAsync(FaultyDisk disk, ManualClock? clock = null) =>
        AccessRegistries.OpenAsync(disk.Root, _master, clock ?? new ManualClock(), CancellationToken.None).AsTask();

    private static byte[] Read(IDurableFolder folder, string name)
    {
        using var file = folder.Open(name, FileAccess.Read);
        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    private static void Replace(IDurableFolder folder, string name, ReadOnlySpan<byte> bytes)
    {
        folder.Delete(name);
        using var file = folder.Create(name);
        file.Write(0, bytes);
        file.Sync();
        folder.Sync();
    }
}
