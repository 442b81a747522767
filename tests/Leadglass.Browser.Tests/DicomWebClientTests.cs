using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Leadglass.Testing.Processes;

namespace Leadglass.Browser.Tests;

/// <summary>npm's dicomweb-client, which most web viewers are built on, in node: it stores, searches and reads.</summary>
public sealed class DicomWebClientTests(ServedArchive served)
{
    private const int Slices = 4;
    private const string Study = "2.25.7552.1";

    private static IReadOnlyList<TestImage> Images { get; } =
    [
        .. Enumerable
            .Range(1, Slices)
            .Select(number => new TestImage
            {
                PatientName = "ÖLSNER-PHANTOM^JÖRG",
                PatientId = "BRW-20",
                StudyUid = Study,
                Modality = "CT",
                Number = number,
                Rows = 64,
                Columns = 48,
            }),
    ];

    [Fact]
    public async Task Stores_searches_and_reads_what_it_stored()
    {
        using var scratch = new ScratchFolder("dicomweb-client");
        foreach (var image in Images)
        {
            await File.WriteAllBytesAsync(
                scratch.File($"{image.Number}.dcm"),
                image.ToFile(),
                TestContext.Current.CancellationToken
            );
        }

        var (id, secret) = await served.AddProgramAsync("viewer-program", "read,write");
        var findings = await RunAsync(
            new JsonObject
            {
                ["origin"] = served.Origin,
                ["authority"] = served.AuthorityPath,
                ["modules"] = ServedArchive.NodeModules,
                ["clientId"] = id,
                ["clientSecret"] = secret,
                ["study"] = Study,
                ["name"] = "oelsner*",
                ["files"] = new JsonArray([.. Images.Select(image => (JsonNode)scratch.File($"{image.Number}.dcm"))]),
            }
        );

        Assert.Equal(Slices, findings["storeResponse"]!["00081199"]!["Value"]!.AsArray().Count);
        var found = Assert.Single(findings["byName"]!.AsArray());
        Assert.Equal(Study, Value(found, "0020000D"));
        Assert.Equal("ÖLSNER-PHANTOM^JÖRG", (string?)found!["00100010"]!["Value"]![0]!["Alphabetic"]);
        Assert.Empty(findings["byUnknownName"]!.AsArray());
        Assert.Equal($"{Study}.1", Value(Assert.Single(findings["series"]!.AsArray()), "0020000E"));
        Assert.Equal(2, findings["instances"]!.AsArray().Count);
        foreach (var count in (string[])["studyMetadata", "seriesMetadata", "seriesParts", "studyParts"])
        {
            Assert.Equal(Slices, (int)findings[count]!);
        }

        Assert.Equal(64, (int)findings["instanceMetadata"]![0]!["00280010"]!["Value"]![0]!);
        Assert.Equal(Digest(Images[1]), (string?)findings["frame"]);
        Assert.Equal(Digest(Images[0]), (string?)findings["bulkData"]);
        Assert.True((int)findings["instanceLength"]! > 64 * 48 * 2);
        Assert.Equal(401, (int)findings["refused"]!);
    }

    private static async Task<JsonNode> RunAsync(JsonObject order)
    {
        var result = await Tool.RunAsync(
            "node",
            [ServedArchive.PeerScript("dicomweb-client.mjs")],
            input: order.ToJsonString()
        );
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonNode.Parse(result.Output)!;
    }

    /// <summary>The pixel data is the file's last element.</summary>
    private static string Digest(TestImage image) =>
        Convert.ToHexStringLower(SHA256.HashData(image.ToFile().AsSpan()[^(image.Rows * image.Columns * 2)..]));

    private static string? Value(JsonNode? match, string tag) => (string?)match![tag]!["Value"]![0];
}
