using Leadglass.Access;

namespace Leadglass.Server.SignIn;

/// <summary>The person whom a demonstration lets in.</summary>
public static class DemoAccess
{
    /// <summary>
    /// Makes a radiologist's account and a one-time link that signs in without more. Only in a demonstration's archive,
    /// which holds no patient and which <c>serve</c> refuses.
    /// </summary>
    /// <param name="host">The demonstration's archive, which is being served.</param>
    /// <param name="name">The account's name, not yet taken.</param>
    /// <returns>The link.</returns>
    /// <exception cref="InvalidOperationException">It is no demonstration's archive.</exception>
    public static async Task<Uri> CreateAsync(ArchiveHost host, string name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (!host.Identity.IsDemo)
        {
            throw new InvalidOperationException("Only a demonstration signs people in by a link alone.");
        }

        var people = new PersonAdministration(host);
        var owner = AccessPolicy.Operator(Environment.UserName, isRoot: true);
        var invited = await people.AddAsync(
            Grant(host, owner, Operation.Administer),
            new PersonRequest(name, "Demo", [], [Role.Radiologist], []),
            cancel
        );
        await people.ConfirmAllAsync(Grant(host, owner, Operation.Confirm), invited.Account, cancel);
        return new Uri(invited.Link);
    }

    private static AccessGrant Grant(ArchiveHost host, OperatorIdentity owner, Operation operation) =>
        host.Policy.Decide(owner, operation) is AccessDecision.Granted { Grant: var grant }
            ? grant
            : throw new InvalidOperationException("The demonstration's policy refuses its own owner.");
}
