using System.Text;
using System.Text.RegularExpressions;

namespace Leadglass.Server.SelfExamination;

/// <summary>Whether an answer that strangers may have bears what only an archive has.</summary>
internal static partial class DataBearing
{
    private const int PreambleLength = 128;

    private static readonly string[] MediaTypes =
    [
        "application/dicom",
        "application/octet-stream",
        "application/zip",
        "multipart/",
        "image/jp",
        "image/jls",
        "image/jxl",
        "image/gif",
        "video/",
    ];

    /// <summary>Judges an answer by its kind and its bytes, of which the first 64 KiB are enough.</summary>
    /// <param name="mediaType">The media type; null without one.</param>
    /// <param name="body">The body, as far as it was read.</param>
    public static bool Is(string? mediaType, ReadOnlySpan<byte> body) =>
        body.Length > 0
        && (
            Array.Exists(MediaTypes, one => mediaType?.StartsWith(one, StringComparison.OrdinalIgnoreCase) == true)
            || (body.Length >= PreambleLength + 4 && body[PreambleLength..].StartsWith("DICM"u8))
            || LooksLikeRecords(Encoding.Latin1.GetString(body))
        );

    private static bool LooksLikeRecords(string text) => Tag().IsMatch(text) || Uid().IsMatch(text);

    /// <summary>A member of DICOM JSON or an attribute of the XML model: <c>"00100010"</c>.</summary>
    [GeneratedRegex("\"[0-9A-Fa-f]{8}\"", RegexOptions.None, 1000)]
    private static partial Regex Tag();

    /// <summary>A UID of the roots that devices, this archive and the standard use, with four parts at least.</summary>
    [GeneratedRegex(@"(?<![0-9.])(?:1\.[23]|2\.25)(?:\.[0-9]+){3,}", RegexOptions.None, 1000)]
    private static partial Regex Uid();
}
