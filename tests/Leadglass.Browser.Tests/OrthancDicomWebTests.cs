using System.Text.Json.Nodes;
using Leadglass.Testing.Processes;

namespace Leadglass.Browser.Tests;

/// <summary>Orthanc's DICOMweb plug-in as a program of the hospital: it searches here, pulls from here and pushes to here.</summary>
public sealed class OrthancDicomWebTests(ServedArchive served)
{
    private const string Study = "2.25.7553.1";

    private static TestImage Image { get; } =
        new()
        {
            PatientName = "GRÜN-PHANTOM^ÉMILE",
            PatientId = "BRW-30",
            StudyUid = Study,
            Modality = "CT",
            Rows = 80,
            Columns = 64,
        };

    [Fact]
    public async Task Searches_pulls_and_pushes()
    {
        var token = await served.GetTokenAsync("orthanc", "read,write");
        await using var orthanc = await OrthancProcess.StartAsync(null, [], further: Configuration(token));
        using var scratch = new ScratchFolder("orthanc-push");
        await File.WriteAllBytesAsync(scratch.File("image.dcm"), Image.ToFile(), TestContext.Current.CancellationToken);

        var added = await orthanc.AddAsync(scratch.File("image.dcm"));
        await orthanc.PostAsync(
            "dicom-web/servers/leadglass/stow",
            new JsonObject { ["Resources"] = new JsonArray((string)added["ID"]!), ["Synchronous"] = true }
        );
        var found = await orthanc.PostAsync(
            "dicom-web/servers/leadglass/qido",
            new JsonObject
            {
                ["Uri"] = "/studies",
                ["Arguments"] = new JsonObject { ["PatientName"] = "gruen-phantom*", ["00081030"] = "" },
            }
        );
        Assert.Equal(Study, (string?)Assert.Single(found.AsArray())!["0020000D"]!["Value"]);

        await RetrieveAsync(orthanc, TestImages.Head[0].StudyUid);
        var pulled = (await orthanc.ReadAsync("instances")).AsArray();
        Assert.Equal(TestImages.Slices + 1, pulled.Count);
        foreach (var slice in TestImages.Head)
        {
            var id = await FindAsync(orthanc, slice.SopInstanceUid);
            Assert.Equal(Pixels(slice.ToFile(), slice), Pixels(await orthanc.ReadFileAsync(id), slice));
        }
    }

    [Fact]
    public async Task A_wrong_token_gets_nothing()
    {
        await using var orthanc = await OrthancProcess.StartAsync(null, [], further: Configuration("wrong"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => RetrieveAsync(orthanc, TestImages.Head[0].StudyUid));
        Assert.Empty((await orthanc.ReadAsync("instances")).AsArray());
    }

    private static Task<JsonNode> RetrieveAsync(OrthancProcess orthanc, string study) =>
        orthanc.PostAsync(
            "dicom-web/servers/leadglass/retrieve",
            new JsonObject
            {
                ["Resources"] = new JsonArray(new JsonObject { ["Study"] = study }),
                ["Synchronous"] = true,
            }
        );

    private static async Task<string> FindAsync(OrthancProcess orthanc, string sopInstanceUid)
    {
        var found = await orthanc.PostAsync(
            "tools/find",
            new JsonObject
            {
                ["Level"] = "Instance",
                ["Query"] = new JsonObject { ["SOPInstanceUID"] = sopInstanceUid },
            }
        );
        return (string)Assert.Single(found.AsArray())!;
    }

    /// <summary>The pixel data is the last element of these files.</summary>
    private static byte[] Pixels(byte[] file, TestImage image) => file[^(image.Rows * image.Columns * 2)..];

    private JsonObject Configuration(string token) =>
        new()
        {
            ["Plugins"] = new JsonArray(OrthancProcess.DicomWebPlugin),
            ["HttpsVerifyPeers"] = true,
            ["HttpsCACertificates"] = served.AuthorityPath,
            ["DicomWeb"] = new JsonObject
            {
                ["Enable"] = true,
                ["Root"] = "/dicom-web/",
                ["Servers"] = new JsonObject
                {
                    ["leadglass"] = new JsonObject
                    {
                        ["Url"] = $"{served.Origin}/dicom-web/",
                        ["HttpHeaders"] = new JsonObject { ["Authorization"] = $"Bearer {token}" },
                        ["HasDelete"] = false,
                        ["ChunkedTransfers"] = true,
                    },
                },
            },
        };
}
