using System.Text;

namespace Leadglass.Fuzz.Tests;

/// <summary>Damages text protocols in the ways that their parsers fear.</summary>
internal static class TextMutation
{
    private static readonly byte[][] Pieces =
    [
        .. new[]
        {
            "\r\n",
            "\r",
            "\n",
            "\0",
            "--abc",
            "\r\n--abc",
            "\r\n--abc--",
            "--",
            "\"",
            ";",
            ",",
            "=",
            "&",
            "%",
            "%00",
            "%2A",
            "%5C",
            "*",
            "\\",
            "<",
            ">",
            "&amp;",
            "<!DOCTYPE a [",
            "<Item number=\"1\">",
            "</Item>",
            "99999999999999999999",
            "-1",
            "\u00FF\u00FE",
            "é",
            "q=0",
            "includefield=",
            ".",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    /// <summary>None to five damages.</summary>
    public static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original;
        for (var i = random.Next(6); i > 0 && bytes.Length > 0; i--)
        {
            var at = random.Next(bytes.Length);
            var until = Math.Min(bytes.Length, at + random.Next(1, 24));
            var piece = Pieces[random.Next(Pieces.Length)];
            bytes = random.Next(6) switch
            {
                0 => [.. bytes.AsSpan(0, at), (byte)random.Next(256), .. bytes.AsSpan(at + 1)],
                1 => [.. bytes.AsSpan(0, at), .. bytes.AsSpan(until)],
                2 => [.. bytes.AsSpan(0, until), .. bytes.AsSpan(at)],
                3 => [.. bytes.AsSpan(0, at), .. piece, .. bytes.AsSpan(until)],
                _ => [.. bytes.AsSpan(0, at), .. piece, .. bytes.AsSpan(at)],
            };
        }

        return bytes;
    }
}
