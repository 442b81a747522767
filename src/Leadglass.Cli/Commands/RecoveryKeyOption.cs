using System.CommandLine;
using Leadglass.Cli.CommandLine;

namespace Leadglass.Cli.Commands;

/// <summary>The option by which whoever is not root shows the archive's recovery key.</summary>
internal static class RecoveryKeyOption
{
    private const int FileBytesMax = 4 * 1024;

    public static Option<string?> Create() =>
        new("--recovery-key-file")
        {
            Description = "The file with the archive's recovery key, for whoever is not root",
            HelpName = "FILE",
        };

    /// <summary>The key; null where no file is named.</summary>
    public static async Task<string?> ReadAsync(ParseResult parsed, Option<string?> option, CancellationToken cancel)
    {
        if (parsed.GetValue(option) is not { } file)
        {
            return null;
        }

        if (new FileInfo(file) is not { Exists: true, Length: <= FileBytesMax })
        {
            throw CommandFailedException.WrongUsage($"{file} does not exist or is no recovery key");
        }

        return (await File.ReadAllTextAsync(file, cancel)).Trim();
    }
}
