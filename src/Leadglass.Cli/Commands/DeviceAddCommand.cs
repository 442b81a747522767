using System.CommandLine;
using Leadglass.Access;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Control;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass device add</c>: enrols a device and writes its key and certificate.</summary>
internal static class DeviceAddCommand
{
    public static Command Create(Terminal terminal)
    {
        var options = new DeviceOptions();
        var name = DeviceOptions.Name();
        var titles = Several("--ae", "The AE titles it calls itself by", "AET");
        var allow = Several("--allow", "What it may do: store, query, retrieve. Default: C-ECHO only", "RIGHTS");
        var address = new Option<string?>("--address")
        {
            Description = "Where it listens, if instances may be moved to it",
            HelpName = "HOST:PORT",
        };
        var moveTo = Several("--move-to", "Other devices, by name, to which it may have instances moved", "NAMES");
        var modalities = Several("--modality", "Only these modalities. Default: all", "CODES");
        var patients = Several("--patient", "Only these patients, as ID or ID@ISSUER. Default: all", "IDS");
        var issuer = new Option<string?>("--issuer")
        {
            Description = "Issuer of Patient ID for instances that name none",
            HelpName = "TEXT",
        };
        var called = new Option<string?>("--called-ae")
        {
            Description = "The AE title that it has to call. Default: any",
            HelpName = "AET",
        };
        var refuse = new Option<bool>("--refuse-conflicts")
        {
            Description = "Refuse content that conflicts with what is stored, instead of keeping it apart",
        };
        var edge = new DeviceEdgeOptions();
        var command = new Command(
            "add",
            "Enrol a device and write its key and certificate; an edge; a device behind an edge"
        )
        {
            name,
            edge.IsEdge,
            edge.Archive,
            edge.Behind,
            edge.From,
            edge.Institution,
            edge.Station,
            titles,
            allow,
            address,
            moveTo,
            modalities,
            patients,
            issuer,
            called,
            refuse,
            options.SigningRequest,
            options.Certificate,
            options.Out,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                edge.Check(
                    parsed,
                    Values(parsed, titles).Any(),
                    ofOthers: [options.SigningRequest, options.Certificate, options.Out, called],
                    ofDevices: [allow, address, moveTo, modalities, patients, issuer, refuse]
                );
                if (parsed.GetValue(edge.IsEdge))
                {
                    return await edge.OpenAsync(
                        parsed,
                        terminal,
                        options,
                        parsed.GetRequiredValue(name),
                        Values(parsed, titles).SingleOrDefault(),
                        again: false,
                        cancel
                    );
                }

                if (parsed.GetValue(edge.Behind) is { } behind)
                {
                    var arguments = new AddBehindArguments
                    {
                        UserName = Environment.UserName,
                        Name = parsed.GetRequiredValue(name),
                        Edge = behind,
                        AeTitles = [.. Values(parsed, titles)],
                        Sources = [.. Values(parsed, edge.From)],
                        Rights = parsed.GetResult(allow) is null ? DeviceRights.Store : Rights(Values(parsed, allow)),
                        ListensAt = parsed.GetValue(address),
                        MoveTo = [.. Values(parsed, moveTo)],
                        Modalities = [.. Values(parsed, modalities)],
                        Patients = [.. Values(parsed, patients).Select(Patient)],
                        DefaultIssuer = parsed.GetValue(issuer),
                        Institution = parsed.GetValue(edge.Institution),
                        Station = parsed.GetValue(edge.Station),
                        RefuseConflicts = parsed.GetValue(refuse),
                    };
                    return await DeviceEdgeOptions.AddBehindAsync(parsed, terminal, options, arguments, cancel);
                }

                var source = await DeviceCommand.ReadSourceAsync(
                    parsed,
                    options.SigningRequest,
                    options.Certificate,
                    cancel
                );
                var direct = new AddDeviceArguments
                {
                    UserName = Environment.UserName,
                    Name = parsed.GetRequiredValue(name),
                    AeTitles = [.. Values(parsed, titles)],
                    Rights = Rights(Values(parsed, allow)),
                    Address = parsed.GetValue(address),
                    MoveTo = [.. Values(parsed, moveTo)],
                    Modalities = [.. Values(parsed, modalities)],
                    Patients = [.. Values(parsed, patients).Select(Patient)],
                    DefaultIssuer = parsed.GetValue(issuer),
                    CalledAeTitle = parsed.GetValue(called),
                    RefuseConflicts = parsed.GetValue(refuse),
                    Certificate = source,
                };
                if (!Device.IsName(direct.Name))
                {
                    throw CommandFailedException.WrongUsage(
                        "NAME has letters, digits, '.', '_' and '-' and begins with a letter or digit"
                    );
                }

                var folder = await DeviceCommand.PrepareFolderAsync(options, parsed, terminal, direct.Name, cancel);
                var issued = await options.AskAsync(parsed, terminal, DeviceCommands.Add, direct, cancel);
                return await DeviceCommand.WriteAsync(
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

    public static Option<string[]> Several(string name, string description, string helpName) =>
        new(name)
        {
            Description = $"{description}; several with commas",
            HelpName = helpName,
            AllowMultipleArgumentsPerToken = false,
        };

    private static IEnumerable<string> Values(ParseResult parsed, Option<string[]> option) =>
        (parsed.GetValue(option) ?? []).SelectMany(value =>
            value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );

    private static DeviceRights Rights(IEnumerable<string> names) =>
        names.Aggregate(
            DeviceRights.None,
            (rights, name) =>
                rights
                | name.ToLowerInvariant() switch
                {
                    "echo" => DeviceRights.None,
                    "store" => DeviceRights.Store,
                    "query" => DeviceRights.Query,
                    "retrieve" => DeviceRights.Retrieve,
                    _ => throw CommandFailedException.WrongUsage(
                        $"--allow {name}: what can be allowed is store, query and retrieve"
                    ),
                }
        );

    private static PatientKey Patient(string text) =>
        text.LastIndexOf('@') is var at and > 0
            ? new PatientKey(text[..at], text[(at + 1)..])
            : new PatientKey(text, string.Empty);
}
