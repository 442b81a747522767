using System.CommandLine;
using Leadglass.Server.Data;

namespace Leadglass.Cli.CommandLine;

/// <summary>Options that several commands share, so that they are called and described alike.</summary>
internal static class SharedOptions
{
    public static Option<string?> Data() =>
        new("--data")
        {
            Description = "The archive's folder. Default: /var/lib/leadglass for root, else ~/.local/share/leadglass",
            HelpName = "DIR",
        };

    public static Option<string?> Keys() =>
        new("--keys")
        {
            Description = "The folder of the archive's keys, outside the data. Default: where init put them",
            HelpName = "DIR",
        };

    public static Option<bool> Json() => new("--json") { Description = "Answer in JSON, for programs" };

    /// <summary>The folder named by <c>--data</c>, or the default.</summary>
    public static DataFolder DataFolder(this ParseResult parsed, Option<string?> option, Terminal terminal) =>
        new(parsed.GetValue(option) ?? Server.Data.DataFolder.DefaultPath(terminal.Environment));
}
