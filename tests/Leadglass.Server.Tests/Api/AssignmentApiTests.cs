using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Server.Tests.Web;

namespace Leadglass.Server.Tests.Api;

/// <summary>The hospital's system says whose patient somebody is, and the referrer sees them from then on.</summary>
public sealed class AssignmentApiTests(WebArchive web) : IClassFixture<WebArchive>
{
    private static readonly StudyFacts Study = new()
    {
        Study = StudyInstanceUid.Parse("1.2.3.4"),
        Patient = new PatientKey("ASSIGNED-1", "WARD"),
    };

    [Fact]
    public async Task AnAssignedPatientIsSeenUntilTheAssignmentIsTakenBack()
    {
        var referrer = await ReferrerAsync("referrer1");
        using var program = await WebProgram.RegisterAsync(web.Archive, ProgramRights.Records, "ris1");
        var grant = Granted(referrer, Operation.Query);
        Assert.False(grant.Covers(Study));

        using var made = await PostAsync(
            program,
            new
            {
                account = "Referrer1",
                patientId = "ASSIGNED-1",
                issuer = "WARD",
            }
        );
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.True(grant.Covers(Study));
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();

        using var listed = await PostAsync(program, new { account = "referrer1" }, "/search");
        var known = (await listed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("assignments");
        Assert.Equal("ASSIGNED-1", Assert.Single(known.EnumerateArray()).GetProperty("patientId").GetString());

        using var gone = await program.GetAsync($"/api/assignments/{id}", method: "DELETE");
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.False(grant.Covers(Study));
        using var again = await program.GetAsync($"/api/assignments/{id}", method: "DELETE");
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Fact]
    public async Task AStudyAloneIsAssigned()
    {
        var referrer = await ReferrerAsync("referrer2");
        using var program = await WebProgram.RegisterAsync(web.Archive, ProgramRights.Records, "ris2");
        using var made = await PostAsync(program, new { account = "referrer2", study = "1.2.3.4" });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var grant = Granted(referrer, Operation.Query);
        Assert.True(grant.Covers(Study));
        Assert.False(grant.Covers(Study with { Study = StudyInstanceUid.Parse("1.2.3.5") }));
    }

    [Fact]
    public async Task AProgramForSomePatientsAssignsNobodyElse()
    {
        await ReferrerAsync("referrer3");
        using var narrow = await WebProgram.RegisterAsync(
            web.Archive,
            ProgramRights.Records,
            "ris3",
            new DeviceScope { Patients = [new PatientKey("MINE", "")] }
        );
        using var mine = await PostAsync(narrow, new { account = "referrer3", patientId = "MINE" });
        using var other = await PostAsync(narrow, new { account = "referrer3", patientId = "ASSIGNED-1" });
        using var study = await PostAsync(narrow, new { account = "referrer3", study = "1.2.3.4" });
        Assert.Equal(
            [HttpStatusCode.Created, HttpStatusCode.NotFound, HttpStatusCode.NotFound],
            [mine.StatusCode, other.StatusCode, study.StatusCode]
        );
    }

    [Fact]
    public async Task WithoutTheRightNothingIsAssignedListedOrTakenBack()
    {
        await ReferrerAsync("referrer4");
        using var made = await PostAsync(web.Program, new { account = "referrer4", patientId = "ASSIGNED-1" });
        using var listed = await PostAsync(web.Program, new { account = "referrer4" }, "/search");
        using var gone = await web.Program.GetAsync("/api/assignments/0", method: "DELETE");
        Assert.All([made, listed, gone], answer => Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"account\":\"nobody\",\"patientId\":\"SECRET-7\"}")]
    [InlineData("{\"account\":\"referrer5\"}")]
    [InlineData("{\"account\":\"referrer5\",\"patientId\":\"SECRET-7\",\"study\":\"1.2\"}")]
    [InlineData("{\"account\":\"referrer5\",\"patientId\":\"\"}")]
    [InlineData("{\"account\":\"referrer5\",\"study\":\"SECRET-7\"}")]
    [InlineData("{\"account\":\"referrer5\",\"patientId\":\"SECRET-7\",\"until\":\"soon\"}")]
    [InlineData("{\"account\":\"referrer5\",\"patientId\":\"SECRET-7\",\"roles\":[\"Radiologist\"]}")]
    [InlineData("{\"account\":{\"account\":{\"account\":{\"account\":{}}}}}")]
    [InlineData("SECRET-7")]
    public async Task WhatIsNotUnderstoodIsRefusedWithoutRepeatingIt(string body)
    {
        using var program = await WebProgram.RegisterAsync(
            web.Archive,
            ProgramRights.Records,
            $"ris{Guid.NewGuid():N}"
        );
        if (web.Archive.Host.Registries.People.Current.FindByName("referrer5") is null)
        {
            await ReferrerAsync("referrer5");
        }
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await program.Client.PostAsync(new Uri("/api/assignments", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain("SECRET", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALongBodyAndAnotherTypeAreRefused()
    {
        using var program = await WebProgram.RegisterAsync(web.Archive, ProgramRights.Records, "ris6");
        using var text = new StringContent("{}", Encoding.UTF8, "text/plain");
        using var typed = await program.Client.PostAsync(new Uri("/api/assignments", UriKind.Relative), text);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, typed.StatusCode);
        using var longBody = new StringContent(new string(' ', 17 * 1024), Encoding.UTF8, "application/json");
        using var refused = await program.Client.PostAsync(new Uri("/api/assignments", UriKind.Relative), longBody);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
    }

    private static async Task<HttpResponseMessage> PostAsync(WebProgram program, object body, string below = "")
    {
        using var content = JsonContent.Create(body);
        return await program.Client.PostAsync(new Uri("/api/assignments" + below, UriKind.Relative), content);
    }

    private AccessGrant Granted(Identity identity, Operation operation) =>
        Assert.IsType<AccessDecision.Granted>(web.Archive.Host.Policy.Decide(identity, operation)).Grant;

    private async Task<PersonIdentity> ReferrerAsync(string name)
    {
        var (registries, root) = (web.Archive.Host.Registries, AccessPolicy.Operator("root", isRoot: true));
        var account = await registries.Appointments.AddAsync(
            Granted(root, Operation.Administer),
            new Account { Id = Account.NewId(), Name = name },
            [Role.Referrer],
            [],
            CancellationToken.None
        );
        account = await registries.Appointments.ConfirmAsync(
            Granted(root, Operation.Confirm),
            account.Id,
            account.Pending[0].Id,
            CancellationToken.None
        );
        var session = await registries.Sessions.OpenAsync(
            account,
            new SessionOpening(SignInMethod.Passkey),
            CancellationToken.None
        );
        return Assert.IsType<PersonIdentity>(
            Assert
                .IsType<Recognition.Known>(
                    web.Archive.Host.Policy.Recognise(session.Secret, SessionKind.Pages, address: null)
                )
                .Identity
        );
    }
}
