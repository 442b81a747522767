using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Server.Edges;

namespace Leadglass.Server.Control;

/// <summary>Enrolment as the command does it: where the archive is open.</summary>
public static class DeviceCommands
{
    /// <summary>The root certificate that devices trust.</summary>
    public static ControlCommand<AuthorityArguments, AuthorityResult> Authority { get; } =
        new(
            "authority",
            DeviceCommandJson.Default.AuthorityArguments,
            DeviceCommandJson.Default.AuthorityResult,
            (host, _, _, _) => Task.FromResult(new AuthorityResult(host.Authority.CertificatePem))
        );

    /// <summary>Enrols a device and issues its certificate, or binds it to one of another PKI.</summary>
    public static ControlCommand<AddDeviceArguments, IssueResult> Add { get; } =
        new(
            "device add",
            DeviceCommandJson.Default.AddDeviceArguments,
            DeviceCommandJson.Default.IssueResult,
            (host, arguments, _, cancel) =>
                ChangeAsync(
                    host,
                    arguments.UserName,
                    $"add {arguments.Name}",
                    () => AddAsync(host, arguments, cancel),
                    cancel
                )
        );

    /// <summary>Gives a device a further certificate; the former ones hold until they expire, unless they are withdrawn.</summary>
    public static ControlCommand<RenewDeviceArguments, IssueResult> Renew { get; } =
        new(
            "device renew",
            DeviceCommandJson.Default.RenewDeviceArguments,
            DeviceCommandJson.Default.IssueResult,
            (host, arguments, _, cancel) =>
                ChangeAsync(
                    host,
                    arguments.UserName,
                    $"renew {arguments.Name}",
                    () => RenewAsync(host, arguments, cancel),
                    cancel
                )
        );

    /// <summary>Disables a device, which ends its live associations, or enables it again.</summary>
    public static ControlCommand<EnableDeviceArguments, DeviceSummary> Enable { get; } =
        new(
            "device enable",
            DeviceCommandJson.Default.EnableDeviceArguments,
            DeviceCommandJson.Default.DeviceSummary,
            (host, arguments, _, cancel) =>
                ChangeAsync(
                    host,
                    arguments.UserName,
                    $"{(arguments.Enabled ? "enable" : "disable")} {arguments.Name}",
                    () => EnableAsync(host, arguments, cancel),
                    cancel
                )
        );

    /// <summary>All devices.</summary>
    public static ControlCommand<ListDevicesArguments, DeviceList> List { get; } =
        new(
            "device list",
            DeviceCommandJson.Default.ListDevicesArguments,
            DeviceCommandJson.Default.DeviceList,
            (host, _, _, _) => Task.FromResult(new DeviceList(Summaries(host)))
        );

    /// <summary>All devices as they are listed, edges with what they last reported.</summary>
    internal static ImmutableArray<DeviceSummary> Summaries(ArchiveHost host) =>
        [
            .. host.Devices.Current.All.Select(device =>
                DeviceSummary.Of(device) with
                {
                    LastReport = device.Edge is null ? null : host.EdgeStates.Find(device.Name),
                }
            ),
        ];

    private static async Task<IssueResult> AddAsync(
        ArchiveHost host,
        AddDeviceArguments arguments,
        CancellationToken cancel
    )
    {
        var device = ReadDevice(arguments, host.Clock.GetUtcNow());
        if (host.Devices.Current.Find(device.Name) is not null)
        {
            throw new EnrolmentException($"a device named {device.Name} is enrolled: choose another name");
        }

        var issued = Issue(host, device, arguments.Certificate);
        await host.Devices.AddAsync(device with { Certificates = [issued.Certificate] }, cancel);
        return IssueResult.Of(device.Name, issued, host.Authority);
    }

    private static async Task<IssueResult> RenewAsync(
        ArchiveHost host,
        RenewDeviceArguments arguments,
        CancellationToken cancel
    )
    {
        var known =
            host.Devices.Current.Find(arguments.Name)
            ?? throw new EnrolmentException($"no device is named {arguments.Name}: see leadglass device list");
        if (known is { Edge: not null } or { Behind: not null })
        {
            throw new EnrolmentException(
                known.Edge is not null
                    ? $"{known.Name} is an edge, which renews its certificate by itself"
                    : $"{known.Name} is behind an edge and has no certificate"
            );
        }

        var issued = Issue(host, known, arguments.Certificate);
        await host.Devices.ChangeAsync(
            arguments.Name,
            device =>
                device with
                {
                    Certificates =
                    [
                        .. device.Certificates.Select(held =>
                            arguments.WithdrawFormer ? held with { IsRevoked = true } : held
                        ),
                        issued.Certificate,
                    ],
                },
            cancel
        );
        return IssueResult.Of(known.Name, issued, host.Authority);
    }

