using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Leadglass.Server.Data;

/// <summary>Which archive this folder holds: the only thing about it that stands on disk in clear.</summary>
/// <param name="Id">Sixteen hexadecimal digits, random; it names the folder of the keys.</param>
/// <param name="IsDemo">Whether it is the demonstration's, which <c>serve</c> refuses.</param>
/// <param name="Keys">The folder of the keys when it was named at creation; null means the default.</param>
public sealed partial record ArchiveIdentity(string Id, bool IsDemo, string? Keys)
{
    private const int LayoutVersion = 1;
    private const int FileLengthMax = 16 * 1024;

    /// <summary>A new archive's identity.</summary>
    public static ArchiveIdentity New(bool isDemo, string? keys) =>
        new(
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
            isDemo,
            keys is null ? null : Path.GetFullPath(keys)
        );

    /// <summary>Reads the identity of the archive in a folder.</summary>
    /// <exception cref="ArchiveUnavailableException">No archive is there, or its identity cannot be read.</exception>
    public static ArchiveIdentity Read(DataFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!folder.IsInitialised)
        {
            throw new ArchiveUnavailableException(
                $"no archive in {folder.Path}: make one with leadglass init --data {folder.Path}"
            );
        }

        try
        {
            if (new FileInfo(folder.IdentityFile).Length > FileLengthMax)
            {
                throw new JsonException("it is too long");
            }

            var stored = JsonSerializer.Deserialize(
                File.ReadAllBytes(folder.IdentityFile),
                IdentityJson.Default.StoredIdentity
            );
            if (stored is null || stored.Layout != LayoutVersion || !IsId(stored.Id))
            {
                throw new JsonException("it is of a layout that this version does not know");
            }

            return new ArchiveIdentity(stored.Id, stored.Demo, stored.Keys);
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ArchiveUnavailableException(
                $"cannot read {folder.IdentityFile}: {failure.Message.TrimEnd('.')}",
                failure
            );
        }
    }

    /// <summary>Writes the identity durably; the last step of making an archive.</summary>
    internal void Write(DataFolder folder)
    {
        var draft = folder.IdentityFile + ".new";
        using (
            var file = new FileStream(
                draft,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = DataFolder.FileMode,
                }
            )
        )
        {
            JsonSerializer.Serialize(
                file,
                new StoredIdentity(LayoutVersion, Id, IsDemo, Keys),
                IdentityJson.Default.StoredIdentity
            );
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, folder.IdentityFile, overwrite: true);
    }

    private static bool IsId(string? id) => id is { Length: 16 } && id.All(char.IsAsciiHexDigitLower);

    internal sealed record StoredIdentity(int Layout, string Id, bool Demo, string? Keys);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
    )]
    [JsonSerializable(typeof(StoredIdentity))]
    internal sealed partial class IdentityJson : JsonSerializerContext;
}
