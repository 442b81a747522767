using System.Net;
using System.Text.RegularExpressions;
using Leadglass.Access;
using Leadglass.Access.Tests;
using Leadglass.Dicom;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Routing;
using TestInstance = Leadglass.Testing.RawDicom.TestInstance;

namespace Leadglass.Server.Tests.Web;

/// <summary>
/// Every role, program, viewer and share at every endpoint, with a study of one's own and a foreign one, over HTTPS on the
/// running server: every cell of two tables, what an endpoint demands and what somebody may.
/// </summary>
public sealed partial class RoleMatrixTests(WebArchive web) : IClassFixture<WebArchive>
{
    private const string Own = "2.25.99.81";
    private const string Foreign = "2.25.99.82";

    /// <summary>
    /// Method, route, what it demands (any: to be known), who else is heard there, and whether for every study only.
    /// </summary>
    private const string Demands = """
        GET / any
        GET /account any
        GET /account/passkeys any
        POST /account/passkeys any
        POST /account/passkeys/options any
        POST /account/passkeys/remove any
        GET /account/password any
        POST /account/password any
        GET /account/second-factor any
        POST /account/second-factor any
        POST /account/second-factor/codes any
        POST /account/sessions/end any
        POST /account/shares/end Share
        GET /admin Confirm
        GET /admin/clients Administer
        POST /admin/clients Administer
        POST /admin/clients/{client}/confirm Confirm
        POST /admin/clients/{client}/enabled Administer
        POST /admin/clients/{client}/secret Administer
        GET /admin/devices Administer
        POST /admin/devices/{device}/disable Administer
        GET /admin/edges Administer
        GET /admin/shares Administer
        POST /admin/shares/end Administer
        GET /admin/users Confirm
        POST /admin/users Administer
        GET /admin/users/{account} Confirm
        POST /admin/users/{account}/ask Administer
        POST /admin/users/{account}/confirm Confirm
        POST /admin/users/{account}/decline Confirm
        POST /admin/users/{account}/enabled Administer
        POST /admin/users/{account}/link Administer
        POST /admin/users/{account}/withdraw Administer
        POST /api/assignments Assign programs
        POST /api/assignments/search Assign programs
        DELETE /api/assignments/{id} Assign programs
        GET /api/changes Query programs everything
        GET /dicom-web any programs
        GET /dicom-web/instances Query programs viewer
        GET /dicom-web/series Query programs viewer
        GET /dicom-web/studies Query programs viewer
        POST /dicom-web/studies Store programs
        GET /dicom-web/studies/{study} Retrieve programs viewer
        POST /dicom-web/studies/{study} Store programs
        GET /dicom-web/studies/{study}/instances Query programs viewer
        GET /dicom-web/studies/{study}/metadata Retrieve programs viewer
        GET /dicom-web/studies/{study}/rendered Retrieve programs viewer
        GET /dicom-web/studies/{study}/series Query programs viewer
        GET /dicom-web/studies/{study}/series/{series} Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances Query programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances/{instance} Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/bulkdata/{**path} Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/{frames} Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/thumbnail Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/metadata Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/rendered Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/thumbnail Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/metadata Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/rendered Retrieve programs viewer
        GET /dicom-web/studies/{study}/series/{series}/thumbnail Retrieve programs viewer
        GET /dicom-web/studies/{study}/thumbnail Retrieve programs viewer
        GET /dicom-web/wado Retrieve programs viewer
        GET /emergency BreakGlass
        POST /emergency BreakGlass
        GET /health/ready Observe programs
        GET /metrics Observe programs
        GET /records ResolveConflict
        GET /records/conflicts ResolveConflict
        GET /records/conflicts/{content} ResolveConflict
        POST /records/conflicts/{content}/accept ResolveConflict
        POST /records/conflicts/{content}/discard ResolveConflict
        GET /records/corrections Correct
        GET /records/rejected Reject
        POST /records/rejected/restore Reject
        POST /search Query
        GET /studies/{study} Query
        POST /studies/{study}/assign Assign
        POST /studies/{study}/correct Correct
        POST /studies/{study}/reject Reject
        GET /studies/{study}/seen-by any
        GET /studies/{study}/series/{series} Query
        GET /studies/{study}/series/{series}/instances/{instance} Retrieve
        GET /studies/{study}/series/{series}/instances/{instance}/document Retrieve
        POST /studies/{study}/share Share
        POST /studies/{study}/unassign Assign
        GET /studies/{study}/viewer Retrieve
        GET /trail ReadTrail
        POST /trail ReadTrail
        GET /trail/emergency ReadTrail
        POST /trail/emergency ReadTrail
        GET /upload Store
        POST /upload/file Store
        GET /viewer/{**path} any viewer
        """;

