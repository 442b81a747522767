using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Access.Tests;

/// <summary>Accounts: whole, unique, one change after the other, quick with thousands.</summary>
public sealed class PeopleTests
{
    [Fact]
    public async Task EverythingAboutAnAccountComesBack()
    {
        await using var archive = await Enrolled.StartAsync();
        var made = await archive.Policy.AddPersonAsync(
            "Müller@klinik",
            [Role.Radiologist, Role.Referrer],
            ReferringIdentity.ByName("Müller^Erika"),
            ReferringIdentity.ById("77", "LANR")
        );
        var root = archive.Policy.Grant(AccessPolicy.Operator("root", isRoot: true), Operation.Administer);
        await archive.Registries.Appointments.RequestAsync(root, made.Id, Role.Records, default);
        var changed = await archive.Registries.People.ChangeAsync(
            made.Id,
            account =>
                account with
                {
                    DisplayName = "Dr. Müller",
                    Email = "Mueller@example.org",
                    Departments = ["CT", "MR"],
                    Language = "de",
                    PasswordHash = "$argon2id$x",
                    TwoFactorEnabled = true,
                    AuthenticatorKey = "JBSWY3DP",
                    RecoveryCodeHashes = ["a", "b"],
                    Passkeys =
                    [
                        new Passkey
                        {
                            CredentialId = [1, 2, 3],
                            PublicKey = [4, 5],
                            Name = "key",
                            CreatedAt = archive.Clock.GetUtcNow(),
                            SignCount = 4_000_000_000,
                            Transports = ["usb", "nfc"],
                            IsUserVerified = true,
                            IsBackupEligible = true,
                            IsBackedUp = true,
                            AttestationObject = [6],
                            ClientDataJson = [7, 8],
                        },
                    ],
                    ExternalLogins = [new ExternalLogin("https://idp", "sub-1")],
                    Link = new SignInLink("digest", archive.Clock.GetUtcNow()),
                },
            default
        );
        await using var again = await archive.ReopenAsync();
        var read = again.People.Current.Find(made.Id)!;
        Assert.Equivalent(changed, read, strict: true);
        Assert.Equal([Role.Radiologist, Role.Referrer], read.Roles);
        Assert.Single(read.Pending);
        Assert.Same(read, again.People.Current.FindByName(" müller@KLINIK "));
        Assert.Same(read, again.People.Current.FindByEmail("mueller@EXAMPLE.org"));
        Assert.Same(read, again.People.Current.FindByLogin("https://idp", "sub-1"));
        Assert.Same(read, again.People.Current.FindByPasskey([1, 2, 3]));
        Assert.Null(again.People.Current.FindByLogin("https://idp", "SUB-1"));
    }

    [Fact]
    public async Task NobodyOutsideGivesRolesByChangingAnAccount()
    {
        // What gives rights can be set inside this room only: the compiler holds that, and this test that it stays so.
        string[] guarded =
        [
            nameof(Account.OwnRoles),
            nameof(Account.ProviderRoles),
            nameof(Account.ReferringIdentities),
            nameof(Account.Pending),
            nameof(Account.Version),
            nameof(Account.RightsVersion),
        ];
        Assert.All(guarded, name => Assert.False(typeof(Account).GetProperty(name)!.SetMethod!.IsPublic, name));
        string[] guardedOfPrograms =
        [
            nameof(RegisteredProgram.IsConfirmed),
            nameof(RegisteredProgram.RegisteredBy),
            nameof(RegisteredProgram.SecretDigest),
            nameof(RegisteredProgram.Version),
        ];
        Assert.All(
            guardedOfPrograms,
            name => Assert.False(typeof(RegisteredProgram).GetProperty(name)!.SetMethod!.IsPublic, name)
        );
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("name")]
    [InlineData("case of name")]
    [InlineData("address")]
    [InlineData("passkey")]
    [InlineData("login")]
    [InlineData("id")]
    public async Task WhatIsUniqueStaysUnique(string what)
    {
        await using var archive = await Enrolled.StartAsync();
        var people = archive.Registries.People;
        var taken = new Account
        {
            Id = Account.NewId(),
            Name = "taken",
            Email = "taken@example.org",
            Passkeys = [new Passkey { CredentialId = [1], PublicKey = [1] }],
            ExternalLogins = [new ExternalLogin("i", "s")],
        };
        await people.AddAsync(taken, default);
        var other = new Account { Id = Account.NewId(), Name = "other" };
        other = what switch
        {
            "name" => other with { Name = "taken" },
            "case of name" => other with { Name = "TAKEN " },
            "address" => other with { Email = "TAKEN@example.org" },
            "passkey" => other with { Passkeys = taken.Passkeys },
            "login" => other with { ExternalLogins = taken.ExternalLogins },
            _ => other with { Id = taken.Id },
        };
        await Assert.ThrowsAsync<StateException>(async () => await people.AddAsync(other, default));
        Assert.Equal(1, people.Current.Count);
        var free = await people.AddAsync(new Account { Id = Account.NewId(), Name = "free" }, default);
        if (what is not "id")
        {
            await Assert.ThrowsAsync<StateException>(async () =>
                await people.ReplaceAsync(other with { Id = free.Id, Version = free.Version }, default)
            );
        }
        await people.RemoveAsync(taken.Id, people.Current.Find(taken.Id)!.Version, default);
        await people.AddAsync(other, default);
    }

