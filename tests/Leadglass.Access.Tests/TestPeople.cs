using System.Net;

namespace Leadglass.Access.Tests;

/// <summary>People, programs and shares as everybody gets them: asked for, confirmed, signed in. Linked into other tests.</summary>
internal static class TestPeople
{
    private static readonly IPAddress Desk = IPAddress.Parse("192.0.2.20");

    /// <summary>A grant that must be given.</summary>
    public static AccessGrant Grant(this AccessPolicy policy, Identity identity, Operation operation) =>
        policy.Decide(identity, operation) is AccessDecision.Granted granted
            ? granted.Grant
            : throw new InvalidOperationException($"{identity} is not granted {operation}");

    /// <summary>An account with these roles, confirmed on the machine.</summary>
    public static async Task<Account> AddPersonAsync(
        this AccessPolicy policy,
        string name,
        IReadOnlyCollection<Role> roles,
        params ReferringIdentity[] referring
    )
    {
        var root = AccessPolicy.Operator("root", isRoot: true);
        var appointments = policy.Registries.Appointments;
        var account = await appointments.AddAsync(
            policy.Grant(root, Operation.Administer),
            new Account
            {
                Id = Account.NewId(),
                Name = name,
                SecurityStamp = "1",
            },
            roles,
            referring,
            CancellationToken.None
        );
        foreach (var right in account.Pending)
        {
            account = await appointments.ConfirmAsync(
                policy.Grant(root, Operation.Confirm),
                account.Id,
                right.Id,
                CancellationToken.None
            );
        }
        return account;
    }

    /// <summary>A session of an account, and who its holder is.</summary>
    public static async Task<PersonIdentity> SignInAsync(this AccessPolicy policy, Account account)
    {
        var session = await policy.Registries.Sessions.OpenAsync(
            account,
            new SessionOpening(SignInMethod.PasswordAndCode),
            CancellationToken.None
        );
        return (PersonIdentity)policy.Known(session.Secret, SessionKind.Pages);
    }

    /// <summary>Somebody with these roles, signed in.</summary>
    public static async Task<PersonIdentity> PersonAsync(this AccessPolicy policy, string name, params Role[] roles) =>
        await policy.SignInAsync(await policy.AddPersonAsync(name, roles));

    /// <summary>Who holds a session's secret; they must be known.</summary>
    public static Identity Known(this AccessPolicy policy, string secret, SessionKind kind) =>
        policy.Recognise(secret, kind, Desk) is Recognition.Known known
            ? known.Identity
            : throw new InvalidOperationException("nobody is known by this session");

    /// <summary>A person's viewer with these studies opened.</summary>
    public static async Task<PersonIdentity> ViewerAsync(
        this AccessPolicy policy,
        PersonIdentity person,
        params StudyFacts[] studies
    )
    {
        var sessions = policy.Registries.Sessions;
        var viewer = await sessions.OpenViewerAsync(sessions.Find(person.SessionId)!, CancellationToken.None);
        foreach (var study in studies)
        {
            await sessions.OpenStudyAsync(viewer.Session.Id, study.Study, CancellationToken.None);
        }
        return (PersonIdentity)policy.Known(viewer.Secret, SessionKind.Viewer);
    }

    /// <summary>A program with these rights, registered on the machine.</summary>
    public static async Task<ProgramIdentity> ProgramAsync(
        this AccessPolicy policy,
        string clientId,
        ProgramRights rights,
        DeviceScope? scope = null
    )
    {
        var registered = await policy.Registries.Programs.RegisterAsync(
            policy.Grant(AccessPolicy.Operator("root", isRoot: true), Operation.Administer),
            new RegisteredProgram
            {
                ClientId = clientId,
                Rights = rights,
                Scope = scope ?? DeviceScope.Everything,
            },
            withSecret: true,
            CancellationToken.None
        );
        var known = (Recognition.Known)policy.RecogniseProgram(clientId, registered.Secret, Desk);
        return (ProgramIdentity)known.Identity;
    }
}
