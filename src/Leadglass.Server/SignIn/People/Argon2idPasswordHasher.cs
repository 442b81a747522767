using Microsoft.AspNetCore.Identity;

namespace Leadglass.Server.SignIn.People;

/// <summary><see cref="Argon2idPasswords"/> for ASP.NET Core Identity.</summary>
internal sealed class Argon2idPasswordHasher : IPasswordHasher<AccountUser>
{
    public string HashPassword(AccountUser user, string password) => Argon2idPasswords.Hash(password);

    public PasswordVerificationResult VerifyHashedPassword(
        AccountUser user,
        string hashedPassword,
        string providedPassword
    ) =>
        !Argon2idPasswords.Verify(hashedPassword, providedPassword) ? PasswordVerificationResult.Failed
        : Argon2idPasswords.IsOutdated(hashedPassword) ? PasswordVerificationResult.SuccessRehashNeeded
        : PasswordVerificationResult.Success;
}
