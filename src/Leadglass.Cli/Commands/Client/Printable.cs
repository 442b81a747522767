namespace Leadglass.Cli.Commands.Client;

/// <summary>Text of a peer on its way to a terminal, which takes control characters for commands.</summary>
internal static class Printable
{
    public static string Text(string text) =>
        text.Any(char.IsControl)
            ? string.Concat(text.Select(character => char.IsControl(character) ? '\uFFFD' : character))
            : text;
}
