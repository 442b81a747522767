using System.Buffers.Text;
using System.Text.Json;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Names what leaves of an instance, for entity tags: keyed, so that it tells nothing of the content, and always the same
/// until a correction changes it.
/// </summary>
internal static class InstanceVersion
{
    public static string Of(Token instance, BlobLocation location, PatientCorrection? correction, ArchiveKeys keys)
    {
        using var digest = keys.BeginDigest();
        digest.AppendData("version of an instance"u8);
        digest.AppendData(instance.ToArray());
        digest.AppendData(BitConverter.GetBytes(location.Pack));
        digest.AppendData(BitConverter.GetBytes(location.Offset));
        if (correction is not null)
        {
            digest.AppendData(
                JsonSerializer.SerializeToUtf8Bytes(correction, DescriptorJson.Default.PatientCorrection)
            );
        }

        return Base64Url.EncodeToString(digest.GetHashAndReset().AsSpan(0, 16));
    }
}
