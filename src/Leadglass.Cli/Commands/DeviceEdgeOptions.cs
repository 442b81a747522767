using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Control;

namespace Leadglass.Cli.Commands;

/// <summary>Options of <c>leadglass device</c> for edges and the devices behind them.</summary>
internal sealed class DeviceEdgeOptions
{
    public Option<bool> IsEdge { get; } =
        new("--edge")
        {
            Description = "It is an edge: prints the one-time code for leadglass edge enrol, good for an hour",
        };

    public Option<string?> Archive { get; } =
        new("--archive")
        {
            Description = "With --edge: where the edge reaches this archive's HTTPS. Default: as it knows itself",
            HelpName = "HOST[:PORT]",
        };

    public Option<string?> Behind { get; } =
        new("--behind") { Description = "It speaks no TLS and stands behind this edge", HelpName = "EDGE" };

    public Option<string[]> From { get; } =
        DeviceAddCommand.Several(
            "--from",
            "With --behind: the addresses or networks it comes from",
            "ADDRESS[/LENGTH]"
        );

    public Option<string?> Institution { get; } =
        new("--institution")
        {
            Description = "With --behind: sets Institution Name in what it stores; the trail tells",
            HelpName = "TEXT",
        };

    public Option<string?> Station { get; } =
        new("--station")
        {
            Description = "With --behind: sets Station Name in what it stores; the trail tells",
            HelpName = "TEXT",
        };

    /// <summary>Which options go together.</summary>
    /// <param name="ofOthers">Options for devices that speak TLS themselves.</param>
    /// <param name="ofDevices">Options for all devices but edges.</param>
    public void Check(
        ParseResult parsed,
        bool hasTitle,
        IReadOnlyList<Option> ofOthers,
        IReadOnlyList<Option> ofDevices
    )
    {
        var isEdge = parsed.GetValue(IsEdge);
        var behind = parsed.GetValue(Behind);
        if (isEdge && behind is not null)
        {
            throw CommandFailedException.WrongUsage("give --edge or --behind, not both");
        }

        Option[] wrong =
        [
            .. isEdge || behind is not null ? ofOthers : [],
            .. isEdge ? ofDevices : [],
            .. isEdge ? [] : new Option[] { Archive },
        ];
        if (Array.Find(wrong, option => parsed.GetResult(option) is { Implicit: false }) is { } misplaced)
        {
            throw CommandFailedException.WrongUsage(
                isEdge ? $"{misplaced.Name} does not go with --edge"
                : behind is not null ? $"{misplaced.Name} does not go with --behind"
                : $"{misplaced.Name} goes with --edge"
            );
        }

        if (!isEdge && !hasTitle)
        {
            throw CommandFailedException.WrongUsage("--ae is required: the AE titles it calls itself by");
        }

        if (behind is not null && parsed.GetValue(From) is null or { Length: 0 })
        {
            throw CommandFailedException.WrongUsage("--behind needs --from: the addresses it comes from");
        }

        if (
            behind is null
            && (
                parsed.GetValue(From) is { Length: > 0 }
                || parsed.GetValue(Institution) is not null
                || parsed.GetValue(Station) is not null
            )
        )
        {
            throw CommandFailedException.WrongUsage("--from, --institution and --station go with --behind EDGE");
        }
    }

    /// <summary>Opens a code and prints it.</summary>
    public async Task<int> OpenAsync(
        ParseResult parsed,
        Terminal terminal,
        DeviceOptions options,
        string name,
        string? title,
        bool again,
        CancellationToken cancel
    )
    {
        var opened = await options.AskAsync(
            parsed,
            terminal,
            EdgeCommands.Open,
            new OpenEdgeArguments(Environment.UserName, name, title, parsed.GetValue(Archive), again),
            cancel
        );
        if (parsed.GetValue(options.Json))
        {
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(opened, CommandJson.Default.EdgeCodeResult));
            return ExitCode.Done;
        }

        await terminal.Out.WriteLineAsync(
            $"edge {opened.Name}: on its machine, until {opened.ValidUntil:HH:mm} UTC, once:"
        );
        await terminal.Out.WriteLineAsync($"  leadglass edge enrol --code {opened.Code}");
        await terminal.Out.WriteLineAsync(
            $"it calls {opened.Archive}; list what is behind it: "
                + $"leadglass device add CT1 --ae CT1 --behind {opened.Name} --from ADDRESS"
        );
        return ExitCode.Done;
    }

    /// <summary>Enrols a device behind an edge and says so.</summary>
    public static async Task<int> AddBehindAsync(
        ParseResult parsed,
        Terminal terminal,
        DeviceOptions options,
        AddBehindArguments arguments,
        CancellationToken cancel
    )
    {
        var added = await options.AskAsync(parsed, terminal, EdgeCommands.AddBehind, arguments, cancel);
        await terminal.Out.WriteLineAsync(
            parsed.GetValue(options.Json)
                ? JsonSerializer.Serialize(added, CommandJson.Default.DeviceSummary)
                : $"device {added.Name}: behind {added.Behind}, from {string.Join(", ", added.Sources)}, "
                    + $"may {(added.Allow.IsEmpty ? "echo" : string.Join(", ", added.Allow))}"
        );
        return ExitCode.Done;
    }
}
