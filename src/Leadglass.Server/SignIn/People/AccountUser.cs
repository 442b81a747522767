using Leadglass.Access;

namespace Leadglass.Server.SignIn.People;

/// <summary>
/// An account in the hands of ASP.NET Core Identity, which sets one property after another and then has the whole stored.
/// </summary>
internal sealed class AccountUser(Account account)
{
    /// <summary>As it is now; a change is a new record.</summary>
    public Account Account { get; set; } = account;

    /// <summary>The account's id.</summary>
    public string Id => Account.Id;

    /// <inheritdoc/>
    public override string ToString() => Account.Name;
}
