using Microsoft.AspNetCore.Identity;

namespace Leadglass.Server.SignIn.People;

/// <summary>
/// Refuses passwords that are guessed first: those made of few different characters, and those around the account's own
/// name or the product's. Length is checked by ASP.NET Core Identity; composition rules are not asked for (NIST SP 800-63B).
/// </summary>
internal sealed class UnguessablePassword : IPasswordValidator<AccountUser>
{
    private const int DistinctMin = 6;
    private const int RestMin = 6;

    public Task<IdentityResult> ValidateAsync(UserManager<AccountUser> manager, AccountUser user, string? password)
    {
        var text = password ?? string.Empty;
        var isWeak =
            text.Length > Argon2idPasswords.PasswordLengthMax
            || text.Distinct().Count() < DistinctMin
            || IsAround(text, user.Account.Name)
            || IsAround(text, "leadglass");
        return Task.FromResult(
            isWeak ? IdentityResult.Failed(new IdentityError { Code = "PasswordWeak" }) : IdentityResult.Success
        );
    }

    private static bool IsAround(string password, string word) =>
        word.Length >= 3
        && password.Contains(word, StringComparison.OrdinalIgnoreCase)
        && password.Length - word.Length < RestMin;
}
