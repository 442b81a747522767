namespace Leadglass.Server.SignIn.Provider;

/// <summary>
/// The only calls that the archive makes for signing in: to the configured authority and to no other host or port, without
/// following redirections and without a proxy that a variable of the environment names. Whatever a discovery document says
/// elsewhere is refused.
/// </summary>
internal sealed class AuthorityOnly(Uri authority)
    : DelegatingHandler(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            MaxResponseHeadersLength = 64,
        }
    )
{
    /// <summary>Whether an address is the authority's.</summary>
    public static bool IsOf(Uri authority, Uri? address) =>
        address is { IsAbsoluteUri: true }
        && Uri.Compare(
            authority,
            address,
            UriComponents.SchemeAndServer,
            UriFormat.UriEscaped,
            StringComparison.OrdinalIgnoreCase
        ) == 0;

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    ) =>
        IsOf(authority, request.RequestUri)
            ? base.SendAsync(request, cancellationToken)
            : throw new HttpRequestException("The sign-in provider named an address that is not its own.");
}
