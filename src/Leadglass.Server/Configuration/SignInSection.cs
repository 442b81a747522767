namespace Leadglass.Server.Configuration;

/// <summary>The section <c>signIn</c> of the configuration.</summary>
public sealed partial class ConfigurationReader
{
    private const string SignIn = "signIn";
    private const string Provider = "signIn.openIdConnect";
    private const int NameLengthMax = 200;

    /// <summary>Names that hold further names.</summary>
    private static bool IsSection(string name) =>
        name.Equals(SignIn, StringComparison.OrdinalIgnoreCase)
        || name.Equals(Provider, StringComparison.OrdinalIgnoreCase);

    private SignInOptions BindSignIn()
    {
        var defaults = new SignInOptions();
        return new SignInOptions
        {
            SecondFactorForEverybody = Take(
                "signIn.secondFactorForEverybody",
                defaults.SecondFactorForEverybody,
                Truth
            ),
            OpenIdConnect = BindProvider(),
        };
    }

    private OpenIdProviderOptions? BindProvider()
    {
        if (!_settings.Keys.Any(key => key.StartsWith(Provider + ".", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        var authority = Take(Provider + ".authority", (Uri?)null, Authority);
        var clientId = Take(Provider + ".clientId", string.Empty, Name);
        var provider = new OpenIdProviderOptions
        {
            Authority = authority ?? new Uri("https://unnamed.invalid"),
            ClientId = clientId,
            DisplayName = Take(Provider + ".displayName", "OpenID Connect", Name),
            GroupsClaim = Take(Provider + ".groupsClaim", OpenIdProviderOptions.DefaultGroupsClaim, Name),
            Scopes = TakeList(Provider + ".scopes", Name),
        };
        if (_mistakes.Count == 0)
        {
            Require(authority is not null, "authority");
            Require(clientId.Length > 0, "clientId");
        }

        return provider;
    }

    private void Require(bool isThere, string name)
    {
        if (!isThere)
        {
            _mistakes.Add($"{Provider}.{name} is missing: the provider cannot be used without it");
        }
    }

    private static Parsed<Uri?> Authority(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var authority) && OpenIdProviderOptions.IsSafe(authority)
            ? new(authority, null)
            : new(null, "an https address without query (http on 127.0.0.1 for trying only)");

    private static Parsed<string> Name(string text) =>
        text.Length is > 0 and <= NameLengthMax && !text.Any(char.IsControl)
            ? new(text, null)
            : new(null, $"1 to {NameLengthMax} characters");
}
