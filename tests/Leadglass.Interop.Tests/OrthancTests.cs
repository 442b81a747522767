using System.Text.Json.Nodes;
using Leadglass.Testing;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>An archive and an Orthanc that know each other over TLS.</summary>
public sealed class OrthancPair : IAsyncLifetime
{
    private readonly ArchiveFixture fixture = new();
    private OrthancProcess? orthanc;

    public ArchiveFixture Fixture => fixture;

    public OrthancProcess Orthanc => orthanc ?? throw new InvalidOperationException("not started");

    public async ValueTask InitializeAsync()
    {
        await fixture.InitializeAsync();
        var port = FreePort.Next();
        var device = await fixture.Archive.EnrolAsync(
            "orthanc",
            "ORTHANC",
            "store,query,retrieve",
            "--address",
            $"127.0.0.1:{port}"
        );
        orthanc = await OrthancProcess.StartAsync(
            device,
            [new OrthancModality("archive", "LEADGLASS", fixture.Archive.Host, fixture.Archive.DicomPort, IsTls: true)],
            port
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (orthanc is not null)
        {
            await orthanc.DisposeAsync();
        }

        await fixture.DisposeAsync();
    }
}

/// <summary>Orthanc as a peer, both ways, through its own TLS.</summary>
public sealed class OrthancTests(OrthancPair pair) : IClassFixture<OrthancPair>
{
    private OrthancProcess Orthanc => pair.Orthanc;

    private ArchiveProcess Archive => pair.Fixture.Archive;

    [Fact]
    public async Task Orthanc_verifies_the_archive()
    {
        await Orthanc.PostAsync("modalities/archive/echo", new JsonObject());
    }

    [Fact]
    public async Task What_Orthanc_stores_is_found_and_brought_back_to_it()
    {
        var file = Sample();
        var added = await Orthanc.AddAsync(file.Path);
        var instance = added["ID"]!.GetValue<string>();
        var before = await Orthanc.ReadFileAsync(instance);
        await Orthanc.PostAsync("modalities/archive/store", JsonValue.Create(instance));

        var query = await Orthanc.PostAsync(
            "modalities/archive/query",
            new JsonObject
            {
                ["Level"] = "Study",
                ["Query"] = new JsonObject { ["StudyInstanceUID"] = file.StudyInstanceUid, ["PatientName"] = "" },
            }
        );
        var id = query["ID"]!.GetValue<string>();
        Assert.Single((await Orthanc.ReadAsync($"queries/{id}/answers")).AsArray());

        await Orthanc.DeleteAsync($"instances/{instance}");
        await RetrieveAsync(id);
        var after = await Orthanc.ReadFileAsync(instance);
        Assert.Equal(DataSet(before), DataSet(after));
    }

    [Fact]
    public async Task The_archive_moves_to_Orthanc_what_a_scanner_stored()
    {
        var sent = TestInstance.Numbered(601).ToRaw();
        await pair.Fixture.StoreAsync(pair.Fixture.Scanner, sent);
        var query = await Orthanc.PostAsync(
            "modalities/archive/query",
            new JsonObject
            {
                ["Level"] = "Study",
                ["Query"] = new JsonObject { ["StudyInstanceUID"] = "2.25.99.601" },
            }
        );
        await RetrieveAsync(query["ID"]!.GetValue<string>());
        var found = await Orthanc.PostAsync(
            "tools/find",
            new JsonObject
            {
                ["Level"] = "Instance",
                ["Query"] = new JsonObject { ["SOPInstanceUID"] = sent.SopInstanceUid },
            }
        );
        var instance = Assert.Single(found.AsArray())!.GetValue<string>();
        Assert.Equal(sent.DataSet, DataSet(await Orthanc.ReadFileAsync(instance)));
    }

    [Fact]
    public async Task Orthanc_is_told_that_its_instances_are_safe()
    {
        var sent = TestInstance.Numbered(602).ToRaw();
        await pair.Fixture.StoreAsync(pair.Fixture.Scanner, sent);
        var asked = await Orthanc.PostAsync(
            "modalities/archive/storage-commitment",
            new JsonObject
            {
                ["DicomInstances"] = new JsonArray(
                    new JsonObject { ["SOPClassUID"] = sent.SopClassUid, ["SOPInstanceUID"] = sent.SopInstanceUid }
                ),
            }
        );
        var path = asked["Path"]!.GetValue<string>().TrimStart('/');
        using var timer = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var report = await Orthanc.ReadAsync(path);
            var status = report["Status"]!.GetValue<string>();
            if (status != "Pending")
            {
                Assert.True(status == "Success", $"{report}\n{Archive.Log}");
                return;
            }

            await Task.Delay(50, timer.Token);
        }
    }

    private Task<JsonNode> RetrieveAsync(string query) =>
        Orthanc.PostAsync(
            $"queries/{query}/retrieve",
            new JsonObject { ["TargetAet"] = "ORTHANC", ["Synchronous"] = true }
        );

    private static RawFile Sample()
    {
        if (SharedData.Root is null)
        {
            Assert.Skip(SharedData.Absent);
        }

        return RawFile.TryRead(
            Path.Combine(SharedData.Root, "ImagingDataCommons+highdicom", "data", "test_files", "ct_image.dcm")
        )!;
    }

    private static byte[] DataSet(byte[] file)
    {
        using var scratch = new ScratchFolder("orthanc-file");
        File.WriteAllBytes(scratch.File("instance.dcm"), file);
        var bytes = RawFile.TryRead(scratch.File("instance.dcm"))!.DataSet;

        // DCMTK in Orthanc drops data set trailing padding when it sends.
        var padding = bytes.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFC, 0xFF, 0xFC, 0xFF, 0x4F, 0x42]);
        return padding < 0 ? bytes : bytes[..padding];
    }
}
