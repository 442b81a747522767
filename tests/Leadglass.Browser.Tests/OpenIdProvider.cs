using System.Text.Json.Nodes;
using Leadglass.Testing.Processes;

namespace Leadglass.Browser.Tests;

/// <summary>npm's oidc-provider as the hospital's sign-in provider, and an archive that trusts it.</summary>
public sealed class OpenIdProvider : IAsyncLifetime
{
    public const string ClientId = "leadglass";
    private const string Secret = "made-up-for-a-test-and-long-enough-to-pass";
    private readonly HttpClient control = new();
    private ArchiveProcess? archive;
    private BackgroundProcess? process;

    public ArchiveProcess Archive => archive ?? throw new InvalidOperationException("not started");

    public int Port { get; } = FreePort.Next();

    public string Authority => $"127.0.0.1:{Port}";

    public string Origin => $"https://{Archive.Host}:{Archive.HttpPort}";

    public async ValueTask InitializeAsync()
    {
        archive = await ArchiveProcess.CreateAsync();
        await File.WriteAllTextAsync(
            Path.Combine(archive.DataFolder, "leadglass.json"),
            Configuration().ToJsonString()
        );
        await RunAsync("user", "provider", "--secret-file", await SecretFileAsync());
        await RunAsync("user", "group", "add", "radiology", "--role", "radiologist");
        await archive.StartAsync();
        process = BackgroundProcess.Start(
            "node",
            [ServedArchive.PeerScript("openid-provider.mjs"), Order().ToJsonString()]
        );
        await process.WaitForLineAsync(line => line == "ready", TimeSpan.FromSeconds(30));
    }

    /// <summary>From now on it issues ID tokens of this kind: good, forged, expired, audience, unsigned.</summary>
    public async Task IssueAsync(string kind)
    {
        using var answer = await control.PostAsync(
            new Uri($"http://{Authority}/control?kind={kind}"),
            content: null,
            TestContext.Current.CancellationToken
        );
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        control.Dispose();
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        if (archive is not null)
        {
            await archive.DisposeAsync();
        }
    }

    private async Task<string> SecretFileAsync()
    {
        var path = Path.Combine(Archive.Root, "provider-secret");
        await File.WriteAllTextAsync(path, Secret);
        return path;
    }

    private async Task RunAsync(params string[] arguments)
    {
        var result = await Archive.RunHereAsync(arguments);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException(result.ToString());
        }
    }

    private JsonObject Configuration() =>
        new()
        {
            ["signIn"] = new JsonObject
            {
                ["openIdConnect"] = new JsonObject
                {
                    ["authority"] = $"http://{Authority}",
                    ["clientId"] = ClientId,
                    ["groupsClaim"] = "groups",
                    ["displayName"] = "Phantom Hospital",
                    ["scopes"] = new JsonArray("openid", "profile", "groups"),
                },
            },
        };

    private JsonObject Order() =>
        new()
        {
            ["port"] = Port,
            ["modules"] = ServedArchive.NodeModules,
            ["clientId"] = ClientId,
            ["clientSecret"] = Secret,
            ["redirectUris"] = new JsonArray($"{Origin}/signin-oidc"),
            ["postLogoutRedirectUris"] = new JsonArray($"{Origin}/signout-oidc"),
            ["people"] = new JsonObject
            {
                ["reader"] = new JsonArray("radiology", "choir"),
                ["porter"] = new JsonArray("choir"),
            },
        };
}
