using Leadglass.Server.Pages;
using Leadglass.Server.Pages.Rendering;

namespace Leadglass.Server.Tests.Pages;

public sealed class PageResponseTests
{
    private static readonly Visitor Somebody = new("Somebody", _ => true);

    [Theory]
    [InlineData("de-DE,de;q=0.9,en;q=0.8", "de", "Nicht gefunden")]
    [InlineData("fr, en;q=0.5, de;q=0.4", "en", "Not found")]
    [InlineData("", "en", "Not found")]
    public async Task APageSpeaksTheLanguageOfTheBrowser(string accepted, string language, string heading)
    {
        var page = await RenderedPage.OfAsync<ErrorPage>(
            Somebody,
            ask: request => request.Headers.AcceptLanguage = accepted
        );
        Assert.Equal(language, page.Document.DocumentElement.GetAttribute("lang"));
        Assert.Equal(heading, page.Text("h1"));
    }

    [Fact]
    public async Task AChoiceOfLanguageAndBrightnessWinsOverTheBrowser()
    {
        var page = await RenderedPage.OfAsync<ErrorPage>(
            Somebody,
            ask: request =>
            {
                request.Headers.AcceptLanguage = "en";
                request.Headers.Cookie = $"{PagePreferences.CookieName}=de.dark";
            }
        );
        Assert.Equal("de", page.Document.DocumentElement.GetAttribute("lang"));
        Assert.Equal("dark", page.Document.DocumentElement.GetAttribute("data-theme"));
    }

    /// <summary>The policy without unsafe-inline would leave such a thing dead: none may be there.</summary>
    [Fact]
    public async Task APageHasNoInlineScriptAndNoInlineStyle()
    {
        foreach (var visitor in new[] { null, Somebody })
        {
            var page = await RenderedPage.OfAsync<ErrorPage>(visitor);
            Assert.DoesNotContain(
                "unsafe",
                page.Response.Headers.ContentSecurityPolicy.ToString(),
                StringComparison.Ordinal
            );
            Assert.All(page.Document.Scripts, script => Assert.Equal("", script.TextContent));
            Assert.Empty(page.Document.QuerySelectorAll("style, [style]"));
            Assert.DoesNotContain(
                page.Document.All.SelectMany(element => element.Attributes),
                attribute => attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase)
            );
        }
    }

    [Fact]
    public void EveryAssetThatTheStyleSheetsNameIsServed()
    {
        var assets = new PageAssets();
        Assert.Contains(assets["plex-sans-latin.woff2"], assets.Paths);
        Assert.Matches("^/assets/leadglass\\.[0-9a-f]{16}\\.css$", assets["leadglass.css"]);
    }

    [Theory]
    [InlineData("/account", true)]
    [InlineData("/", true)]
    [InlineData("//elsewhere.example", false)]
    [InlineData("/\\elsewhere.example", false)]
    [InlineData("https://elsewhere.example", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("/a\r\nLocation: https://elsewhere.example", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void AWayBackLeadsToNoOtherHost(string? path, bool isLocal) =>
        Assert.Equal(isLocal, LocalPath.IsLocal(path));

    [Fact]
    public void TextThatDeceivesTheEyeIsShownAsWhatItIs()
    {
        Assert.Equal("a�b�c d", SafeText.Line("a\u202Eb\u0000c\nd"));
        Assert.Equal("Müller", SafeText.Line("Mü\u00ADller\u200E"));
        Assert.Equal("a\nb", SafeText.Lines("a\r\nb"));
        Assert.Equal(4097, SafeText.Line(new string('x', 9000)).Length);
    }
}