    private static async Task<DeviceSummary> EnableAsync(
        ArchiveHost host,
        EnableDeviceArguments arguments,
        CancellationToken cancel
    )
    {
        await host.Devices.ChangeAsync(arguments.Name, device => device with { Enabled = arguments.Enabled }, cancel);
        return DeviceSummary.Of(host.Devices.Current.Find(arguments.Name)!);
    }

    private static IssuedCertificate Issue(ArchiveHost host, Device device, CertificateSource source) =>
        source switch
        {
            { SigningRequestPem: { } request } => host.Authority.IssueDevice(
                device.Name,
                device.Address?.Host,
                request
            ),
            { CertificatePem: { } foreign } => new IssuedCertificate(
                foreign,
                KeyPem: null,
                SigningRequest.ReadForeignCertificate(foreign, host.Clock.GetUtcNow())
            ),
            _ => host.Authority.IssueDevice(device.Name, device.Address?.Host),
        };

    /// <exception cref="EnrolmentException">An argument is not well-formed.</exception>
    private static Device ReadDevice(AddDeviceArguments arguments, DateTimeOffset now)
    {
        DeviceAddress? address = null;
        if (arguments.Address is not null && !DeviceAddress.TryParse(arguments.Address, out address))
        {
            throw new EnrolmentException("--address is HOST:PORT");
        }

        return new Device
        {
            Name = CheckedName(arguments.Name),
            AeTitles = [.. arguments.AeTitles.Select(ReadAeTitle)],
            Rights = arguments.Rights,
            Scope = new DeviceScope
            {
                Modalities = [.. arguments.Modalities.Select(modality => modality.ToUpperInvariant())],
                Patients = [.. arguments.Patients],
            },
            MoveDestinations = [.. arguments.MoveTo],
            Address = address,
            RefuseConflicts = arguments.RefuseConflicts,
            DefaultIssuer = arguments.DefaultIssuer,
            CalledAeTitle = arguments.CalledAeTitle is null ? null : ReadAeTitle(arguments.CalledAeTitle),
            EnrolledAt = now,
        };
    }

    /// <exception cref="EnrolmentException">It is no name that a device may have.</exception>
    internal static string CheckedName(string name) =>
        Device.IsName(name)
            ? name
            : throw new EnrolmentException(
                $"a device's name has 1 to {Device.NameLengthMax} letters, digits, '.', '_' or '-' "
                    + "and begins with a letter or digit"
            );

    /// <exception cref="EnrolmentException">It is no AE title.</exception>
    internal static AeTitle ReadAeTitle(string text) =>
        AeTitle.TryParse(text, out var title)
            ? title
            : throw new EnrolmentException(
                "an AE title has 1 to 16 printable ASCII characters without backslash (PS3.5 6.2)"
            );

    /// <summary>Records who asks for the change, then makes it.</summary>
    internal static async Task<T> ChangeAsync<T>(
        ArchiveHost host,
        string userName,
        string what,
        Func<Task<T>> change,
        CancellationToken cancel
    )
    {
        try
        {
            await host.Trail.RecordAsync(EnrolmentEvents.Asked(AccessPolicy.Operator(userName), what), cancel);
            return await change();
        }
        catch (EnrolmentException refused)
        {
            throw new ArchiveRefusedException(isUsage: true, refused.Message);
        }
        catch (TrailUnavailableException failure)
        {
            throw new ArchiveUnavailableException(failure.Message, failure);
        }
    }
}

/// <summary>Nothing is asked beside the root.</summary>
public sealed record AuthorityArguments;

/// <summary>The root certificate in PEM.</summary>
public sealed record AuthorityResult(string CertificatePem);

/// <summary>From where a device's certificate comes: neither of both means key and certificate are made here.</summary>
/// <param name="SigningRequestPem">The device's own request, to be signed.</param>
/// <param name="CertificatePem">A certificate of another PKI, to be pinned.</param>
public sealed record CertificateSource(string? SigningRequestPem = null, string? CertificatePem = null);

/// <summary>What <c>device add</c> says about a device.</summary>
public sealed record AddDeviceArguments
{
    /// <summary>Who enrols: the user's name on this machine.</summary>
    public required string UserName { get; init; }
    public required string Name { get; init; }
    public required ImmutableArray<string> AeTitles { get; init; }
    public required DeviceRights Rights { get; init; }
    public ImmutableArray<string> Modalities { get; init; } = [];
    public ImmutableArray<PatientKey> Patients { get; init; } = [];
    public ImmutableArray<string> MoveTo { get; init; } = [];
    public string? Address { get; init; }
    public bool RefuseConflicts { get; init; }
    public string? DefaultIssuer { get; init; }
    public string? CalledAeTitle { get; init; }
    public CertificateSource Certificate { get; init; } = new();

