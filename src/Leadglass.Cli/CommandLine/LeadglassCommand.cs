using System.CommandLine;
using Leadglass.Cli.Commands;
using Leadglass.Cli.Commands.Client;
using Leadglass.Exposure;
using Leadglass.Server;
using Leadglass.Server.Configuration;

namespace Leadglass.Cli.CommandLine;

/// <summary>The command <c>leadglass</c>: parses, runs, and turns every outcome into one clear line and an exit code.</summary>
public static class LeadglassCommand
{
    /// <summary>Runs one command line to its end.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="cancel">Cancelled when the process is asked to stop.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(terminal);
        var root = Create(terminal);
        var parsed = root.Parse(args);
        var invocation = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        if (args.Count == 0)
        {
            await root.Parse(["--help"]).InvokeAsync(invocation, cancel);
            return ExitCode.WrongUsage;
        }

        if (parsed.Errors.Count > 0)
        {
            await ReportAsync(terminal, parsed.Errors.Select(error => error.Message));
            await terminal.Error.WriteLineAsync($"see: leadglass {CommandPath(parsed)}--help");
            return ExitCode.WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(invocation, cancel);
        }
        catch (CommandFailedException failure)
        {
            await ReportAsync(terminal, [failure.Message]);
            return failure.Code;
        }
        catch (ConfigurationException failure)
        {
            await ReportAsync(terminal, failure.Mistakes);
            return ExitCode.WrongUsage;
        }
        catch (ScopeException failure)
        {
            await ReportAsync(terminal, failure.Lines);
            return failure.IsOutOfTime ? ExitCode.Refused : ExitCode.WrongUsage;
        }
        catch (ArchiveRefusedException failure)
        {
            await ReportAsync(terminal, [failure.Message]);
            return failure.IsUsage ? ExitCode.WrongUsage : ExitCode.Refused;
        }
        catch (ArchiveUnavailableException failure)
        {
            await ReportAsync(terminal, [failure.Message]);
            return ExitCode.Failed;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            await ReportAsync(terminal, [failure.Message]);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await ReportAsync(terminal, ["stopped before it was done"]);
            return ExitCode.Failed;
        }
    }

    private static RootCommand Create(Terminal terminal) =>
        new("Leadglass: a medical image archive that cannot stand open")
        {
            DemoCommand.Create(terminal),
            InitCommand.Create(terminal),
            ServeCommand.Create(terminal),
            ImportCommand.Create(terminal),
            ExportCommand.Create(terminal),
            VerifyCommand.Create(terminal),
            UpkeepCommands.CreateRebuildIndex(terminal),
            UpkeepCommands.CreateBackup(terminal),
            UpkeepCommands.CreateRestore(terminal),
            DeviceCommand.Create(terminal),
            UserCommand.Create(terminal),
            ClientCommand.Create(terminal),
            TrailCommand.Create(terminal),
            DoctorCommand.Create(terminal),
            EchoCommand.Create(terminal),
            FindCommand.Create(terminal),
            StoreCommand.Create(terminal),
            GetCommand.Create(terminal),
            MoveCommand.Create(terminal),
            EdgeCommand.Create(terminal),
            ExposureCommand.Create(terminal),
        };

    private static async Task ReportAsync(Terminal terminal, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            await terminal.Error.WriteLineAsync($"leadglass: {line}");
        }
    }

    private static string CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var result = parsed.CommandResult; result.Command is not RootCommand; )
        {
            names.Push(result.Command.Name);
            if (result.Parent is not System.CommandLine.Parsing.CommandResult parent)
            {
                break;
            }

            result = parent;
        }

        return string.Concat(names.Select(name => name + " "));
    }
}
