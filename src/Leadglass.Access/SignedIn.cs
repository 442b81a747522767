using System.Collections.Immutable;
using System.Net;

namespace Leadglass.Access;

/// <summary>A person with a live session.</summary>
public sealed class PersonIdentity : Identity
{
    internal PersonIdentity(Account account, Session session, IPAddress? address)
        : base("person", account.Name, address)
    {
        AccountId = account.Id;
        DisplayName = account.DisplayName.Length > 0 ? account.DisplayName : account.Name;
        Roles = account.Roles;
        Departments = account.Departments;
        Language = account.Language;
        RightsVersion = account.RightsVersion;
        SessionId = session.Id;
        SessionKind = session.Kind;
    }

    /// <summary>The account's id.</summary>
    public string AccountId { get; }

    /// <summary>The person's name as staff read it.</summary>
    public string DisplayName { get; }

    /// <summary>The roles that count.</summary>
    public ImmutableArray<Role> Roles { get; }

    /// <summary>Departments, whose studies a study list shows first.</summary>
    public ImmutableArray<string> Departments { get; }

    /// <summary>Language of pages; null: what the browser asks for.</summary>
    public string? Language { get; }

    /// <summary>The session.</summary>
    public string SessionId { get; }

    /// <summary>What the session is for: a viewer's reads the studies opened in it and nothing else.</summary>
    public SessionKind SessionKind { get; }

    internal long RightsVersion { get; }

    internal override string LastingKey => LastingKeyOf(AccountId);

    internal static string KeyOf(string name) => $"person:{name}";

    internal static string LastingKeyOf(string accountId) => $"person#{accountId}";
}

/// <summary>A program that proved possession of its secret, a token or an enrolled certificate's key.</summary>
public sealed class ProgramIdentity : Identity
{
    internal ProgramIdentity(RegisteredProgram program, IPAddress? address)
        : base("program", program.ClientId, address) => Program = program;

    /// <summary>The program's client id.</summary>
    public string ClientId => Program.ClientId;

    /// <summary>The program as it was registered when it was identified.</summary>
    public RegisteredProgram Program { get; }
}

/// <summary>An outside person with a live session of a share: reads one study.</summary>
public sealed class ShareIdentity : Identity
{
    internal ShareIdentity(StudyShare share, Session session, IPAddress? address)
        : base("share", share.Id, address)
    {
        Share = share;
        SessionId = session.Id;
        SessionKind = session.Kind;
    }

    /// <summary>The share as it was when the person was identified.</summary>
    public StudyShare Share { get; }

    /// <summary>The session.</summary>
    public string SessionId { get; }

    /// <summary>What the session is for.</summary>
    public SessionKind SessionKind { get; }

    internal static string KeyOf(StudyShare share) => $"share:{share.Id}";
}

/// <summary>Whether whoever asks over HTTPS is known: a closed union.</summary>
public abstract record Recognition
{
    private Recognition() { }

    /// <summary>Somebody who was let in.</summary>
    public sealed record Known(Identity Identity) : Recognition;

    /// <summary>Nobody who is known, or not any more.</summary>
    public sealed record Refused(RefusalReason Reason) : Recognition;
}
