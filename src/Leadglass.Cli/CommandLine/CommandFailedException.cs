namespace Leadglass.Cli.CommandLine;

/// <summary>The command ends here. The message is for a person: what, where, what to do.</summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
public sealed class CommandFailedException(int exitCode, string message) : Exception(message)
{
    public int Code { get; } = exitCode;

    public static CommandFailedException Failed(string message) => new(ExitCode.Failed, message);

    public static CommandFailedException WrongUsage(string message) => new(ExitCode.WrongUsage, message);

    public static CommandFailedException Refused(string message) => new(ExitCode.Refused, message);
}
