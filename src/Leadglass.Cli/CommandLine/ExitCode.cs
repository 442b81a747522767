namespace Leadglass.Cli.CommandLine;

/// <summary>What the command answers to the shell.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>It was tried and failed, or what was looked at is not well.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is mistaken; nothing was tried.</summary>
    public const int WrongUsage = 2;

    /// <summary>The archive, or a peer, does not allow it.</summary>
    public const int Refused = 3;
}
