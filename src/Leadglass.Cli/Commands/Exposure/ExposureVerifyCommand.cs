using System.CommandLine;
using Leadglass.Cli.CommandLine;
using Leadglass.Exposure;

namespace Leadglass.Cli.Commands.Exposure;

/// <summary><c>leadglass exposure verify DIR</c>: whether an audit's decision log is as the audit left it.</summary>
internal static class ExposureVerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("DIR") { Description = "The folder of the audit" };
        var command = new Command("verify", "Look whether an audit's decision log was changed or cut") { folder };
        command.SetAction((parsed, cancel) => VerifyAsync(terminal, parsed.GetRequiredValue(folder), cancel));
        return command;
    }

    private static async Task<int> VerifyAsync(Terminal terminal, string folder, CancellationToken cancel)
    {
        var audit = Path.Combine(folder, AuditDocument.FileName);
        var log = Path.Combine(folder, DecisionLog.FileName);
        if (!File.Exists(log))
        {
            throw CommandFailedException.WrongUsage($"{log} does not exist: name the folder of an audit");
        }

        var head = File.Exists(audit) ? await ReadHeadAsync(audit, cancel) : null;
        var check = await DecisionLog.VerifyAsync(log, head, cancel);
        if (!check.IsIntact)
        {
            throw CommandFailedException.Failed($"{log}: {check.Problem}");
        }

        await terminal.Out.WriteLineAsync($"{log}: {check.Lines} lines, intact, last chain value {check.Head}");
        if (head is null)
        {
            await terminal.Out.WriteLineAsync(
                $"  no {AuditDocument.FileName} beside it: whether its end was cut cannot be told"
            );
        }

        return ExitCode.Done;
    }

    private static async Task<string?> ReadHeadAsync(string audit, CancellationToken cancel)
    {
        try
        {
            return (await AuditFile.ReadAsync(audit, cancel)).DecisionLogHead;
        }
        catch (AuditDocumentException unreadable)
        {
            throw CommandFailedException.Failed(unreadable.Message);
        }
    }
}
