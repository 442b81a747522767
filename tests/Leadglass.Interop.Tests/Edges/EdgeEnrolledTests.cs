using System.Text.Json;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>What whoever runs the archive sets and sees of an edge while both run.</summary>
[Collection(nameof(EdgeFixture))]
public sealed class EdgeEnrolledTests(EdgeFixture fixture)
{
    private const uint InstitutionName = 0x00080080;
    private const uint StationName = 0x00081010;

    private EdgeProcess Edge => fixture.Edge;

    [Fact]
    public async Task Coercion_rules_set_two_attributes_and_leave_every_other_byte()
    {
        await HereAsync(
            "device",
            "add",
            "CT9",
            "--ae",
            "CT9",
            "--behind",
            Edge.Name,
            "--from",
            "127.0.0.1",
            "--institution",
            "Test Clinic",
            "--station",
            "ROOM 9"
        );
        var instance = TestInstance.Numbered(911).ToRaw();
        await using (var association = await ConnectWhenListedAsync("CT9", ArchivePeer.Contexts([instance])))
        {
            Assert.Equal(0, await association.StoreAsync(instance));
            await association.ReleaseAsync();
        }

        await Edge.DrainAsync();
        var got = await fixture.GetDirectlyAsync(instance, ArchivePeer.StudyKey("2.25.99.911"));
        var stored = Assert.Single(got.Instances).DataSet;
        var texts = RawElements.Texts(stored, isExplicit: true);
        Assert.Equal("Test Clinic", texts[InstitutionName].Trim());
        Assert.Equal("ROOM 9", texts[StationName].Trim());
        Assert.Equal(Others(instance.DataSet), Others(stored));
        var trail = await HereAsync("trail", "--json");
        Assert.Contains("coercion rule", trail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_waits_at_a_disabled_edge_goes_on_when_it_is_enabled()
    {
        var instance = TestInstance.Numbered(912).ToRaw();
        await HereAsync("device", "disable", Edge.Name);
        try
        {
            await fixture.StoreAsync([instance]);
            Assert.NotEmpty(Edge.Queue);
            Assert.Contains("disabled", await HereAsync("device", "list"), StringComparison.Ordinal);
        }
        finally
        {
            await HereAsync("device", "enable", Edge.Name);
        }

        await Edge.DrainAsync();
        var got = await fixture.GetDirectlyAsync(instance, ArchivePeer.StudyKey("2.25.99.912"));
        Assert.Equal(instance.DataSet, Assert.Single(got.Instances).DataSet);
        using var list = JsonDocument.Parse(await HereAsync("device", "list", "--json"));
        var edge = list
            .RootElement.GetProperty("devices")
            .EnumerateArray()
            .Single(device => device.GetProperty("name").GetString() == Edge.Name);
        Assert.True(edge.GetProperty("isEdge").GetBoolean());
        Assert.NotEqual(default, edge.GetProperty("lastReport").GetProperty("lastContact").GetDateTimeOffset());
    }

    private async Task<RawAssociation> ConnectWhenListedAsync(string title, IReadOnlyList<RawContext> contexts)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                return await Edge.ConnectAsync(title, contexts);
            }
            catch (Exception refused) when (refused is RawRejectedException or IOException)
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }

    private async Task<string> HereAsync(params string[] arguments)
    {
        var result = await fixture.Archive.RunHereAsync(arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }

    /// <summary>Each outermost element but the two, as its bytes.</summary>
    private static List<string> Others(byte[] dataSet) =>
        [
            .. RawElements
                .Walk(dataSet, isExplicit: true)
                .Where(element => element.Tag is not (InstitutionName or StationName))
                .Select(element =>
                    $"{element.Tag:X8} {Convert.ToHexString(dataSet.AsSpan(element.ValueOffset, element.ValueLength))}"
                ),
        ];
}
