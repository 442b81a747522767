using System.Diagnostics;
using System.Text.Json;
using Leadglass.Testing;

namespace Leadglass.Dicom.Tests.Oracle;

/// <summary>What pydicom reads of real files, in one run of Python for all of them.</summary>
internal static class PydicomOracle
{
    // Debian's python3-pydicom belongs to Debian's Python.
    private const string Python = "/usr/bin/python3";

    /// <summary>An element as pydicom read it; a hash of null means that it is a sequence of so many items.</summary>
    internal sealed record Element(string Path, string? Vr, long Length, string? Hash);

    /// <summary>For each file its elements, or null where pydicom failed; null when there is no pydicom.</summary>
    public static async Task<Dictionary<string, IReadOnlyList<Element>?>?> ReadAsync(IEnumerable<string> files)
    {
        if (!File.Exists(Python) || await RunAsync("-c", "import pydicom", [], []) != 0)
        {
            return null;
        }

        var lines = new List<string>();
        var script = Path.Combine(SharedData.CheckoutRoot, "tests/Leadglass.Dicom.Tests/Oracle/pydicom_elements.py");
        Assert.Equal(0, await RunAsync(script, argument: null, files, lines));
        return lines.Select(Parse).ToDictionary(entry => entry.Path, entry => entry.Elements);
    }

    private static async Task<int> RunAsync(
        string script,
        string? argument,
        IEnumerable<string> input,
        List<string> output
    )
    {
        var start = new ProcessStartInfo(Python)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(script);
        if (argument is not null)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var writing = Task.Run(async () =>
        {
            foreach (var line in input)
            {
                await process.StandardInput.WriteLineAsync(line);
            }

            process.StandardInput.Close();
        });
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            output.Add(line);
        }

        await writing;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static (string Path, IReadOnlyList<Element>? Elements) Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var path = document.RootElement.GetProperty("path").GetString()!;
        return document.RootElement.TryGetProperty("elements", out var elements)
            ? (
                path,
                [
                    .. elements
                        .EnumerateArray()
                        .Select(element => new Element(
                            element[0].GetString()!,
                            element[1].GetString(),
                            element[2].GetInt64(),
                            element[3].GetString()
                        )),
                ]
            )
            : (path, null);
    }
}
