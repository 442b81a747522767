using System.CommandLine;
using System.Globalization;
using System.Net;
using Leadglass.Cli.CommandLine;
using Leadglass.Edge;
using Leadglass.Sealing;
using Leadglass.Server;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass edge</c>: the gateway that stands beside scanners that cannot speak TLS.</summary>
internal static class EdgeCommand
{
    public static Command Create(Terminal terminal)
    {
        var data = Data();
        var bind = new Option<string?>("--bind")
        {
            Description = "The address to listen on for scanners, in clear. Default: 127.0.0.1",
            HelpName = "ADDR",
        };
        var port = new Option<int?>("--port")
        {
            Description = "The port to listen on; 0 takes a free one. Default: 11112",
            HelpName = "PORT",
        };
        var command = new Command("edge", "Stand beside scanners without TLS: take their images, send them sealed")
        {
            data,
            bind,
            port,
            CreateEnrol(terminal),
            CreateStatus(terminal),
            CreateRetry(terminal),
        };
        command.SetAction(
            (parsed, cancel) =>
                RunAsync(
                    terminal,
                    Folder(terminal, parsed.GetValue(data)),
                    parsed.GetValue(bind),
                    parsed.GetValue(port),
                    cancel
                )
        );
        return command;
    }

    private static Option<string?> Data() =>
        new("--data")
        {
            Description =
                "The edge's folder. Default: /var/lib/leadglass-edge for root, else ~/.local/share/leadglass-edge",
            HelpName = "DIR",
        };

    private static string Folder(Terminal terminal, string? given) =>
        Path.GetFullPath(given ?? Server.Data.DataFolder.DefaultPath(terminal.Environment) + "-edge");

    private static Command CreateEnrol(Terminal terminal)
    {
        var data = Data();
        var code = new Option<string>("--code")
        {
            Description =
                "The one-time code from 'leadglass device add NAME --edge' at the archive; - reads it from standard input",
            HelpName = "CODE",
            Required = true,
        };
        var archive = new Option<string?>("--archive")
        {
            Description = "Where the archive's HTTPS port is, when not as the code says",
            HelpName = "HOST[:PORT]",
        };
        var command = new Command("enrol", "Make this edge's key and get its certificate from the archive")
        {
            code,
            archive,
            data,
        };
        command.SetAction(
            (parsed, cancel) =>
                EnrolAsync(
                    terminal,
                    Folder(terminal, parsed.GetValue(data)),
                    parsed.GetRequiredValue(code),
                    parsed.GetValue(archive),
                    cancel
                )
        );
        return command;
    }

    private static Command CreateStatus(Terminal terminal)
    {
        var data = Data();
        var json = SharedOptions.Json();
        var command = new Command("status", "Queue, age, last contact, certificate and scanners of this machine's edge")
        {
            data,
            json,
        };
        command.SetAction(
            (parsed, _) =>
                EdgeStatusReport.WriteAsync(terminal, Folder(terminal, parsed.GetValue(data)), parsed.GetValue(json))
        );
        return command;
    }

    private static Command CreateRetry(Terminal terminal)
    {
        var data = Data();
        var command = new Command(
            "retry",
            "Put what the archive refused for good back into the queue; the edge must be stopped"
        )
        {
            data,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                var count = Guarded(() => EdgeService.PutBackAside(Folder(terminal, parsed.GetValue(data))));
                await terminal.Out.WriteLineAsync($"{count} envelopes are in the queue again");
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal,
        string folder,
        string? bind,
        int? port,
        CancellationToken stop
    )
    {
        var options = Guarded(() => EdgeOptions.Read(folder));
        if (bind is not null)
        {
            options = options with
            {
                Bind = IPAddress.TryParse(bind, out var address)
                    ? address
                    : throw CommandFailedException.WrongUsage($"--bind {bind} is no IP address"),
            };
        }

        options = options with
        {
            Port = port is null or (>= 0 and <= ushort.MaxValue)
                ? port ?? options.Port
                : throw CommandFailedException.WrongUsage($"--port {port} is no port"),
        };
        await using var edge = Guarded(() =>
            EdgeService.Start(folder, options, terminal.Clock, new EdgeLog(terminal.Error, terminal.Clock))
        );
        await terminal.Out.WriteLineAsync($"ready dicom={ServeCommand.Reachable(edge.EndPoint)}");
        await terminal.Out.FlushAsync(CancellationToken.None);
        await edge.Failed.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return stop.IsCancellationRequested
            ? ExitCode.Done
            : throw CommandFailedException.Failed("a part of the edge ended by itself: it has to be started again");
    }

    private static async Task<int> EnrolAsync(
        Terminal terminal,
        string folder,
        string code,
        string? archive,
        CancellationToken cancel
    )
    {
        var text = code == "-" ? await Console.In.ReadLineAsync(cancel) ?? "" : code;
        var (host, port) = Address(archive);
        try
        {
            var parsed = EnrolmentCode.Parse(text);
            var opened = DurableFolder.Open(folder);
            using var held = EdgeService.Lock(folder);
            var (name, scanners) = await EdgeEnrolment.EnrolAsync(opened, parsed, host, port, cancel);
            await terminal.Out.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"enrolled as {name} with {scanners} scanners; start it with: leadglass edge --data {folder} --bind ADDR"
                )
            );
            return ExitCode.Done;
        }
        catch (EdgeWireException failure)
        {
            throw CommandFailedException.WrongUsage(failure.Message);
        }
        catch (EnrolmentFailedException failure)
        {
            throw CommandFailedException.Refused(failure.Message);
        }
        catch (EdgeConfigurationException failure)
        {
            throw CommandFailedException.Failed(failure.Message);
        }
    }

    private static (string? Host, int? Port) Address(string? archive)
    {
        if (archive is null)
        {
            return (null, null);
        }

        return Uri.TryCreate($"https://{archive}", UriKind.Absolute, out var uri) && uri.PathAndQuery == "/"
            ? (uri.IdnHost, archive.EndsWith(']') || !archive.Contains(':', StringComparison.Ordinal) ? null : uri.Port)
            : throw CommandFailedException.WrongUsage($"--archive {archive} is not HOST or HOST:PORT");
    }

    private static T Guarded<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (EdgeConfigurationException failure)
        {
            throw CommandFailedException.Failed(failure.Message);
        }
    }
}
