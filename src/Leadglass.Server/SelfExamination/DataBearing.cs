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

    private static bool LooksLikeRecords(string text) =>
        Attribute().IsMatch(text) || Element().IsMatch(text) || Uid().IsMatch(text);

    /// <summary>An attribute of DICOM JSON: its tag with its value representation (PS3.18 F.2.2).</summary>
    [GeneratedRegex("\"[0-9A-Fa-f]{8}\"\\s*:\\s*\\{\\s*\"vr\"\\s*:\\s*\"[A-Z]{2}\"", RegexOptions.None, 1000)]
    private static partial Regex Attribute();

    /// <summary>An attribute of the native XML model (PS3.19 A.1.5).</summary>
    [GeneratedRegex("<DicomAttribute\\s[^>]*tag=", RegexOptions.None, 1000)]
    private static partial Regex Element();

    /// <summary>
    /// A UID as devices make them: long, and not one of the standard's own. What a version, an address or a date looks like is
    /// shorter, and so are the names that a look makes up, which a page may repeat.
    /// </summary>
    [GeneratedRegex(
        @"(?<![0-9.])(?:2\.25\.[0-9]{15,39}|(?!1\.2\.840\.10008\.)1\.[23](?=[0-9.]{16,})(?:\.[0-9]+){4,})",
        RegexOptions.None,
        1000
    )]
    private static partial Regex Uid();
}
