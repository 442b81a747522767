using Leadglass.Access;

namespace Leadglass.Server.Exchange;

/// <summary>
/// Which patient an ID of another house is here. A text file, UTF-8, one patient per line: the ID in the files, a comma or
/// tab, the ID here, and optionally another comma or tab and the issuer here. Lines that begin with # are remarks.
/// </summary>
internal sealed class PatientMap
{
    private const long FileBytesMax = 64L * 1024 * 1024;
    private const int EntriesMax = 1_000_000;
    private const int IdLengthMax = 64;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Without entries every file keeps its own patient.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <summary>Reads a map; null reads none.</summary>
    /// <exception cref="ArchiveRefusedException">A line is mistaken; it is named by its number.</exception>
    public static async Task<PatientMap> ReadAsync(string? file, CancellationToken cancel)
    {
        var map = new PatientMap();
        if (file is null)
        {
            return map;
        }

        try
        {
            if (new FileInfo(file).Length > FileBytesMax)
            {
                throw Mistaken(file, $"it is longer than {FileBytesMax} bytes");
            }

            var number = 0;
            await foreach (var line in File.ReadLinesAsync(file, cancel))
            {
                map.Add(file, ++number, line);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Mistaken(file, failure.GetType().Name);
        }

        return map;
    }

    /// <summary>The patient that an ID stands for, if the map has it.</summary>
    /// <param name="issuer">The issuer for entries that name none.</param>
    public PatientKey? Find(string patientId, string? issuer) =>
        _entries.TryGetValue(patientId, out var entry)
            ? new PatientKey(entry.PatientId, entry.Issuer ?? issuer ?? string.Empty)
            : null;

    private void Add(string file, int number, string line)
    {
        if (string.IsNullOrWhiteSpace(line) || line.StartsWith('#'))
        {
            return;
        }

        var parts = line.Split([',', '\t'], StringSplitOptions.TrimEntries);
        if (
            parts.Length is < 2 or > 3
            || parts[0].Length == 0
            || parts[1].Length == 0
            || parts.Any(part => part.Length > IdLengthMax)
        )
        {
            throw Mistaken(
                file,
                $"line {number} is not FROM,TO or FROM,TO,ISSUER of at most {IdLengthMax} characters each"
            );
        }

        if (
            _entries.Count == EntriesMax
            || !_entries.TryAdd(parts[0], new Entry(parts[1], parts.ElementAtOrDefault(2)))
        )
        {
            throw Mistaken(file, $"line {number} maps an ID again, or is beyond {EntriesMax} entries");
        }
    }

    private static ArchiveRefusedException Mistaken(string file, string what) =>
        new(isUsage: true, $"the map of IDs {file}: {what}");

    private sealed record Entry(string PatientId, string? Issuer);
}
