using System.Net;
using System.Net.Http.Headers;
using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Sealing;
using Leadglass.Server.Tests.Web;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>What of refused attempts stands in the trail.</summary>
public sealed class SignInTrailTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    [Fact]
    public async Task OtherSitesDeadLinksAndForgedTokensAreNoted()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("visited"));
        await browser.GetAsync("/account", ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"));
        using var stranger = people.Open();
        await stranger.SubmitAsync("/signin/link", null, ("secret", AccessSecret.Create()));
        using var program = WebProgram.ClientOf(people.Archive.Server.Https, certificate: null);
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AccessSecret.Create());
        using var answer = await program.GetAsync(
            new Uri("/dicom-web/studies", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);

        var refused = (await TrailAsync()).Select(one => (one.Who, one.Refusal)).ToList();
        Assert.Contains(("person:visited", RefusalReason.CrossSite), refused);
        Assert.Contains(("stranger", RefusalReason.LinkExpired), refused);
        Assert.Contains(("stranger", RefusalReason.TokenInvalid), refused);
    }

    private async Task<List<TrailEvent>> TrailAsync()
    {
        var host = people.Archive.Host;
        await host.Trail.PrepareReadingAsync("test", CancellationToken.None);
        var reader = new TrailReader(DurableFolder.Open(people.Archive.Folder.Trail), host.Master);
        return [.. reader.Read(DateTimeOffset.MinValue).Select(entry => entry.Event)];
    }
}
