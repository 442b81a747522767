using System.Text.Json;
using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Server.SignIn.Secrets;

namespace Leadglass.Server.SignIn.People;

/// <summary>What a one-time link opens.</summary>
internal enum SignInLinkKind
{
    /// <summary>The person chooses a password and, where the roles ask for one, a second factor.</summary>
    Enrol,

    /// <summary>The person is signed in. Only a demonstration makes these.</summary>
    SignIn,
}

/// <summary>What a link stood for.</summary>
internal sealed record OpenedLink(string AccountId, SignInLinkKind Kind);

/// <summary>
/// One-time links, kept as hashes in a sealed file. A link is used up before anything is done with it, and a new one for an
/// account voids the former.
/// </summary>
internal sealed class SignInLinks(SealedSecrets secrets, TimeProvider clock)
{
    /// <summary>The file's name in the state folder.</summary>
    public const string FileName = "sign-in-links";

    /// <summary>How long a link holds.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromHours(24);

    private const int LinksMax = 5_000;

    private readonly Lock _gate = new();

    /// <summary>Makes a link for an account; durable when it returns.</summary>
    /// <returns>The secret to be shown once.</returns>
    public string Create(string accountId, SignInLinkKind kind)
    {
        var secret = AccessSecret.Create();
        lock (_gate)
        {
            var others = Read().Where(link => link.AccountId != accountId).TakeLast(LinksMax - 1);
            Write([
                .. others,
                new StoredLink(AccessSecret.DigestOf(secret), accountId, kind, clock.GetUtcNow() + Validity),
            ]);
        }

        return secret;
    }

    /// <summary>Uses a link up.</summary>
    /// <returns>What it stood for; null: it never was, is used up, or its time is over.</returns>
    public OpenedLink? Take(string secret)
    {
        if (secret.Length > AccessSecret.LengthMax)
        {
            return null;
        }

        var hash = AccessSecret.DigestOf(secret);
        lock (_gate)
        {
            var links = Read();
            if (links.Find(link => link.Hash == hash) is not { } found)
            {
                return null;
            }

            links.Remove(found);
            Write(links);
            return new OpenedLink(found.AccountId, found.Kind);
        }
    }

    /// <summary>Voids the links of an account.</summary>
    public void Withdraw(string accountId)
    {
        lock (_gate)
        {
            var links = Read();
            if (links.RemoveAll(link => link.AccountId == accountId) > 0)
            {
                Write(links);
            }
        }
    }

    /// <summary>Those that still hold.</summary>
    private List<StoredLink> Read()
    {
        if (secrets.Read(FileName) is not { } content)
        {
            return [];
        }

        var now = clock.GetUtcNow();
        var links = JsonSerializer.Deserialize(content, LinkJson.Default.ListStoredLink) ?? [];
        links.RemoveAll(link => now >= link.ValidUntil);
        return links;
    }

    private void Write(List<StoredLink> links) =>
        secrets.Write(FileName, JsonSerializer.SerializeToUtf8Bytes(links, LinkJson.Default.ListStoredLink));
}

/// <summary>A link as it is kept.</summary>
internal sealed record StoredLink(string Hash, string AccountId, SignInLinkKind Kind, DateTimeOffset ValidUntil);

[JsonSourceGenerationOptions(UseStringEnumConverter = true, MaxDepth = 8)]
[JsonSerializable(typeof(List<StoredLink>))]
internal sealed partial class LinkJson : JsonSerializerContext;