    /// <summary>Who may what; a star after an operation: for the own study only.</summary>
    private static readonly Dictionary<string, string> Rights = new(StringComparer.Ordinal)
    {
        ["Radiologist"] = "Query Retrieve Store Assign Share",
        ["Technician"] = "Query Retrieve Store",
        ["Referrer"] = "Query* Retrieve* BreakGlass",
        ["Records"] = "Query Retrieve Reject Correct ResolveConflict Assign",
        ["Researcher"] = "",
        ["DataProtectionOfficer"] = "ReadTrail Confirm",
        ["Administrator"] = "Administer Confirm Observe",
        ["Radiologist in the viewer"] = "Query* Retrieve*",
        ["Referrer in the viewer"] = "Query* Retrieve*",
        ["Administrator in the viewer"] = "",
        ["program Read"] = "Query Retrieve",
        ["program Write"] = "Store",
        ["program Records"] = "Reject Correct Assign",
        ["program Observe"] = "Observe",
        ["program of one patient"] = "Query* Retrieve*",
    };

    public static TheoryData<string> Everybody => [.. Rights.Keys];

    [Fact]
    public void TheTableHoldsEveryEndpointAndEveryRole()
    {
        Assert.All(Enum.GetNames<Role>(), role => Assert.Contains(role, Rights.Keys));
        var routes = web
            .Archive.Server.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<StrangersWelcomeAttribute>() is null)
            .Select(endpoint => endpoint.RoutePattern.RawText!)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        Assert.Equal(
            routes,
            Rows().Select(row => row.Route).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task EveryCellIsAsTheTablesSay(string who)
    {
        await StoreAsync();
        using var caller = await MakeAsync(who);
        List<string> wrong = [];
        foreach (var row in Rows())
        {
            foreach (
                var study in row.Route.Contains("{study}", StringComparison.Ordinal) ? new[] { Own, Foreign } : [Own]
            )
            {
                var status = await caller.AskAsync(row, study);
                var expected = Expected(who, row, study);
                if (!expected.Contains(status))
                {
                    wrong.Add($"{row.Method} {row.Route} of {study}: {status}, not {string.Join(" or ", expected)}");
                }
            }
        }

        Assert.True(wrong.Count == 0, $"{who}:\n{string.Join('\n', wrong)}");
    }

    private static int[] Expected(string who, Row row, string study)
    {
        var isViewer = who.EndsWith("viewer", StringComparison.Ordinal);
        var isProgram = who.StartsWith("program", StringComparison.Ordinal);
        if ((isViewer && !row.HearsViewers) || (isProgram && !row.HearsPrograms))
        {
            // Here they are strangers, whatever is there; a browser's form without its token comes not even that far.
            return [401];
        }

        if (row.Demand == "any")
        {
            // Whoever is known; what they see there is theirs.
            return row.AsksPasswordAgain ? [401] : [200, 201, 204, 302, 303, 400, 403, 404];
        }

        var rights = Rights[who].Split(' ');
        if (!rights.Contains(row.Demand) && (row.IsOfEverything || !rights.Contains($"{row.Demand}*")))
        {
            return [403];
        }

        var isForeign = study == Foreign && rights.Contains($"{row.Demand}*");
        return isForeign && !row.LooksAtNoStudy
            ? row.IsSearch
                ? [200]
                : [404]
            : row.IsData
                ? [200, 501]
                : [200, 201, 204, 302, 303, 400, 404, 409, 415];
    }

    private static List<Row> Rows() =>
        [
            .. Demands
                .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' '))
                .Select(words => new Row(
                    words[0],
                    words[1],
                    words[2],
                    words.Contains("programs"),
                    words.Contains("viewer"),
                    words.Contains("everything")
                )),
        ];

    private async Task StoreAsync()
    {
        foreach (var study in new[] { 81, 82 })
        {
            await web.Program.StoreAsync(TestInstance.Numbered(study).ToRaw());
        }
    }

    private async Task<Caller> MakeAsync(string who)
    {
        var name = $"who-{Guid.NewGuid():N}";
        var own = new PatientKey("TEST-81", "");
        if (who.StartsWith("program", StringComparison.Ordinal))
        {
            var program = await WebProgram.RegisterAsync(
                web.Archive,
                Enum.TryParse<ProgramRights>(who.Split(' ')[1], out var rights) ? rights : ProgramRights.Read,
                name,
                who == "program of one patient" ? new DeviceScope { Patients = [own] } : null
            );
            return new Caller(program.Client, program, () => Task.FromResult<string?>(null));
        }

        var policy = web.Archive.Host.Policy;
        var role = Enum.Parse<Role>(who.Split(' ')[0]);
        var account = await policy.AddPersonAsync(name, [role]);
        if (role is Role.Referrer)
        {
            var assigner = await policy.PersonAsync($"{name}-r", Role.Radiologist);
            await policy.Registries.Assignments.AssignAsync(
                policy.Grant(assigner, Operation.Assign),
                own,
                account.Id,
                until: null,
                CancellationToken.None
            );
        }

        var client = WebProgram.ClientOf(web.Archive.Server.Https, certificate: null);
        return new Caller(
            client,
            client,
            who.EndsWith("viewer", StringComparison.Ordinal) ? () => ViewerAsync(account) : () => SessionAsync(account)
        );
    }

    private async Task<string?> SessionAsync(Account account) =>
        $"{BrowserCookies.Session}={(await OpenAsync(account)).Secret}";

    private async Task<string?> ViewerAsync(Account account)
    {
        var sessions = web.Archive.Host.Registries.Sessions;
        var viewer = await sessions.OpenViewerAsync((await OpenAsync(account)).Session, CancellationToken.None);
        await sessions.OpenStudyAsync(viewer.Session.Id, StudyInstanceUid.Parse(Own), CancellationToken.None);
        return $"{BrowserCookies.Viewer}={viewer.Secret}";
    }

    private ValueTask<MadeSession> OpenAsync(Account account) =>
        web.Archive.Host.Registries.Sessions.OpenAsync(
            account,
            new SessionOpening(SignInMethod.PasswordAndCode),
            CancellationToken.None
        );

    private sealed partial record Row(
        string Method,
        string Route,
        string Demand,
        bool HearsPrograms,
        bool HearsViewers,
        bool IsOfEverything
    )
    {
        /// <summary>
        /// Places that are kept answer 501, and the viewer opens whatever it is told to: reading in it is refused.
        /// </summary>
        public bool LooksAtNoStudy =>
            Route.EndsWith("/rendered", StringComparison.Ordinal)
            || Route.EndsWith("/thumbnail", StringComparison.Ordinal)
            || Route == "/studies/{study}/viewer";

        /// <summary>What changes how somebody signs in wants the password, which these forms lack.</summary>
        public bool AsksPasswordAgain =>
            Method == "POST"
            && Route
                is "/account/passkeys"
                    or "/account/passkeys/options"
                    or "/account/passkeys/remove"
                    or "/account/password"
                    or "/account/second-factor"
                    or "/account/second-factor/codes";

        public bool IsSearch => Route.StartsWith("/dicom-web", StringComparison.Ordinal) && Demand == "Query";

        /// <summary>Of a study that is there: nothing else than an answer will do.</summary>
        public bool IsData =>
            Method == "GET"
            && Route.StartsWith("/dicom-web/studies", StringComparison.Ordinal)
            && Demand is "Query" or "Retrieve";

        public string PathOf(string study) =>
            Route
                .Replace("/viewer/{**path}", "/viewer/app-config.js", StringComparison.Ordinal)
                .Replace("{**path}", "7FE00010", StringComparison.Ordinal)
                .Replace("{study}", study, StringComparison.Ordinal)
                .Replace("{series}", $"{study}.1", StringComparison.Ordinal)
                .Replace("{instance}", $"{study}.1.1", StringComparison.Ordinal)
                .Replace("{frames}", "1", StringComparison.Ordinal)
                is var path
                ? Rest().Replace(path, "1.2.3")
                : "";

        [GeneratedRegex(@"\{[^}]*\}", RegexOptions.None, 1000)]
        private static partial Regex Rest();
    }

    /// <summary>Somebody who asks; cookies are made anew before each form, since a form may end the session.</summary>
    private sealed partial class Caller(HttpClient client, IDisposable owned, Func<Task<string?>> signIn) : IDisposable
    {
        private string? _cookies;
        private string? _token;

        public async Task<int> AskAsync(Row row, string study)
        {
            var isForm = row.Method != "GET";
            if (_cookies is null || isForm)
            {
                _cookies = await signIn();
                _token =
                    _cookies?.StartsWith($"{BrowserCookies.Session}=", StringComparison.Ordinal) == true
                        ? await TokenAsync()
                        : null;
            }

            using var request = new HttpRequestMessage(
                new HttpMethod(row.Method),
                new Uri(row.PathOf(study), UriKind.Relative)
            );
            Add(request);
            if (row.Method == "POST")
            {
                request.Content = row.HearsPrograms
                    ? new ByteArrayContent([])
                    : new FormUrlEncodedContent([KeyValuePair.Create("form-token", _token ?? "")]);
            }

            using var answer = await client.SendAsync(request);
            if (study == Foreign && answer.StatusCode is HttpStatusCode.NotFound)
            {
                Assert.DoesNotContain("TEST-82", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }

            return (int)answer.StatusCode;
        }

        public void Dispose() => owned.Dispose();

        private void Add(HttpRequestMessage request)
        {
            if (_cookies is not null)
            {
                request.Headers.Add("Cookie", _cookies);
            }

            if (_token is not null)
            {
                request.Headers.Add("X-Leadglass-Form", _token);
            }
        }

        private async Task<string> TokenAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/account", UriKind.Relative));
            request.Headers.Add("Accept", "text/html");
            request.Headers.Add("Cookie", _cookies);
            using var answer = await client.SendAsync(request);
            var page = await answer.Content.ReadAsStringAsync();
            foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
            {
                _cookies += $"; {cookie.Split(';')[0]}";
            }

            var token = Token().Match(page);
            Assert.True(token.Success, $"no form on the page of the account: {answer.StatusCode}");
            return WebUtility.HtmlDecode(token.Groups["token"].Value);
        }

        [GeneratedRegex("name=\"form-token\"[^>]*value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
        private static partial Regex Token();
    }
}
