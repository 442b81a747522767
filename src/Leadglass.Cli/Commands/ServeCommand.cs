using System.CommandLine;
using System.Net;
using Leadglass.Cli.CommandLine;
using Leadglass.Server;
using Leadglass.Server.Configuration;
using Leadglass.Server.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass serve</c>: opens the archive to enrolled devices until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var bind = new Option<string?>("--bind")
        {
            Description = "The address to listen on. Default: 127.0.0.1",
            HelpName = "ADDR",
        };
        var dicomPort = new Option<int?>("--dicom-port")
        {
            Description = "DICOM over TLS; 0 takes a free port. Default: 2762",
            HelpName = "PORT",
        };
        var httpPort = new Option<int?>("--http-port")
        {
            Description = "HTTPS; 0 takes a free port. Default: 8443",
            HelpName = "PORT",
        };
        var programPort = new Option<int?>("--program-port")
        {
            Description = "HTTPS with client certificates, for programs; 0 takes a free port. Default: none",
            HelpName = "PORT",
        };
        var command = new Command("serve", "Serve the archive: DICOM over mutual TLS, and HTTPS")
        {
            data,
            keys,
            bind,
            dicomPort,
            httpPort,
            programPort,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                var folder = parsed.DataFolder(data, terminal);
                var options = new Dictionary<string, string>(StringComparer.Ordinal);
                Add(options, "bind", parsed.GetValue(bind));
                Add(options, "dicomPort", parsed.GetValue(dicomPort)?.ToString());
                Add(options, "httpPort", parsed.GetValue(httpPort)?.ToString());
                Add(options, "programPort", parsed.GetValue(programPort)?.ToString());
                return RunAsync(
                    terminal,
                    folder,
                    parsed.GetValue(keys),
                    ConfigurationReader.Read(folder.ConfigurationFile, terminal.Environment, options),
                    cancel
                );
            }
        );
        return command;
    }

    /// <summary>HOST:PORT of a listener, a HOST that one can connect to from this machine.</summary>
    public static string Reachable(IPEndPoint bound)
    {
        var address =
            bound.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : bound.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : bound.Address;
        return new IPEndPoint(address, bound.Port).ToString();
    }

    private static async Task<int> RunAsync(
        Terminal terminal,
        DataFolder folder,
        string? keys,
        ServeOptions options,
        CancellationToken stop
    )
    {
        if (ArchiveIdentity.Read(folder).IsDemo)
        {
            throw CommandFailedException.Refused(
                $"{folder.Path} holds a demonstration: make an archive of your own with leadglass init --data DIR"
            );
        }

        using var logs = LoggerFactory.Create(logging =>
        {
            // Standard output carries the ready line and nothing else.
            logging.Services.Configure<ConsoleLoggerOptions>(console =>
                console.LogToStandardErrorThreshold = LogLevel.Trace
            );
            logging
                .AddFilter("Leadglass", LogLevel.Information)
                // It warns of a stricter caching rule than its own.
                .AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error)
                .AddFilter((category, level) => IsOurs(category) || level >= LogLevel.Warning)
                // What keeps the host from starting is said in one line of ours.
                .AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical)
                .AddSimpleConsole(console =>
                {
                    console.SingleLine = true;
                    console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
                    console.UseUtcTimestamp = true;
                    console.ColorBehavior = LoggerColorBehavior.Disabled;
                });
        });
        using var held = DataFolderLock.Take(folder);
        await using var host = await ArchiveHost.OpenAsync(
            folder,
            keys,
            held,
            terminal.Environment,
            terminal.Clock,
            stop
        );
        await using var server = await LeadglassServer.StartAsync(host, options, logs, stop);
        var programs = server.Programs is { } bound ? $" programs={Reachable(bound)}" : "";
        await terminal.Out.WriteLineAsync(
            $"ready dicom={Reachable(server.Dicom)} https={Reachable(server.Https)}{programs}"
        );
        await terminal.Out.FlushAsync(CancellationToken.None);
        await Task.Delay(Timeout.InfiniteTimeSpan, terminal.Clock, stop)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await server.StopAsync();
        return ExitCode.Done;
    }

    private static bool IsOurs(string? category) =>
        category?.StartsWith("Leadglass", StringComparison.Ordinal) ?? false;

    private static void Add(Dictionary<string, string> options, string key, string? value)
    {
        if (value is not null)
        {
            options[key] = value;
        }
    }
}
