using System.Net;
using Leadglass.Access;
using Leadglass.Server.SignIn.People;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.SignIn.Browser;

/// <summary>How far a sign-in has come.</summary>
internal enum SignInStage
{
    /// <summary>A one-time link was opened: a password is to be chosen.</summary>
    ChoosePassword,

    /// <summary>The first factor is proved: a second one is to be set up.</summary>
    EnrolFactor,

    /// <summary>The first factor is proved: the second one is asked for.</summary>
    ProveFactor,

    /// <summary>A passkey was asked for; nobody is known yet.</summary>
    Passkey,

    /// <summary>Somebody signed in registers a passkey.</summary>
    RegisterPasskey,

    /// <summary>Somebody signed in sets up another second factor.</summary>
    ReplaceFactor,
}

/// <summary>A sign-in that has begun. It gives no right to anything.</summary>
internal sealed record SignInStep(SignInStage Stage)
{
    /// <summary>Whose; empty while that is not known.</summary>
    public string AccountId { get; init; } = string.Empty;

    /// <summary>The account's security stamp at that moment: a step does not outlive a change of password.</summary>
    public string SecurityStamp { get; init; } = string.Empty;

    /// <summary>Where to go afterwards: a path of this archive.</summary>
    public string Return { get; init; } = "/";

    /// <summary>The authenticator secret that is being set up.</summary>
    public string? AuthenticatorKey { get; init; }

    /// <summary>What a passkey's answer is compared with.</summary>
    public string? PasskeyState { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Stage.ToString();
}

/// <summary>
/// Sign-ins that have begun, in memory, for a quarter of an hour. Bounded: when too many have begun, the oldest is
/// forgotten. Strangers who ask for a passkey have places of their own, and each address few of them, so that none pushes
/// out whoever has proved something, nor all the others. The browser holds a random name for its own in a cookie, a new one
/// at each step.
/// </summary>
internal sealed class SignInSteps(TimeProvider clock)
{
    /// <summary>How long a person may take.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>Steps of strangers from one address, or one IPv6 network of 64 bits.</summary>
    public const int PerNetworkMax = 64;

    private const int StepsMax = 10_000;
    private const int StrangersMax = 4_096;
    private const int TriesMax = 5;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Held> _held = new(StringComparer.Ordinal);
    private readonly LinkedList<Held> _known = new();
    private readonly LinkedList<Held> _strangers = new();

    /// <summary>Begins or goes on: what the browser held before is forgotten.</summary>
    public void Begin(HttpContext context, SignInStep step)
    {
        End(context);
        var secret = AccessSecret.Create();
        var until = clock.GetUtcNow() + Lifetime;
        lock (_gate)
        {
            var isStranger = step.Stage is SignInStage.Passkey;
            var network = AttemptLimit.NetworkOf(context.Connection.RemoteIpAddress);
            MakeRoom(_known, StepsMax);
            MakeRoom(_strangers, StrangersMax);
            if (isStranger && _strangers.Count(held => held.Network.Equals(network)) >= PerNetworkMax)
            {
                Remove(_strangers.First(held => held.Network.Equals(network)));
            }

            var hash = AccessSecret.DigestOf(secret);
            var begun = new Held(hash, step, until, network, isStranger ? _strangers : _known);
            begun.Order.AddLast(begun);
            _held[hash] = begun;
        }

        BrowserCookies.Set(context, BrowserCookies.Step, secret);
    }

    /// <summary>The browser's sign-in when it is at this stage; null: it has none.</summary>
    public SignInStep? Find(HttpContext context, SignInStage stage)
    {
        lock (_gate)
        {
            return
                HashOf(context) is { } hash
                && _held.TryGetValue(hash, out var held)
                && clock.GetUtcNow() < held.Until
                && held.Step.Stage == stage
                ? held.Step
                : null;
        }
    }

    /// <summary>Counts a failed try; after a few the step is gone and sign-in begins anew.</summary>
    /// <returns>Whether another try is left.</returns>
    public bool Fail(HttpContext context)
    {
        lock (_gate)
        {
            if (HashOf(context) is not { } hash || !_held.TryGetValue(hash, out var held))
            {
                return false;
            }

            if (++held.Tries < TriesMax)
            {
                return true;
            }

            Remove(held);
        }

        BrowserCookies.Clear(context, BrowserCookies.Step);
        return false;
    }

    /// <summary>Forgets what the browser had begun.</summary>
    /// <returns>False: there was nothing, or another request of the same browser has just ended it.</returns>
    public bool End(HttpContext context)
    {
        if (HashOf(context) is not { } hash)
        {
            return false;
        }

        BrowserCookies.Clear(context, BrowserCookies.Step);
        lock (_gate)
        {
            if (!_held.TryGetValue(hash, out var held))
            {
                return false;
            }

            Remove(held);
            return true;
        }
    }

    private void MakeRoom(LinkedList<Held> order, int max)
    {
        var now = clock.GetUtcNow();
        while (order.First?.Value is { } oldest && (oldest.Until <= now || order.Count >= max))
        {
            Remove(oldest);
        }
    }

    /// <summary>Gives the place back.</summary>
    private void Remove(Held held)
    {
        _held.Remove(held.Hash);
        held.Order.Remove(held);
    }

    private static string? HashOf(HttpContext context) =>
        context.Request.Cookies[BrowserCookies.Step] is { Length: > 0 and <= AccessSecret.LengthMax } secret
            ? AccessSecret.DigestOf(secret)
            : null;

    private sealed class Held(
        string hash,
        SignInStep step,
        DateTimeOffset until,
        IPAddress network,
        LinkedList<Held> order
    )
    {
        public string Hash => hash;

        public SignInStep Step => step;

        public DateTimeOffset Until => until;

        public IPAddress Network => network;

        public LinkedList<Held> Order => order;

        public int Tries { get; set; }
    }
}
