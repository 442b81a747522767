using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Edge;

namespace Leadglass.Server.Control;

/// <summary>Enrolment of edges and of the devices behind them, as the command does it.</summary>
public static class EdgeCommands
{
    /// <summary>Enrols an edge, or lets one enrol anew, and answers its one-time code.</summary>
    public static ControlCommand<OpenEdgeArguments, EdgeCodeResult> Open { get; } =
        new(
            "edge open",
            EdgeCommandJson.Default.OpenEdgeArguments,
            EdgeCommandJson.Default.EdgeCodeResult,
            (host, arguments, _, cancel) =>
                DeviceCommands.ChangeAsync(
                    host,
                    arguments.UserName,
                    $"{(arguments.Again ? "open a further code for" : "add")} edge {arguments.Name}",
                    () => OpenAsync(host, arguments, cancel),
                    cancel
                )
        );

    /// <summary>Enrols a device behind an edge.</summary>
    public static ControlCommand<AddBehindArguments, DeviceSummary> AddBehind { get; } =
        new(
            "edge device add",
            EdgeCommandJson.Default.AddBehindArguments,
            EdgeCommandJson.Default.DeviceSummary,
            (host, arguments, _, cancel) =>
                DeviceCommands.ChangeAsync(
                    host,
                    arguments.UserName,
                    $"add {arguments.Name} behind edge {arguments.Edge}",
                    () => AddBehindAsync(host, arguments, cancel),
                    cancel
                )
        );

    private static async Task<EdgeCodeResult> OpenAsync(
        ArchiveHost host,
        OpenEdgeArguments arguments,
        CancellationToken cancel
    )
    {
        var (name, port) = Reachable(host, arguments.Reachable);
        var authority = SHA256.HashData(host.Authority.Certificate.RawDataMemory.Span);
        var code = EnrolmentCode.Create(name, port, authority);
        var enrolments = new EdgeEnrolments(host.Devices, host.Clock);
        var opened = arguments.Again
            ? await enrolments.OpenAsync(arguments.Name, code.Id, code.Reveal(), cancel)
            : await enrolments.AddAsync(
                new Device
                {
                    Name = DeviceCommands.CheckedName(arguments.Name),
                    AeTitles = [DeviceCommands.ReadAeTitle(arguments.AeTitle ?? TitleOf(arguments.Name))],
                    Rights = DeviceRights.None,
                    EnrolledAt = host.Clock.GetUtcNow(),
                },
                code.Id,
                code.Reveal(),
                cancel
            );
        return new EdgeCodeResult(
            arguments.Name,
            code.Reveal(),
            opened.ValidUntil,
            $"{name}:{port.ToString(CultureInfo.InvariantCulture)}"
        );
    }

    private static async Task<DeviceSummary> AddBehindAsync(
        ArchiveHost host,
        AddBehindArguments arguments,
        CancellationToken cancel
    )
    {
        DeviceAddress? listensAt = null;
        if (arguments.ListensAt is not null && !DeviceAddress.TryParse(arguments.ListensAt, out listensAt))
        {
            throw new EnrolmentException("--address is HOST:PORT");
        }

        var rules = new CoercionRules(arguments.Institution, arguments.Station);
        var device = new Device
        {
            Name = DeviceCommands.CheckedName(arguments.Name),
            AeTitles = [.. arguments.AeTitles.Select(DeviceCommands.ReadAeTitle)],
            Rights = arguments.Rights,
            Scope = new DeviceScope
            {
                Modalities = [.. arguments.Modalities.Select(modality => modality.ToUpperInvariant())],
                Patients = [.. arguments.Patients],
            },
            MoveDestinations = [.. arguments.MoveTo],
            RefuseConflicts = arguments.RefuseConflicts,
            DefaultIssuer = arguments.DefaultIssuer,
            EnrolledAt = host.Clock.GetUtcNow(),
            Behind = new BehindEdge
            {
                Edge = arguments.Edge,
                Sources = [.. arguments.Sources.Select(ReadSource)],
                ListensAt = listensAt,
                Coercion = rules is { Institution: null, Station: null } ? null : rules,
            },
        };
        await host.Devices.AddAsync(device, cancel);
        return DeviceSummary.Of(device);
    }

