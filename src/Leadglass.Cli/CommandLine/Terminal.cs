using Leadglass.Server;
using Spectre.Console;

namespace Leadglass.Cli.CommandLine;

/// <summary>Everything a command may touch outside itself, so that a test can stand in for all of it.</summary>
public sealed class Terminal
{
    public Terminal(
        TextWriter output,
        TextWriter error,
        bool isInteractive,
        HostEnvironment environment,
        TimeProvider clock
    )
    {
        Out = output;
        Error = error;
        IsInteractive = isInteractive;
        Environment = environment;
        Clock = clock;
        Console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(output),
                Ansi = isInteractive ? AnsiSupport.Detect : AnsiSupport.No,
                ColorSystem = isInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Interactive = isInteractive ? InteractionSupport.Detect : InteractionSupport.No,
            }
        );
        if (!isInteractive)
        {
            // Nobody's window: lines are not broken.
            Console.Profile.Width = 1_000;
        }
    }

    /// <summary>For what was asked for: data, and the line that says it is done.</summary>
    public TextWriter Out { get; }

    /// <summary>For what went wrong, and for progress when it is plain.</summary>
    public TextWriter Error { get; }

    /// <summary>Colours, tables and progress on <see cref="Out"/>.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether a person looks at <see cref="Out"/>.</summary>
    public bool IsInteractive { get; }

    public HostEnvironment Environment { get; }

    public TimeProvider Clock { get; }

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfThisProcess() =>
        new(
            System.Console.Out,
            System.Console.Error,
            !System.Console.IsOutputRedirected,
            HostEnvironment.OfThisProcess(),
            TimeProvider.System
        );
}
