using System.CommandLine;
using System.Text.Json;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Control;
using Spectre.Console;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass device add|list|disable|enable|renew</c>: who may speak DICOM with the archive.</summary>
internal static class DeviceCommand
{
    private const int PemFileBytesMax = 64 * 1024;

    public static Command Create(Terminal terminal) =>
        new("device", "Enrol scanners, workstations and other archives")
        {
            DeviceAddCommand.Create(terminal),
            CreateList(terminal),
            CreateEnable(terminal, "disable", "Shut a device out at once: live associations end", isEnabled: false),
            CreateEnable(terminal, "enable", "Let a disabled device in again", isEnabled: true),
            CreateRenew(terminal),
        };

    /// <summary>Runs a command where the archive is open.</summary>
    public static Task<TResult> AskAsync<TArguments, TResult>(
        this DeviceOptions options,
        ParseResult parsed,
        Terminal terminal,
        ControlCommand<TArguments, TResult> command,
        TArguments arguments,
        CancellationToken cancel
    )
        where TArguments : class
        where TResult : class =>
        new ArchiveControl(
            parsed.DataFolder(options.Data, terminal),
            parsed.GetValue(options.Keys),
            terminal.Environment,
            terminal.Clock
        ).RunAsync(command, arguments, new Progress<ControlProgress>(), cancel);

    /// <summary>Where the certificate comes from, by the options <c>--csr</c> and <c>--cert</c>.</summary>
    public static async Task<CertificateSource> ReadSourceAsync(
        ParseResult parsed,
        Option<string?> signingRequest,
        Option<string?> certificate,
        CancellationToken cancel
    ) =>
        (parsed.GetValue(signingRequest), parsed.GetValue(certificate)) switch
        {
            (not null, not null) => throw CommandFailedException.WrongUsage("give --csr or --cert, not both"),
            ({ } request, null) => new CertificateSource(SigningRequestPem: await ReadPemAsync(request, cancel)),
            (null, { } foreign) => new CertificateSource(CertificatePem: await ReadPemAsync(foreign, cancel)),
            _ => new CertificateSource(),
        };

    /// <summary>Asks for the archive's root and whether the files to be written would be free.</summary>
    public static async Task<CertificateFolder> PrepareFolderAsync(
        DeviceOptions options,
        ParseResult parsed,
        Terminal terminal,
        string name,
        CancellationToken cancel
    )
    {
        var authority = await options.AskAsync(
            parsed,
            terminal,
            DeviceCommands.Authority,
            new AuthorityArguments(),
            cancel
        );
        var folder = new CertificateFolder(Path.GetFullPath(parsed.GetValue(options.Out) ?? "."));
        try
        {
            folder.CheckFree(name, authority.CertificatePem);
        }
        catch (EnrolmentException refused)
        {
            throw CommandFailedException.Failed(refused.Message);
        }

        return folder;
    }

    /// <summary>Writes what was issued and says where.</summary>
    public static async Task<int> WriteAsync(
        Terminal terminal,
        CertificateFolder folder,
        IssueResult issued,
        bool isForeign,
        bool asJson,
        CancellationToken cancel
    )
    {
        try
        {
            if (isForeign)
            {
                await folder.WriteAuthorityAsync(issued.AuthorityPem, cancel);
            }
            else
            {
                await folder.WriteAsync(issued.Name, issued.CertificatePem, issued.KeyPem, issued.AuthorityPem, cancel);
            }
        }
        catch (EnrolmentException refused)
        {
            throw CommandFailedException.Failed(
                $"{refused.Message}; {issued.Name} is enrolled: leadglass device renew {issued.Name} --out DIR writes anew"
            );
        }

        var files = new DeviceFilesResult(
            issued.Name,
            issued.KeyPem is null ? null : folder.KeyFile(issued.Name),
            isForeign ? null : folder.CertificateFile(issued.Name),
            folder.AuthorityFile,
            issued.Certificate.Fingerprint,
            issued.Certificate.NotAfter
        );
        if (asJson)
        {
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(files, CommandJson.Default.DeviceFilesResult));
            return ExitCode.Done;
        }

        await terminal.Out.WriteLineAsync(
            $"device {files.Name}: certificate until {files.ValidUntil:yyyy-MM-dd}, SHA-256 {files.Fingerprint}"
        );
        foreach (var file in new[] { files.Key, files.Certificate, files.Authority }.OfType<string>())
        {
            await terminal.Out.WriteLineAsync($"  {file}");
        }

