using System.Text.Json;
using System.Text.Json.Serialization;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>What one generation of a backup consists of; written last, so that a generation without it is none.</summary>
internal sealed record BackupManifest
{
    public const string Name = "manifest.json";
    private const int BytesMax = 256 << 20;

    public int Version { get; init; } = 1;

    public required DateTimeOffset At { get; init; }

    /// <summary>Packs, which the generations share.</summary>
    public required IReadOnlyList<BackupFile> Packs { get; init; }

    /// <summary>Keyring, state, trail and configuration, which each generation has for itself.</summary>
    public required IReadOnlyList<BackupFile> Own { get; init; }

    /// <summary>Reads a generation's manifest; null where there is none, or none that is whole.</summary>
    public static BackupManifest? TryRead(IDurableFolder generation)
    {
        if (!generation.Exists(Name))
        {
            return null;
        }

        using var file = generation.Open(Name, FileAccess.Read);
        if (file.Length > BytesMax)
        {
            return null;
        }

        var bytes = new byte[file.Length];
        var count = file.Read(0, bytes);
        try
        {
            var manifest = JsonSerializer.Deserialize(bytes.AsSpan(0, count), BackupJson.Default.BackupManifest);
            return manifest is { Version: 1 } ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Write(IDurableFolder generation)
    {
        using (var file = generation.Create(Name))
        {
            file.Write(0, JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupManifest));
            file.Sync();
        }

        generation.Sync();
    }
}

/// <summary>One file of a backup.</summary>
/// <param name="Path">Below the data folder, with slashes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Of its contents, hexadecimal.</param>
internal sealed record BackupFile(string Path, long Length, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext;
