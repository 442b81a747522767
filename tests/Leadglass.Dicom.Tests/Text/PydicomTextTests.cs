using System.Diagnostics;
using System.Text.Json;
using Leadglass.Testing;

namespace Leadglass.Dicom.Tests.Text;

/// <summary>Texts of real files in many character sets, beside pydicom's reading of them.</summary>
public sealed class PydicomTextTests
{
    private const string Python = "/usr/bin/python3";

    [Fact]
    public async Task Texts_of_real_files_read_as_pydicom_reads_them()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var files = SharedData.Files.Where(path => !path.Contains("fuzzing-corpus", StringComparison.Ordinal)).ToList();
        var oracle = await ReadAsync(files);
        Assert.SkipWhen(oracle is null, "python3-pydicom is not installed");
        var differences = new List<string>();
        var compared = 0;
        foreach (var (path, theirs) in oracle)
        {
            if (theirs is not null && TextsOf(path) is { } ours)
            {
                compared += theirs.Count;
                differences.AddRange(
                    theirs
                        .Where(text => ours.TryGetValue(text.Key, out var own) && !Same(own, text.Value))
                        .Select(text =>
                            $"{Path.GetFileName(path)} {text.Key}: {string.Join('\\', ours[text.Key])} theirs {string.Join('\\', text.Value)}"
                        )
                );
            }
        }

        Assert.InRange(compared, 5_000, int.MaxValue);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static bool Same(IReadOnlyList<string> ours, IReadOnlyList<string> theirs) =>
        Normal(ours) == Normal(theirs);

    // pydicom leaves padding and line ends at the end of some values.
    private static string Normal(IReadOnlyList<string> values) =>
        string.Join('\\', values.Select(value => value.Trim(' ', '\0', '='))).TrimEnd('\\');

    private static Dictionary<string, IReadOnlyList<string>>? TextsOf(string path)
    {
        try
        {
            var texts = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
            Add(DicomFile.Read(File.ReadAllBytes(path)).DataSet, "", texts);
            return texts;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static void Add(DataSet dataSet, string prefix, Dictionary<string, IReadOnlyList<string>> texts)
    {
        foreach (var element in dataSet)
        {
            var path = $"{prefix}{element.Tag.Value:X8}";
            if (element is SequenceElement sequence)
            {
                for (var i = 0; i < sequence.Items.Count; i++)
                {
                    Add(sequence.Items[i], $"{path}[{i}].", texts);
                }
            }
            else if (element.Vr.UsesSpecificCharacterSet)
            {
                texts.Add(path, dataSet.GetStrings(element.Tag));
            }
        }
    }

    private static async Task<Dictionary<string, Dictionary<string, string[]>?>?> ReadAsync(IEnumerable<string> files)
    {
        var script = Path.Combine(SharedData.CheckoutRoot, "tests/Leadglass.Dicom.Tests/Oracle/pydicom_texts.py");
        if (!File.Exists(Python))
        {
            return null;
        }

        using var process = Process.Start(
            new ProcessStartInfo(Python, [script])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var writing = Task.Run(async () =>
        {
            foreach (var file in files)
            {
                await process.StandardInput.WriteLineAsync(file);
            }

            process.StandardInput.Close();
        });
        var read = new Dictionary<string, Dictionary<string, string[]>?>(StringComparer.Ordinal);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var answer = JsonDocument.Parse(line).RootElement;
            read.Add(
                answer.GetProperty("path").GetString()!,
                answer.GetProperty("texts").Deserialize<Dictionary<string, string[]>?>()
            );
        }

        await Task.WhenAny(writing, process.WaitForExitAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? read : null;
    }
}