        return ExitCode.Done;
    }

    private static Command CreateList(Terminal terminal)
    {
        var options = new DeviceOptions();
        var command = new Command("list", "Show who is enrolled") { options.Data, options.Keys, options.Json };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var list = await options.AskAsync(
                    parsed,
                    terminal,
                    DeviceCommands.List,
                    new ListDevicesArguments(),
                    cancel
                );
                if (parsed.GetValue(options.Json))
                {
                    await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(list, CommandJson.Default.DeviceList));
                }
                else
                {
                    await ShowAsync(terminal, list);
                }

                return ExitCode.Done;
            }
        );
        return command;
    }

    private static async Task ShowAsync(Terminal terminal, DeviceList list)
    {
        if (list.Devices.IsEmpty)
        {
            await terminal.Out.WriteLineAsync(
                "no device is enrolled: leadglass device add NAME --ae AET --allow store"
            );
            return;
        }

        var table = new Table().Border(TableBorder.None);
        table.AddColumns("NAME", "AE", "ALLOW", "ADDRESS", "STATE", "CERTIFICATE UNTIL");
        foreach (var device in list.Devices)
        {
            var valid = device.Certificates.Where(certificate => !certificate.IsRevoked).ToList();
            table.AddRow(
                Markup.Escape(device.Name),
                Markup.Escape(string.Join(',', device.AeTitles)),
                device.IsEdge ? "forward"
                    : device.Allow.IsEmpty ? "echo"
                    : string.Join(',', device.Allow),
                Markup.Escape(AddressOf(device)),
                device.Enabled ? "enabled" : "disabled",
                device.Behind is not null ? "by its edge"
                    : valid.Count == 0 ? "none"
                    : $"{valid.Max(certificate => certificate.NotAfter):yyyy-MM-dd}"
            );
        }

        terminal.Console.Write(table);
        await ShowEdgesAsync(terminal, list);
    }

    private static string AddressOf(DeviceSummary device) =>
        device.Behind is { } edge
            ? $"{string.Join(',', device.Sources)} by {edge}{(device.Address is { } own ? $" ({own})" : "")}"
            : device.Address ?? "-";

    private static async Task ShowEdgesAsync(Terminal terminal, DeviceList list)
    {
        foreach (var edge in list.Devices.Where(device => device.IsEdge))
        {
            var state = edge.LastReport is { } report
                ? $"last contact {report.LastContact:yyyy-MM-dd HH:mm} UTC, {report.Envelopes} in its queue "
                    + $"({report.Bytes} bytes, oldest {report.OldestSeconds} s), {report.SetAside} set aside"
                    + (report.IsFull ? ", FULL" : "")
                : "it has never reported";
            await terminal.Out.WriteLineAsync($"edge {edge.Name}: {state}");
        }
    }

    private static Command CreateEnable(Terminal terminal, string name, string description, bool isEnabled)
    {
        var options = new DeviceOptions();
        var device = DeviceOptions.Name();
        var command = new Command(name, description) { device, options.Data, options.Keys, options.Json };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var summary = await options.AskAsync(
                    parsed,
                    terminal,
                    DeviceCommands.Enable,
                    new EnableDeviceArguments(Environment.UserName, parsed.GetRequiredValue(device), isEnabled),
                    cancel
                );
                await terminal.Out.WriteLineAsync(
                    parsed.GetValue(options.Json)
                        ? JsonSerializer.Serialize(summary, CommandJson.Default.DeviceSummary)
                        : $"device {summary.Name} is {name}d"
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command CreateRenew(Terminal terminal)
    {
        var options = new DeviceOptions();
        var device = DeviceOptions.Name();
        var withdraw = new Option<bool>("--withdraw-former")
        {
            Description = "Withdraw the device's former certificates at once; otherwise they hold until they expire",
        };
        var edge = new DeviceEdgeOptions();
        var command = new Command("renew", "Give a device a further certificate, or an edge a further one-time code")
        {
            device,
            edge.Archive,
            options.SigningRequest,
            options.Certificate,
            withdraw,
            options.Out,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var name = parsed.GetRequiredValue(device);
                var list = await options.AskAsync(
                    parsed,
                    terminal,
                    DeviceCommands.List,
                    new ListDevicesArguments(),
                    cancel
                );
                if (
                    list.Devices.Any(known =>
                        known.IsEdge && known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                    )
                )
                {
                    return await edge.OpenAsync(parsed, terminal, options, name, title: null, again: true, cancel);
                }

                var source = await ReadSourceAsync(parsed, options.SigningRequest, options.Certificate, cancel);
                var folder = await PrepareFolderAsync(options, parsed, terminal, name, cancel);
                var issued = await options.AskAsync(
                    parsed,
                    terminal,
                    DeviceCommands.Renew,
                    new RenewDeviceArguments(Environment.UserName, name, parsed.GetValue(withdraw), source),
                    cancel
                );
                return await WriteAsync(
                    terminal,
                    folder,
                    issued,
                    source.CertificatePem is not null,
                    parsed.GetValue(options.Json),
                    cancel
                );
            }
        );
        return command;
    }

    private static async Task<string> ReadPemAsync(string file, CancellationToken cancel)
    {
        var length = new FileInfo(file) is { Exists: true } found
            ? found.Length
            : throw CommandFailedException.WrongUsage($"{file} does not exist");
        return length <= PemFileBytesMax
            ? await File.ReadAllTextAsync(file, cancel)
            : throw CommandFailedException.WrongUsage(
                $"{file} is longer than {PemFileBytesMax} bytes: not one certificate"
            );
    }
}

/// <summary>Options that the commands for devices share.</summary>
internal sealed class DeviceOptions
{
    public Option<string?> Data { get; } = SharedOptions.Data();

    public Option<string?> Keys { get; } = SharedOptions.Keys();

    public Option<bool> Json { get; } = SharedOptions.Json();

    public Option<string?> Out { get; } =
        new("--out")
        {
            Description =
                "The folder for NAME.key.pem, NAME.cert.pem and ca.cert.pem; made where it is absent. Default: here",
            HelpName = "DIR",
        };

    public Option<string?> SigningRequest { get; } =
        new("--csr")
        {
            Description = "Sign the device's own request (PKCS #10, PEM) instead of making a key",
            HelpName = "FILE",
        };

    public Option<string?> Certificate { get; } =
        new("--cert")
        {
            Description = "Bind the device to this certificate of another PKI (PEM), exactly as it is",
            HelpName = "FILE",
        };

    public static Argument<string> Name() =>
        new("NAME") { Description = "The device's name: letters, digits, '.', '_', '-'" };
}

/// <summary>What <c>device add --json</c> and <c>device renew --json</c> answer.</summary>
internal sealed record DeviceFilesResult(
    string Name,
    string? Key,
    string? Certificate,
    string Authority,
    string Fingerprint,
    DateTimeOffset ValidUntil
);
