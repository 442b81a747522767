using System.Collections;

namespace Leadglass.Server;

/// <summary>What the machine tells a process: its environment variables and whether it runs as root.</summary>
/// <param name="Variables">Name to value.</param>
/// <param name="IsRoot">Whether the effective user is root.</param>
public sealed record HostEnvironment(IReadOnlyDictionary<string, string> Variables, bool IsRoot)
{
    /// <summary>This process's own.</summary>
    public static HostEnvironment OfThisProcess() =>
        new(
            Environment
                .GetEnvironmentVariables()
                .Cast<DictionaryEntry>()
                .ToDictionary(
                    entry => (string)entry.Key,
                    entry => (string?)entry.Value ?? string.Empty,
                    StringComparer.Ordinal
                ),
            Environment.IsPrivilegedProcess
        );

    /// <summary>A folder of the XDG base directories: the variable when it is an absolute path, else below the home.</summary>
    /// <exception cref="ArchiveUnavailableException">Neither the variable nor HOME is set.</exception>
    public string Folder(string variable, string belowHome)
    {
        if (Variables.TryGetValue(variable, out var named) && Path.IsPathRooted(named))
        {
            return named;
        }

        return Variables.TryGetValue("HOME", out var home) && Path.IsPathRooted(home)
            ? Path.Combine(home, belowHome)
            : throw new ArchiveUnavailableException($"neither {variable} nor HOME names a folder: set one of them");
    }
}
