using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Leadglass.Dicom.Tests.Oracle;

/// <summary>What DCMTK's dcmdump reads of a file: tag, VR and length of every element, in its order.</summary>
internal static partial class DcmdumpOracle
{
    private const string Dcmdump = "/usr/bin/dcmdump";

    internal sealed record Element(uint Tag, string Vr, long Length);

    public static bool IsInstalled => File.Exists(Dcmdump);

    /// <summary>The elements, sequences with a length of 0; null where dcmdump fails.</summary>
    public static async Task<IReadOnlyList<Element>?> ReadAsync(string path)
    {
        var start = new ProcessStartInfo(Dcmdump, ["-q", path])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        List<Element> elements = [];
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var match = Line().Match(line);
            if (match.Success && match.Groups["group"].Value != "fffe")
            {
                var tag = Convert.ToUInt32(match.Groups["group"].Value + match.Groups["element"].Value, 16);
                var isSequence = match.Groups["vr"].Value == "SQ";
                var length =
                    isSequence || match.Groups["length"].Value == "u/l" ? 0 : long.Parse(match.Groups["length"].Value);
                elements.Add(new Element(tag, match.Groups["vr"].Value, length));
            }
        }

        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? elements : null;
    }

    [GeneratedRegex(
        @"^\s*\((?<group>[0-9a-f]{4}),(?<element>[0-9a-f]{4})\) (?<vr>..) .*#\s+(?<length>\d+|u/l),\s*\d+ ",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Line();
}
