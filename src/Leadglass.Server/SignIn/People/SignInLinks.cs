using Leadglass.Access;

namespace Leadglass.Server.SignIn.People;

/// <summary>
/// One-time links by which people sign in for the first time, or anew. An account has one at most, kept as a digest; it is
/// used up before anything is done with it.
/// </summary>
internal sealed class SignInLinks(Access.People people, TimeProvider clock)
{
    /// <summary>How long a link holds.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromHours(24);

    /// <summary>A link's secret, to be shown once, and what is kept of it.</summary>
    public (string Secret, SignInLink Link) Make()
    {
        var secret = AccessSecret.Create();
        return (secret, new SignInLink(AccessSecret.DigestOf(secret), clock.GetUtcNow() + Validity));
    }

    /// <summary>Uses a link up, durable when it returns, and takes the lock of failed attempts off.</summary>
    /// <returns>Whose it was; null: it never was, is used up, or its time is over.</returns>
    public async Task<Account?> TakeAsync(string secret, CancellationToken cancellationToken)
    {
        if (secret.Length is 0 or > AccessSecret.LengthMax)
        {
            return null;
        }

        // A look-up by the digest of 256 random bits tells by its time nothing that helps to find them.
        var digest = AccessSecret.DigestOf(secret);
        var found = people.Current.All.FirstOrDefault(account => account.Link?.Digest == digest);
        if (found is null)
        {
            return null;
        }

        var isOver = clock.GetUtcNow() >= found.Link!.ValidUntil;
        try
        {
            var taken = await people.ChangeAsync(
                found.Id,
                account =>
                    account.Link?.Digest == digest ? account with { Link = null } : throw new StaleRecordException(),
                cancellationToken
            );
            if (isOver)
            {
                return null;
            }

            // Who guessed at the password meanwhile does not keep out whoever holds the link.
            people.Traces.Change(found.Id, static trace => trace with { Failures = 0, LockedUntil = null });
            return taken;
        }
        catch (StaleRecordException)
        {
            // Another request was quicker.
            return null;
        }
    }

    /// <summary>Where a person opens a link: the secret stands where no browser sends it and no server logs it.</summary>
    public static string AddressOf(string origin, string secret) => $"{origin}/signin/link#{secret}";
}
