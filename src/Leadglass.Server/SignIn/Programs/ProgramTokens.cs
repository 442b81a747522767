using Leadglass.Access;

namespace Leadglass.Server.SignIn.Programs;

/// <summary>What a reference token stands for.</summary>
/// <param name="ClientId">The program.</param>
/// <param name="Version">As what the program was registered: with any change of that the token is void.</param>
/// <param name="ValidUntil">When it ends.</param>
internal sealed record ProgramToken(string ClientId, long Version, DateTimeOffset ValidUntil);

/// <summary>
/// The reference tokens that are out: random, meaningless, kept in memory as hashes. A restart voids them; a program
/// fetches the next one. Bounded: a program that fetches more than it may loses its oldest.
/// </summary>
internal sealed class ProgramTokens(TimeProvider clock)
{
    /// <summary>How long a token holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Tokens of one program at one time.</summary>
    public const int PerProgramMax = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ProgramToken> _byHash = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<string>> _byProgram = new(StringComparer.Ordinal);

    /// <summary>A new token for a program that has just proved itself.</summary>
    public string Issue(string clientId, long version)
    {
        var token = AccessSecret.Create();
        var hash = AccessSecret.DigestOf(token);
        lock (_gate)
        {
            if (!_byProgram.TryGetValue(clientId, out var held))
            {
                _byProgram[clientId] = held = new Queue<string>();
            }

            while (held.Count >= PerProgramMax)
            {
                _byHash.Remove(held.Dequeue());
            }

            held.Enqueue(hash);
            _byHash[hash] = new ProgramToken(clientId, version, clock.GetUtcNow() + Lifetime);
        }

        return token;
    }

    /// <summary>What a token stands for; null: nothing, or no more.</summary>
    public ProgramToken? Find(string token)
    {
        if (token.Length > AccessSecret.LengthMax)
        {
            return null;
        }

        lock (_gate)
        {
            return
                _byHash.TryGetValue(AccessSecret.DigestOf(token), out var known) && clock.GetUtcNow() < known.ValidUntil
                ? known
                : null;
        }
    }
}