    private static IPNetwork ReadSource(string text) =>
        BehindEdge.ReadSource(text)
        ?? throw new EnrolmentException("--from is an IP address, or a network as ADDRESS/LENGTH");

    /// <summary>The edge's own title where none is named: its name, as far as a title holds it.</summary>
    private static string TitleOf(string name) => new([.. name.ToUpperInvariant().Take(AeTitleLengthMax)]);

    // PS3.5 6.2.
    private const int AeTitleLengthMax = 16;

    /// <summary>Where edges reach the archive over HTTPS: what the command says, else what the archive knows of itself.</summary>
    private static (string Host, int Port) Reachable(ArchiveHost host, string? named)
    {
        var own = new Uri(host.Origin);
        if (named is null)
        {
            return (own.Host.Trim('[', ']'), own.Port);
        }

        if (DeviceAddress.TryParse(named, out var address))
        {
            return (address!.Host, address.Port);
        }

        return DeviceAddress.TryParse($"{named}:{own.Port.ToString(CultureInfo.InvariantCulture)}", out address)
            ? (address!.Host, address.Port)
            : throw new EnrolmentException("--archive is HOST or HOST:PORT, as edges reach the archive's HTTPS");
    }
}

/// <summary>What <c>device add NAME --edge</c> and <c>device renew</c> of an edge say.</summary>
/// <param name="UserName">Who enrols: the user's name on this machine.</param>
/// <param name="Name">The edge.</param>
/// <param name="AeTitle">What it calls itself; null: its name in capitals.</param>
/// <param name="Reachable">HOST or HOST:PORT at which it reaches HTTPS here; null: as the archive knows itself.</param>
/// <param name="Again">True: it is enrolled already and gets a further code.</param>
public sealed record OpenEdgeArguments(string UserName, string Name, string? AeTitle, string? Reachable, bool Again);

/// <summary>The code of an edge, shown once.</summary>
/// <param name="Name">The edge.</param>
/// <param name="Code">What <c>leadglass edge enrol</c> takes.</param>
/// <param name="ValidUntil">From then on it counts no more.</param>
/// <param name="Archive">Where the code leads.</param>
public sealed record EdgeCodeResult(string Name, string Code, DateTimeOffset ValidUntil, string Archive)
{
    /// <summary>Never the code.</summary>
    public override string ToString() => Name;
}

/// <summary>What <c>device add NAME --behind EDGE</c> says.</summary>
public sealed record AddBehindArguments
{
    /// <summary>Who enrols: the user's name on this machine.</summary>
    public required string UserName { get; init; }
    public required string Name { get; init; }
    public required string Edge { get; init; }
    public required ImmutableArray<string> AeTitles { get; init; }
    public required ImmutableArray<string> Sources { get; init; }
    public required DeviceRights Rights { get; init; }
    public ImmutableArray<string> Modalities { get; init; } = [];
    public ImmutableArray<PatientKey> Patients { get; init; } = [];
    public ImmutableArray<string> MoveTo { get; init; } = [];
    public string? ListensAt { get; init; }
    public bool RefuseConflicts { get; init; }
    public string? DefaultIssuer { get; init; }
    public string? Institution { get; init; }
    public string? Station { get; init; }

    /// <summary>Limits to patients stay inside.</summary>
    public override string ToString() => Name;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    MaxDepth = 32
)]
[JsonSerializable(typeof(OpenEdgeArguments))]
[JsonSerializable(typeof(EdgeCodeResult))]
[JsonSerializable(typeof(AddBehindArguments))]
[JsonSerializable(typeof(DeviceSummary))]
internal sealed partial class EdgeCommandJson : JsonSerializerContext;
