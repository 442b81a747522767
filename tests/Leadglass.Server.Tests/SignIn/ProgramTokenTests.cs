using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Leadglass.Access;
using Leadglass.Server.Tests.Web;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>OAuth 2.0 client credentials, over the network.</summary>
public sealed class ProgramTokenTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ASecretGivesATokenByHeaderOrByForm(bool byHeader)
    {
        var (name, secret) = await RegisterAsync($"by-{byHeader}");
        using var client = Client();
        using var answer = await AskAsync(client, name, secret, byHeader);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        using var token = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("Bearer", token.RootElement.GetProperty("token_type").GetString());
        Assert.Equal("read write", token.RootElement.GetProperty("scope").GetString());
        Assert.Equal(
            HttpStatusCode.OK,
            await SearchAsync(client, token.RootElement.GetProperty("access_token").GetString()!)
        );
    }

    [Theory]
    [InlineData("known", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("unknown", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("known", "short")]
    public async Task AWrongSecretAndAnUnknownProgramGetOneAnswer(string name, string secret)
    {
        if (people.Archive.Host.Registries.Programs.Find("known") is null)
        {
            await RegisterAsync("known");
        }

        using var client = Client();
        using var answer = await AskAsync(client, name, secret, byHeader: true);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("invalid_client", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingButClientCredentialsIsGranted()
    {
        var (name, secret) = await RegisterAsync("granted");
        using var client = Client();
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = "password",
                ["client_id"] = name,
                ["client_secret"] = secret,
                ["username"] = "administrator",
                ["password"] = "anything",
            }
        );
        using var answer = await client.PostAsync(new Uri("/connect/token", UriKind.Relative), form, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task ATokenIsVoidAtOnceWhenItsProgramIsDisabled()
    {
        var (name, secret) = await RegisterAsync("disabled");
        using var client = Client();
        var token = await TokenAsync(client, name, secret);
        Assert.Equal(HttpStatusCode.OK, await SearchAsync(client, token));
        await people.Archive.Host.Registries.Programs.SetEnabledAsync(
            people.Grant(Operation.Administer),
            name,
            enabled: false,
            CancellationToken.None
        );
        Assert.Equal(HttpStatusCode.Unauthorized, await SearchAsync(client, token));
        using var answer = await AskAsync(client, name, secret, byHeader: true);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task ANewSecretVoidsTheFormerAndItsTokens()
    {
        var (name, secret) = await RegisterAsync("renewed");
        using var client = Client();
        var token = await TokenAsync(client, name, secret);
        var renewed = await people.Archive.Host.Registries.Programs.RenewSecretAsync(
            people.Grant(Operation.Administer),
            name,
            CancellationToken.None
        );
        Assert.Equal(HttpStatusCode.Unauthorized, await SearchAsync(client, token));
        using var answer = await AskAsync(client, name, secret, byHeader: true);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await SearchAsync(client, await TokenAsync(client, name, renewed.Secret!)));
    }

    [Fact]
    public async Task ATokenOpensNoPages()
    {
        var (name, secret) = await RegisterAsync("pages");
        using var client = Client();
        var token = await TokenAsync(client, name, secret);
        Assert.Equal(HttpStatusCode.Unauthorized, await SearchAsync(client, token, "/account"));
        Assert.Equal(HttpStatusCode.Unauthorized, await SearchAsync(client, token, "/"));
    }

    [Fact]
    public async Task AProgramThatFetchesManyTokensLosesItsOldest()
    {
        var (name, secret) = await RegisterAsync("greedy");
        using var client = Client();
        var first = await TokenAsync(client, name, secret);
        var last = first;
        for (var fetched = 0; fetched < 64; fetched++)
        {
            last = await TokenAsync(client, name, secret);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await SearchAsync(client, first));
        Assert.Equal(HttpStatusCode.OK, await SearchAsync(client, last));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HttpClient Client() => WebProgram.ClientOf(people.Archive.Server.Https, certificate: null);

    private async Task<(string Name, string Secret)> RegisterAsync(string name)
    {
        var registration = await people.Archive.Host.Registries.Programs.RegisterAsync(
            people.Grant(Operation.Administer),
            new RegisteredProgram { ClientId = name, Rights = ProgramRights.Read | ProgramRights.Write },
            withSecret: true,
            CancellationToken.None
        );
        return (name, registration.Secret!);
    }

    private static async Task<HttpResponseMessage> AskAsync(
        HttpClient client,
        string name,
        string secret,
        bool byHeader
    )
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "client_credentials" };
        if (!byHeader)
        {
            fields["client_id"] = name;
            fields["client_secret"] = secret;
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/connect/token", UriKind.Relative))
        {
            Content = new FormUrlEncodedContent(fields),
        };
        request.Headers.Authorization = byHeader
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{secret}")))
            : null;
        return await client.SendAsync(request, Cancel);
    }

    private static async Task<string> TokenAsync(HttpClient client, string name, string secret)
    {
        using var answer = await AskAsync(client, name, secret, byHeader: false);
        using var token = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        return token.RootElement.GetProperty("access_token").GetString()!;
    }

    private static async Task<HttpStatusCode> SearchAsync(
        HttpClient client,
        string token,
        string path = "/dicom-web/studies?limit=1"
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request, Cancel);
        return answer.StatusCode;
    }
}