    /// <summary>Limits to patients stay inside.</summary>
    public override string ToString() => Name;
}

/// <summary>What <c>device renew</c> says.</summary>
public sealed record RenewDeviceArguments(
    string UserName,
    string Name,
    bool WithdrawFormer,
    CertificateSource Certificate
);

/// <summary>What <c>device disable</c> and <c>device enable</c> say.</summary>
public sealed record EnableDeviceArguments(string UserName, string Name, bool Enabled);

/// <summary>Nothing narrows the list.</summary>
public sealed record ListDevicesArguments;

/// <summary>What was issued, on its way to the files of the command.</summary>
public sealed record IssueResult(
    string Name,
    string CertificatePem,
    string? KeyPem,
    string AuthorityPem,
    DeviceCertificateSummary Certificate
)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => Name;

    internal static IssueResult Of(string name, IssuedCertificate issued, CertificateAuthority authority) =>
        new(
            name,
            issued.CertificatePem,
            issued.KeyPem,
            authority.CertificatePem,
            DeviceCertificateSummary.Of(issued.Certificate)
        );
}

/// <summary>A device's certificate as it is listed.</summary>
public sealed record DeviceCertificateSummary(
    string Fingerprint,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    bool IsForeign,
    bool IsRevoked
)
{
    internal static DeviceCertificateSummary Of(DeviceCertificate certificate) =>
        new(
            certificate.Fingerprint.Value,
            certificate.NotBefore,
            certificate.NotAfter,
            certificate.IsForeign,
            certificate.IsRevoked
        );
}

/// <summary>A device as it is listed; how many patients it is limited to, not which.</summary>
public sealed record DeviceSummary(
    string Name,
    ImmutableArray<string> AeTitles,
    ImmutableArray<string> Allow,
    string? Address,
    bool Enabled,
    ImmutableArray<string> Modalities,
    int Patients,
    ImmutableArray<string> MoveTo,
    ImmutableArray<DeviceCertificateSummary> Certificates
)
{
    /// <summary>True: an edge.</summary>
    public bool IsEdge { get; init; }

    /// <summary>Until when a one-time code of the edge counts; null: none is open.</summary>
    public DateTimeOffset? CodeValidUntil { get; init; }

    /// <summary>What an edge last reported; null: nothing as yet, or no edge.</summary>
    public EdgeState? LastReport { get; init; }

    /// <summary>The edge behind which it is; null: it speaks TLS itself.</summary>
    public string? Behind { get; init; }

    /// <summary>From where it may come to its edge.</summary>
    public ImmutableArray<string> Sources { get; init; } = [];

    /// <summary>Issuer of Patient ID for instances that name none.</summary>
    public string? DefaultIssuer { get; init; }

    /// <summary>Institution Name that the archive sets in what it stores.</summary>
    public string? Institution { get; init; }

    /// <summary>Station Name that the archive sets in what it stores.</summary>
    public string? Station { get; init; }

    internal static DeviceSummary Of(Device device) =>
        new(
            device.Name,
            [.. device.AeTitles.Select(title => title.Value)],
            [
                .. new[] { DeviceRights.Store, DeviceRights.Query, DeviceRights.Retrieve }
                    .Where(right => device.Rights.HasFlag(right))
                    .Select(right => right.ToString().ToLowerInvariant()),
            ],
            (device.Address ?? device.Behind?.ListensAt)?.ToString(),
            device.Enabled,
            device.Scope.Modalities,
            device.Scope.Patients.Length,
            device.MoveDestinations,
            [.. device.Certificates.Select(DeviceCertificateSummary.Of)]
        )
        {
            IsEdge = device.Edge is not null,
            CodeValidUntil = device.Edge?.Code?.ValidUntil,
            Behind = device.Behind?.Edge,
            Sources = device.Behind is { } place ? [.. place.Sources.Select(source => source.ToString())] : [],
            DefaultIssuer = device.DefaultIssuer,
            Institution = device.Behind?.Coercion?.Institution,
            Station = device.Behind?.Coercion?.Station,
        };
}

/// <summary>All devices, by name.</summary>
public sealed record DeviceList(ImmutableArray<DeviceSummary> Devices);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    MaxDepth = 32
)]
[JsonSerializable(typeof(AuthorityArguments))]
[JsonSerializable(typeof(AuthorityResult))]
[JsonSerializable(typeof(AddDeviceArguments))]
[JsonSerializable(typeof(RenewDeviceArguments))]
[JsonSerializable(typeof(EnableDeviceArguments))]
[JsonSerializable(typeof(ListDevicesArguments))]
[JsonSerializable(typeof(IssueResult))]
[JsonSerializable(typeof(DeviceSummary))]
[JsonSerializable(typeof(DeviceList))]
internal sealed partial class DeviceCommandJson : JsonSerializerContext;