    [Fact]
    public async Task AStaleReplacementIsRefusedAndNothingIsLost()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = archive.Registries.People;
        var read = await people.AddAsync(new Account { Id = Account.NewId(), Name = "somebody" }, default);
        await people.ReplaceAsync(read with { DisplayName = "first" }, default);
        await Assert.ThrowsAsync<StaleRecordException>(async () =>
            await people.ReplaceAsync(read with { Language = "de" }, default)
        );
        Assert.Equal("first", people.Current.Find(read.Id)!.DisplayName);
        await Assert.ThrowsAsync<StaleRecordException>(async () =>
            await people.RemoveAsync(read.Id, read.Version, default)
        );
    }

    [Fact]
    public async Task ManyChangesAtOnceAreAllThere()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = archive.Registries.People;
        var account = await people.AddAsync(new Account { Id = Account.NewId(), Name = "somebody" }, default);
        await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(number =>
                    Task.Run(async () =>
                        await people.ChangeAsync(
                            account.Id,
                            known => known with { Departments = known.Departments.Add($"{number}") },
                            default
                        )
                    )
                )
        );
        await using var again = await archive.ReopenAsync();
        var read = again.People.Current.Find(account.Id)!;
        Assert.Equal(50, read.Departments.Distinct().Count());
        Assert.Equal(51, read.Version);
    }

    [Fact]
    public async Task NothingIsWrittenWhereNothingDiffers()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = archive.Registries.People;
        var account = await people.AddAsync(
            new Account
            {
                Id = Account.NewId(),
                Name = "somebody",
                Departments = ["CT"],
            },
            default
        );
        var same = await people.ReplaceAsync(account with { Departments = ["CT"] }, default);
        Assert.Equal(account.Version, same.Version);
    }

    [Theory]
    [InlineData("name too long")]
    [InlineData("control character")]
    [InlineData("empty name")]
    [InlineData("id")]
    [InlineData("many passkeys")]
    [InlineData("huge passkey")]
    [InlineData("huge hash")]
    [InlineData("many departments")]
    public async Task WhatBreaksALimitIsRefused(string what)
    {
        await using var archive = await Enrolled.StartAsync();
        var account = new Account { Id = Account.NewId(), Name = "somebody" };
        var passkey = new Passkey { CredentialId = [1], PublicKey = [1] };
        account = what switch
        {
            "name too long" => account with { Name = new string('x', 129) },
            "control character" => account with { Name = "some\nbody" },
            "empty name" => account with { Name = "  " },
            "id" => account with { Id = "../../etc" },
            "many passkeys" => account with
            {
                Passkeys = [.. Enumerable.Range(0, 65).Select(i => passkey with { CredentialId = [(byte)i, 1] })],
            },
            "huge passkey" => account with { Passkeys = [passkey with { PublicKey = [.. new byte[16 * 1024 + 1]] }] },
            "huge hash" => account with { PasswordHash = new string('x', 1_025) },
            _ => account with { Departments = [.. Enumerable.Repeat("x", 65)] },
        };
        await Assert.ThrowsAsync<StateException>(async () =>
            await archive.Registries.People.AddAsync(account, default)
        );
    }

    [Fact]
    public async Task FailedAttemptsAreCountedAtOnceAndWrittenTogether()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = archive.Registries.People;
        var account = await people.AddAsync(new Account { Id = Account.NewId(), Name = "somebody" }, default);
        var folder = Path.Combine(archive.Folder, "signins");
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            people.Traces.Change(account.Id, trace => trace with { Failures = trace.Failures + 1 });
        }
        Assert.Equal(1_000, people.Traces.Of(account.Id).Failures);
        Assert.Empty(Directory.EnumerateFiles(folder));
        archive.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(Directory.EnumerateFiles(folder));
        await using var again = await archive.ReopenAsync();
        Assert.Equal(1_000, again.People.Traces.Of(account.Id).Failures);
    }

    [Fact]
    public async Task ThousandsOfAccountsStayQuick()
    {
        var (disk, clock) = (new FaultyDisk(3), new ManualClock());
        using var master = MasterKey.Create();
        using var people = await People.OpenAsync(disk.Root, master, clock, default);
        var passkey = new Passkey
        {
            CredentialId = [1],
            PublicKey = [.. new byte[77]],
            AttestationObject = [.. new byte[500]],
        };
        Account[] accounts =
        [
            .. Enumerable
                .Range(0, 2_000)
                .Select(number => new Account
                {
                    Id = Account.NewId(),
                    Name = $"person{number}",
                    PasswordHash = new string('h', 100),
                    Passkeys = [passkey with { CredentialId = [.. BitConverter.GetBytes(number)] }],
                }),
        ];
        foreach (var account in accounts)
        {
            await people.AddAsync(account, default);
        }
        var folder = disk.Root.Folder("people");
        var before = folder.List().ToDictionary(name => name, name => Content(folder, name));
        await people.ChangeAsync(accounts[77].Id, account => account with { Language = "de" }, default);
        // One small file is written anew, not all that is known of everybody.
        var rewritten = Assert.Single(before, file => Content(folder, file.Key) != file.Value);
        Assert.True(rewritten.Value.Length / 2 < 200_000);
        using var again = await People.OpenAsync(disk.Root, master, clock, default);
        Assert.Equal(2_000, again.Current.Count);
        Assert.Equal("de", again.Current.FindByName("PERSON77")?.Language);
    }

    private static string Content(IDurableFolder folder, string name)
    {
        using var file = folder.Open(name, FileAccess.Read);
        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        return Convert.ToHexString(bytes);
    }
}
