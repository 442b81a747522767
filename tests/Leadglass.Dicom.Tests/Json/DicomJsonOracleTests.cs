using System.Diagnostics;
using System.Text.Json.Nodes;
using Leadglass.Testing;

namespace Leadglass.Dicom.Tests.Json;

/// <summary>Our JSON beside that of DCMTK's dcm2json, on every real file that both read.</summary>
public sealed class DicomJsonOracleTests
{
    private const string Oracle = "/usr/bin/dcm2json";

    /// <summary>Files on which the two rightly differ: nulls within values, a broken group 0002 that DCMTK takes for data.</summary>
    // A blank VR is UN to DCMTK and that of the dictionary to us (GH179A).
    private static readonly string[] Unlike = ["TC0415", "TC0421", "TC0423", "TC0469", "GH179A"];

    [Fact]
    public async Task Our_JSON_says_what_dcm2json_says()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        Assert.SkipUnless(File.Exists(Oracle), "dcm2json (package dcmtk) is not installed");
        var differences = new List<string>();
        var compared = 0;
        foreach (var path in SharedData.Files)
        {
            if (Unlike.Any(name => path.Contains(name, StringComparison.Ordinal)))
            {
                continue;
            }

            if (Read(path) is not { } file || await OracleJson(path) is not { } theirs)
            {
                continue;
            }

            compared++;
            var ours = JsonNode.Parse(DicomJson.Write(file.DataSet))!;
            DicomJsonComparison.Compare(ours, theirs, path[SharedData.Root.Length..], differences);
        }

        TestContext.Current.SendDiagnosticMessage($"{compared} files compared");
        Assert.InRange(compared, 400, int.MaxValue);
        Assert.True(differences.Count == 0, string.Join("\n", differences));
    }

    private static DicomFile? Read(string path)
    {
        try
        {
            return new FileInfo(path).Length > 4 << 20 ? null : DicomFile.Read(File.ReadAllBytes(path));
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    // Without pixel data, which DCMTK does not put into JSON when it is encapsulated.
    private static async Task<JsonNode?> OracleJson(string path)
    {
        using var process = Process.Start(
            new ProcessStartInfo(Oracle, ["-q", "-fc", "-ee", path])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        var errors = process.StandardError.ReadToEndAsync();
        var json = await process.StandardOutput.ReadToEndAsync();
        await errors;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(json);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
