using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Leadglass.Dicom.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Leadglass.Server.DicomWeb;

/// <summary>
/// Strong entity tags (RFC 9110 8.8.3) that tell nothing: keyed digests of what is sent and in which form. The key lives as
/// long as the process, so a restart makes clients ask anew.
/// </summary>
internal sealed class EntityTags
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>The tag of one representation.</summary>
    /// <param name="parts">The version of what is stored, and everything that the form depends on.</param>
    public string Of(params ReadOnlySpan<string> parts)
    {
        using var digest = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (var part in parts)
        {
            digest.AppendData(BitConverter.GetBytes(part.Length));
            digest.AppendData(Encoding.UTF8.GetBytes(part));
        }

        Span<byte> hash = stackalloc byte[32];
        digest.GetHashAndReset(hash);
        return Base64Url.EncodeToString(hash[..18]);
    }

    /// <summary>
    /// A multipart boundary that belongs to a tag, so that equal tags mean equal bytes; without the key nobody foresees it.
    /// </summary>
    public static string Boundary(string tag) => $"leadglass.{tag}";

    /// <summary>
    /// Sets the tag, and answers 304 when the client has it already. To be asked only when the policy has granted the
    /// access and the trail has it: else the answer would tell a stranger what is there.
    /// </summary>
    /// <returns>True: the request is answered.</returns>
    public static bool AnswersNotModified(HttpContext context, string tag)
    {
        var quoted = $"\"{tag}\"";
        context.Response.Headers.ETag = quoted;
        if (!Matches(context.Request.Headers.IfNoneMatch.ToString(), quoted))
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    /// <summary>Whether a range applies (RFC 9110 13.1.5): no If-Range, or one with this tag.</summary>
    public static bool AllowsRange(HttpContext context, string tag) =>
        context.Request.Headers.IfRange.ToString() is var condition
        && (condition.Length == 0 || condition == $"\"{tag}\"");

    private static bool Matches(string header, string quoted) =>
        header == "*"
        || (
            header.Length > 0
            && EntityTagHeaderValue.TryParseList([header], out var tags)
            && tags.Any(tag => tag.Tag.Equals(quoted, StringComparison.Ordinal))
        );
}
