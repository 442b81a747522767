using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.Tests.DicomWeb;

namespace Leadglass.Server.Tests.Pages;

/// <summary>A served archive for the tests of one class, with what the pages need around it.</summary>
public sealed class PagesArchive : IAsyncLifetime
{
    private static int s_accounts;

    internal ServedArchive Archive { get; private set; } = null!;

    internal TokenProgram Modality { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Archive = await ServedArchive.StartAsync();
        Modality = await TokenProgram.ConnectAsync(Archive);
    }

    public async ValueTask DisposeAsync()
    {
        Modality.Dispose();
        await Archive.DisposeAsync();
    }

    /// <summary>Stores instances as a modality would.</summary>
    internal async Task StoreAsync(params DataSet[] instances)
    {
        var answer = await Modality.StoreAsync([.. instances.Select(one => WebInstances.File(one))]);
        Assert.True(answer.Status is 200 or 202, $"{answer.Status}");
    }

    /// <summary>An account with confirmed roles, and a browser in which its person is signed in.</summary>
    internal async Task<PersonBrowser> SignInAsync(params Role[] roles)
    {
        var account = await AppointAsync(roles);
        return await OpenAsync(account);
    }

    /// <summary>An account with confirmed roles.</summary>
    internal async Task<Account> AppointAsync(
        Role[] roles,
        ImmutableArray<string> departments = default,
        string? referring = null
    )
    {
        var registries = Archive.Host.Registries;
        var number = Interlocked.Increment(ref s_accounts);
        var account = await registries.Appointments.AddAsync(
            Leave(Operation.Administer),
            new Account
            {
                Id = Account.NewId(),
                Name = $"somebody{number}",
                DisplayName = $"Some Body {number}",
                Departments = departments.IsDefault ? [] : departments,
            },
            roles,
            referring is null ? [] : [ReferringIdentity.ByName(referring)],
            CancellationToken.None
        );
        foreach (var pending in account.Pending)
        {
            account = await registries.Appointments.ConfirmAsync(
                Leave(Operation.Confirm),
                account.Id,
                pending.Id,
                CancellationToken.None
            );
        }
        return account;
    }

    internal async Task<PersonBrowser> OpenAsync(Account account)
    {
        var session = await Archive.Host.Registries.Sessions.OpenAsync(
            account,
            new SessionOpening(SignInMethod.PasswordAndCode, "192.0.2.0/24", "Firefox"),
            CancellationToken.None
        );
        return new PersonBrowser(Archive, account, session.Secret);
    }

    internal AccessGrant Leave(Operation operation) =>
        Assert
            .IsType<AccessDecision.Granted>(
                Archive.Host.Policy.Decide(AccessPolicy.Operator("tester", isRoot: true), operation)
            )
            .Grant;
}

/// <summary>A browser without scripts in which somebody is signed in.</summary>
internal sealed class PersonBrowser : IDisposable
{
    private readonly HttpClient _http;

    public PersonBrowser(ServedArchive archive, Account account, string secret)
    {
        Account = account;
        Origin = new Uri($"https://{archive.Server.Https}");
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        handler.CookieContainer.Add(Origin, new Cookie(BrowserCookies.Session, secret, "/") { Secure = true });
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { archive.Host.Authority.Certificate },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        _http = new HttpClient(handler) { BaseAddress = Origin };
        _http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "text/html");
        _http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", "en");
        _http.DefaultRequestHeaders.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");
    }

    public Account Account { get; }

    public Uri Origin { get; }

    /// <summary>Asks for this language from now on.</summary>
    public void Speak(string language)
    {
        _http.DefaultRequestHeaders.Remove("Accept-Language");
        _http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", language);
    }

    /// <summary>Looks at a page.</summary>
    public async Task<SeenPage> GetAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative));
        return await SeenPage.OfAsync(response);
    }

    /// <summary>Sends a form of a page as a browser does: with the page's token and its hidden fields.</summary>
    public async Task<SeenPage> SendAsync(
        SeenPage page,
        string action,
        params IReadOnlyList<(string Name, string Value)> fields
    )
    {
        var form =
            page.Document.Forms.FirstOrDefault(one => one.GetAttribute("action") == action)
            ?? throw new InvalidOperationException($"no form for {action}");
        var given = fields.Select(field => field.Name).ToHashSet(StringComparer.Ordinal);
        var hidden = form.QuerySelectorAll("input[type=hidden]")
            .OfType<IHtmlInputElement>()
            .Where(input => !given.Contains(input.Name!))
            .Select(input => (input.Name!, input.Value));
        return await PostAsync(action, [.. hidden, .. fields]);
    }

    /// <summary>Sends fields as they are.</summary>
    public async Task<SeenPage> PostAsync(string path, params IReadOnlyList<(string Name, string Value)> fields)
    {
        using var body = new FormUrlEncodedContent(
            fields.Select(field => KeyValuePair.Create(field.Name, field.Value))
        );
        using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), body);
        return await SeenPage.OfAsync(response);
    }

    /// <summary>Sends a body of another kind with the page's token in the header.</summary>
    public async Task<SeenPage> PostAsync(string path, HttpContent body, SeenPage page)
    {
        var upload = page.Document.QuerySelector("[data-upload]")!;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = body };
        request.Headers.TryAddWithoutValidation(upload.GetAttribute("data-header")!, upload.GetAttribute("data-token"));
        using var response = await _http.SendAsync(request);
        return await SeenPage.OfAsync(response);
    }

    /// <summary>Follows the answer to a form.</summary>
    public Task<SeenPage> FollowAsync(SeenPage answer)
    {
        Assert.Equal(303, answer.Status);
        return GetAsync(answer.Location!);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>An answer as a browser sees it.</summary>
internal sealed record SeenPage(
    int Status,
    string? Location,
    string Html,
    byte[] Body,
    IReadOnlyDictionary<string, string> Headers
)
{
    public IHtmlDocument Document { get; } = new HtmlParser().ParseDocument(Html);

    /// <summary>The visible text.</summary>
    public string Text => Document.Body!.TextContent;

    public string Notice => Document.QuerySelector(".notice")?.TextContent.Trim() ?? "";

    public static async Task<SeenPage> OfAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        return new SeenPage(
            (int)response.StatusCode,
            response.Headers.Location?.ToString(),
            System.Text.Encoding.UTF8.GetString(body),
            body,
            response
                .Headers.Concat(response.Content.Headers)
                .ToDictionary(
                    header => header.Key,
                    header => string.Join(", ", header.Value),
                    StringComparer.OrdinalIgnoreCase
                )
        );
    }
}
