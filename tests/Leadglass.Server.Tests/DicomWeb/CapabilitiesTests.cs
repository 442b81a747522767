using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using Leadglass.Server.Tests.Web;
using TestInstance = Leadglass.Testing.RawDicom.TestInstance;

namespace Leadglass.Server.Tests.DicomWeb;

/// <summary>What the archive says of itself, and what it says of what changed.</summary>
public sealed class CapabilitiesTests(WebArchive web) : IClassFixture<WebArchive>
{
    [Fact]
    public async Task TheCapabilitiesAreWadl()
    {
        using var answer = await web.Program.GetAsync("/dicom-web", accept: null, "OPTIONS");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/vnd.sun.wadl+xml", answer.Content.Headers.ContentType?.MediaType);
        var document = XDocument.Parse(await answer.Content.ReadAsStringAsync());
        var paths = document
            .Descendants()
            .Where(element => element.Name.LocalName == "resource")
            .ToDictionary(
                element => element.Attribute("path")!.Value,
                element => element.Elements().Where(child => child.Name.LocalName == "method").ToList()
            );
        Assert.Contains("studies/{study}/series/{series}/instances/{instance}/frames/{frames}", paths.Keys);
        Assert.Contains("studies/{study}/metadata", paths.Keys);
        Assert.Contains(paths["studies"], method => method.Attribute("name")!.Value == "POST");
        Assert.DoesNotContain(paths.Keys, path => path.EndsWith("rendered", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheCapabilitiesAreJsonWhereThatIsWanted()
    {
        using var answer = await web.Program.GetAsync("/dicom-web", "application/json");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        Assert.Contains(
            json.RootElement.GetProperty("resources").EnumerateArray(),
            resource => resource.GetProperty("path").GetString() == "studies"
        );
        using var neither = await web.Program.GetAsync("/dicom-web", "image/png");
        Assert.Equal(HttpStatusCode.NotAcceptable, neither.StatusCode);
    }

    [Fact]
    public async Task AConsumerFollowsTheChangesFromWhereItWas()
    {
        var start = await EndAsync();
        await web.Program.StoreAsync(TestInstance.Numbered(31).ToRaw());
        var (first, position, _) = await ReadAsync($"after={start}&limit=10");
        var change = Assert.Single(first);
        Assert.Equal("added", change.GetProperty("kind").GetString());
        Assert.Equal("2.25.99.31", change.GetProperty("study").GetString());
        Assert.Equal("2.25.99.31.1.1", change.GetProperty("instances")[0].GetProperty("instance").GetString());
        Assert.Empty((await ReadAsync($"after={position}")).Changes);
        await web.Program.StoreAsync(TestInstance.Numbered(32, 1, 1).ToRaw(), TestInstance.Numbered(32, 1, 2).ToRaw());
        var (one, between, more) = await ReadAsync($"after={position}&limit=1");
        Assert.Single(one);
        Assert.True(more);
        Assert.Single((await ReadAsync($"after={between}&limit=1000")).Changes);
    }

    [Theory]
    [InlineData("after=nonsense")]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("limit=-1")]
    [InlineData("limit=1&limit=2")]
    public async Task WhatIsNoPositionOrLimitIsRefused(string query)
    {
        using var answer = await web.Program.GetAsync($"/api/changes?{query}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private async Task<string> EndAsync()
    {
        var (position, more) = ("", true);
        while (more)
        {
            (_, position, more) = await ReadAsync($"after={position}&limit=1000");
        }

        return position;
    }

    private async Task<(JsonElement[] Changes, string Position, bool More)> ReadAsync(string query)
    {
        using var answer = await web.Program.GetAsync($"/api/changes?{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        var root = json.RootElement.Clone();
        return (
            [.. root.GetProperty("changes").EnumerateArray()],
            root.GetProperty("position").GetString()!,
            root.GetProperty("more").GetBoolean()
        );
    }
}
