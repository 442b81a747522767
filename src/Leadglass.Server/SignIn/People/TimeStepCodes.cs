using Microsoft.AspNetCore.Identity;

namespace Leadglass.Server.SignIn.People;

/// <summary>One-time passwords for ASP.NET Core Identity. None counts twice: what was seen once could have been watched.</summary>
internal sealed class TimeStepCodes(Access.People people, TimeProvider clock) : IUserTwoFactorTokenProvider<AccountUser>
{
    /// <summary>The provider's name.</summary>
    public const string Name = "TimeStep";

    public Task<bool> CanGenerateTwoFactorTokenAsync(UserManager<AccountUser> manager, AccountUser user) =>
        Task.FromResult(user.Account.AuthenticatorKey is not null);

    /// <summary>The person's device does this.</summary>
    public Task<string> GenerateAsync(string purpose, UserManager<AccountUser> manager, AccountUser user) =>
        Task.FromResult(string.Empty);

    public Task<bool> ValidateAsync(string purpose, string token, UserManager<AccountUser> manager, AccountUser user)
    {
        if (
            user.Account.AuthenticatorKey is not { } key
            || OneTimePassword.FindStep(key, token, clock.GetUtcNow()) is not { } step
        )
        {
            return Task.FromResult(false);
        }

        var isFirst = false;
        people.Traces.Change(
            user.Id,
            trace =>
            {
                isFirst = step > trace.LastTimeStep;
                return isFirst ? trace with { LastTimeStep = step } : trace;
            }
        );
        return Task.FromResult(isFirst);
    }
}
