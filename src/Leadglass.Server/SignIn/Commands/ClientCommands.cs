using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Server.Control;
using Leadglass.Server.SignIn.Programs;

namespace Leadglass.Server.SignIn.Commands;

/// <summary>Programs as the command registers them: where the archive is open.</summary>
public static class ClientCommands
{
    /// <summary>Registers a program; its secret is told once.</summary>
    public static ControlCommand<AddClientArguments, ClientResult> Add { get; } =
        new(
            "client add",
            ClientCommandJson.Default.AddClientArguments,
            ClientCommandJson.Default.ClientResult,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    grant => AddAsync(host, grant, arguments, cancel)
                )
        );

    /// <summary>Gives a program a new secret; the former and all tokens are void at once.</summary>
    public static ControlCommand<ClientArguments, ClientResult> Renew { get; } =
        new(
            "client renew",
            ClientCommandJson.Default.ClientArguments,
            ClientCommandJson.Default.ClientResult,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    async grant =>
                        Result(await host.Registries.Programs.RenewSecretAsync(grant, arguments.Name, cancel), null)
                )
        );

    /// <summary>Disables a program, whose tokens are void at once, or enables it again.</summary>
    public static ControlCommand<EnableClientArguments, ClientSummary> Enable { get; } =
        new(
            "client enable",
            ClientCommandJson.Default.EnableClientArguments,
            ClientCommandJson.Default.ClientSummary,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    async grant =>
                        ClientSummary.Of(
                            await host.Registries.Programs.SetEnabledAsync(
                                grant,
                                arguments.Name,
                                arguments.Enabled,
                                cancel
                            )
                        )
                )
        );

    /// <summary>All programs.</summary>
    public static ControlCommand<ListClientsArguments, ClientList> List { get; } =
        new(
            "client list",
            ClientCommandJson.Default.ListClientsArguments,
            ClientCommandJson.Default.ClientList,
            (host, _, _, _) =>
                Task.FromResult(new ClientList([.. host.Registries.Programs.All.Select(ClientSummary.Of)]))
        );

    private static async Task<ClientResult> AddAsync(
        ArchiveHost host,
        AccessGrant grant,
        AddClientArguments arguments,
        CancellationToken cancel
    )
    {
        var rights = ProgramScopes.Parse(arguments.Allow);
        if (rights is null or ProgramRights.None)
        {
            throw new ArchiveRefusedException(
                isUsage: true,
                $"--allow takes one or more of {string.Join(", ", ProgramScopes.Names)}"
            );
        }

        if (!RegisteredProgram.IsClientId(arguments.Name))
        {
            throw new ArchiveRefusedException(
                isUsage: true,
                "NAME has letters, digits, '.', '_' and '-' and begins with a letter or digit"
            );
        }

        var (fingerprint, issued) = ReadCertificate(host, arguments);
        var registration = await host.Registries.Programs.RegisterAsync(
            grant,
            new RegisteredProgram
            {
                ClientId = arguments.Name,
                Rights = rights.Value,
                Scope = new DeviceScope
                {
                    Modalities = [.. arguments.Modalities.Select(modality => modality.ToUpperInvariant())],
                },
                Fingerprints = fingerprint is null ? [] : [fingerprint],
            },
            withSecret: fingerprint is null,
            cancel
        );
        return Result(registration, issued);
    }

    private static (string? Fingerprint, string? Issued) ReadCertificate(ArchiveHost host, AddClientArguments arguments)
    {
        try
        {
            if (arguments.Certificate.SigningRequestPem is { } request)
            {
                var issued = host.Authority.IssueDevice(arguments.Name, null, request);
                return (issued.Certificate.Fingerprint.Value, issued.CertificatePem);
            }

            return arguments.Certificate.CertificatePem is { } foreign
                ? (SigningRequest.ReadForeignCertificate(foreign, host.Clock.GetUtcNow()).Fingerprint.Value, null)
                : (null, null);
        }
        catch (EnrolmentException unfit)
        {
            throw new ArchiveRefusedException(isUsage: false, unfit.Message);
        }
    }

    private static ClientResult Result(ProgramRegistration registration, string? issued) =>
        new(
            registration.Program.ClientId,
            registration.Secret,
            ProgramScopes.Of(registration.Program.Rights).ToImmutableArray(),
            registration.Program.IsConfirmed,
            issued
        );
}

/// <summary>What <c>client add</c> says about a program.</summary>
public sealed record AddClientArguments
{
    /// <summary>Who registers: the user's name on this machine.</summary>
    public required string UserName { get; init; }

    /// <summary>Its name, which is its client id.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do: names of rights.</summary>
    public required ImmutableArray<string> Allow { get; init; }

    /// <summary>Only these modalities; empty: all.</summary>
    public ImmutableArray<string> Modalities { get; init; } = [];

    /// <summary>A certificate for the port of programs, instead of a secret.</summary>
    public CertificateSource Certificate { get; init; } = new();
}

/// <summary>One program by name.</summary>
public sealed record ClientArguments(string UserName, string Name);

/// <summary>One program, to be let in or shut out.</summary>
public sealed record EnableClientArguments(string UserName, string Name, bool Enabled);

/// <summary>Nothing is asked beside the list.</summary>
public sealed record ListClientsArguments;

/// <summary>A program as it was registered. The secret is told here and never again.</summary>
/// <param name="ClientId">Its client id.</param>
/// <param name="ClientSecret">Its secret; null: it comes with a certificate.</param>
/// <param name="Allow">What it may do.</param>
/// <param name="IsConfirmed">Whether it counts already.</param>
/// <param name="CertificatePem">What was issued for its signing request.</param>
public sealed record ClientResult(
    [property: JsonPropertyName("client_id")] string ClientId,
    [property: JsonPropertyName("client_secret")] string? ClientSecret,
    ImmutableArray<string> Allow,
    bool IsConfirmed,
    string? CertificatePem
)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => ClientId;
}

/// <summary>A program as it is listed.</summary>
public sealed record ClientSummary(
    string Name,
    ImmutableArray<string> Allow,
    ImmutableArray<string> Modalities,
    bool Enabled,
    bool IsConfirmed,
    bool HasSecret,
    ImmutableArray<string> Certificates
)
{
    internal static ClientSummary Of(RegisteredProgram program) =>
        new(
            program.ClientId,
            [.. ProgramScopes.Of(program.Rights)],
            program.Scope.Modalities,
            program.Enabled,
            program.IsConfirmed,
            program.SecretDigest is not null,
            program.Fingerprints
        );
}

/// <summary>All programs, by name.</summary>
public sealed record ClientList(ImmutableArray<ClientSummary> Clients);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    MaxDepth = 16
)]
[JsonSerializable(typeof(AddClientArguments))]
[JsonSerializable(typeof(ClientArguments))]
[JsonSerializable(typeof(EnableClientArguments))]
[JsonSerializable(typeof(ListClientsArguments))]
[JsonSerializable(typeof(ClientResult))]
[JsonSerializable(typeof(ClientSummary))]
[JsonSerializable(typeof(ClientList))]
internal sealed partial class ClientCommandJson : JsonSerializerContext;
