using System.Text.Json.Nodes;
using Leadglass.Testing;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>Every storable file of many vendors goes in by STOW-RS, and what WADO-RS gives of it is compared.</summary>
public sealed class DicomWebTests(ArchiveFixture fixture) : IClassFixture<ArchiveFixture>
{
    private const int FilesPerMessage = 25;

    /// <summary>On these the two rightly differ, each for a reason that the conformance statement tells.</summary>
    private static readonly string[] Unlike = ["GH179A", "GH1146"];

    [Fact]
    public async Task Every_storable_file_comes_back_as_it_went_in_and_as_dcm2json_reads_it()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        using var program = await EnrolledProgram.ConnectAsync(
            fixture.Archive,
            "importer",
            "read,write",
            fixture.Scanner.AuthorityPath
        );
        var files = SharedFiles.Storable();
        Assert.True(files.Count > 200, $"only {files.Count} files look storable");
        List<string> problems = [];
        foreach (var batch in files.Chunk(FilesPerMessage))
        {
            await StoreAsync(program, batch, problems);
        }

        var compared = 0;
        using var scratch = new ScratchFolder("dcm2json");
        foreach (var file in files.Where(file => !SharedFiles.IsBroken(file)))
        {
            await CompareBytesAsync(program, file, problems);
            compared += await CompareMetadataAsync(program, file, scratch.File("file.dcm"), problems) ? 1 : 0;
        }

        TestContext.Current.SendDiagnosticMessage($"{files.Count} files, metadata of {compared} beside dcm2json");
        Assert.True(compared > 200, $"metadata of only {compared} files were compared");
        Assert.True(
            problems.Count == 0,
            $"{problems.Count} of {files.Count} files\n{string.Join('\n', problems)}\n{fixture.Archive.Log}"
        );
    }

    private static async Task StoreAsync(EnrolledProgram program, RawFile[] files, List<string> problems)
    {
        var (_, answer) = await program.StoreAsync([.. files.Select(file => RawFile.Compose(file.ToInstance()))]);
        var stored = Uids(answer, "00081199");
        var failed = Uids(answer, "00081198");
        foreach (var file in files)
        {
            var isStored = stored.Contains(file.SopInstanceUid);
            if (SharedFiles.IsBroken(file) ? isStored || !failed.Contains(file.SopInstanceUid) : !isStored)
            {
                problems.Add($"{file}: stored {isStored}");
            }
        }
    }

    private static HashSet<string?> Uids(JsonNode? answer, string sequence) =>
        [.. (answer?[sequence]?["Value"] as JsonArray ?? []).Select(item => (string?)item!["00081155"]?["Value"]?[0])];

    private static async Task CompareBytesAsync(EnrolledProgram program, RawFile file, List<string> problems)
    {
        var (status, back) = await program.GetAsync(PathOf(file), "application/dicom; transfer-syntax=*");
        if (status != 200)
        {
            problems.Add($"{file}: WADO-RS answered {status}");
            return;
        }

        // Group 2 tells its own length (PS3.10 7.1): what follows is the data set.
        var start = 144 + BitConverter.ToInt32(back, 140);
        if (!back.AsSpan(start).SequenceEqual(file.DataSet))
        {
            problems.Add($"{file}: {back.Length - start} bytes for {file.DataSet.Length}");
        }
    }

    private static async Task<bool> CompareMetadataAsync(
        EnrolledProgram program,
        RawFile file,
        string path,
        List<string> problems
    )
    {
        if (Unlike.Any(name => file.Path.Contains(name, StringComparison.Ordinal)))
        {
            return false;
        }

        var (status, body) = await program.GetAsync($"{PathOf(file)}/metadata", "application/dicom+json");
        if (status != 200 || JsonNode.Parse(body) is not JsonArray { Count: 1 } metadata)
        {
            problems.Add($"{file}: metadata answered {status}");
            return false;
        }

        // Of the same bytes: some files were given UIDs of their own.
        await File.WriteAllBytesAsync(path, RawFile.Compose(file.ToInstance()));
        var theirs = await Tool.RunAsync("dcm2json", ["-q", "-fc", path]);
        if (theirs.ExitCode != 0 || TryParse(theirs.Output) is not { } oracle)
        {
            return false;
        }

        WithoutTrailer(oracle.AsObject(), metadata[0]!.AsObject());
        DicomJsonComparison.Compare(metadata[0]!, oracle, $"{file}", problems);
        return true;
    }

    /// <summary>
    /// Metadata is ready-made of what stands before the pixel data; behind it stand trailing padding and, in one file, a
    /// private block.
    /// </summary>
    private static void WithoutTrailer(JsonObject theirs, JsonObject ours)
    {
        foreach (var (tag, _) in theirs.ToArray())
        {
            if (string.CompareOrdinal(tag, "7FE0FFFF") > 0 && !ours.ContainsKey(tag))
            {
                theirs.Remove(tag);
            }
        }
    }

    private static JsonNode? TryParse(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static string PathOf(RawFile file) =>
        $"/studies/{file.StudyInstanceUid}/series/{file.SeriesInstanceUid}/instances/{file.SopInstanceUid}";
}
