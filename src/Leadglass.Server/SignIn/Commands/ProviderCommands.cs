using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Server.Control;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.SignIn.Provider;
using Leadglass.Server.SignIn.Secrets;

namespace Leadglass.Server.SignIn.Commands;

/// <summary>The hospital's provider as the command sets it up: the client secret, and which groups give which roles.</summary>
public static class ProviderCommands
{
    /// <summary>Seals the client secret.</summary>
    public static ControlCommand<ProviderSecretArguments, ProviderResult> KeepSecret { get; } =
        new(
            "user provider",
            ProviderCommandJson.Default.ProviderSecretArguments,
            ProviderCommandJson.Default.ProviderResult,
            (host, peer, arguments, _, _) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    _ =>
                    {
                        if (arguments.Secret.Length > ProviderSecret.LengthMax)
                        {
                            throw new ArchiveRefusedException(
                                isUsage: true,
                                $"a client secret has at most {ProviderSecret.LengthMax} characters"
                            );
                        }

                        new ProviderSecret(SealedSecrets.Of(host)).Write(arguments.Secret);
                        return Task.FromResult(
                            new ProviderResult(
                                arguments.Secret.Length > 0,
                                host.Configuration.SignIn.OpenIdConnect?.Authority.OriginalString
                            )
                        );
                    }
                )
        );

    /// <summary>Lets a group of the provider give a role, or no more.</summary>
    public static ControlCommand<GroupArguments, GroupList> MapGroup { get; } =
        new(
            "user group",
            ProviderCommandJson.Default.GroupArguments,
            ProviderCommandJson.Default.GroupList,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    async grant =>
                    {
                        await MapAsync(host, grant, arguments, cancel);
                        return ListOf(host);
                    },
                    arguments.RecoveryKey
                )
        );

    /// <summary>Confirms, as the second person, that a group gives a role.</summary>
    public static ControlCommand<GroupArguments, GroupList> ConfirmGroup { get; } =
        new(
            "user group confirm",
            ProviderCommandJson.Default.GroupArguments,
            ProviderCommandJson.Default.GroupList,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Confirm,
                    async grant =>
                    {
                        await host.Registries.Groups.ConfirmAsync(grant, Find(host, arguments).Id, cancel);
                        return ListOf(host);
                    },
                    arguments.RecoveryKey
                )
        );

    /// <summary>All mappings.</summary>
    public static ControlCommand<ListGroupsArguments, GroupList> ListGroups { get; } =
        new(
            "user group list",
            ProviderCommandJson.Default.ListGroupsArguments,
            ProviderCommandJson.Default.GroupList,
            (host, _, _, _) => Task.FromResult(ListOf(host))
        );

    private static async Task MapAsync(
        ArchiveHost host,
        AccessGrant grant,
        GroupArguments arguments,
        CancellationToken cancel
    )
    {
        var groups = host.Registries.Groups;
        if (arguments.Removes)
        {
            await groups.RemoveAsync(grant, Find(host, arguments).Id, cancel);
            return;
        }

        var role = PersonCommands.ReadRole(arguments.Role);
        await groups.RequestAsync(grant, IssuerOf(host, arguments), arguments.Group, role, cancel);
    }

    private static string IssuerOf(ArchiveHost host, GroupArguments arguments) =>
        (arguments.Issuer ?? host.Configuration.SignIn.OpenIdConnect?.Authority.OriginalString)?.TrimEnd('/')
        ?? throw new ArchiveRefusedException(
            isUsage: true,
            "no provider is configured: set signIn.openIdConnect in leadglass.json, or name one with --issuer"
        );

    private static GroupRole Find(ArchiveHost host, GroupArguments arguments)
    {
        var (issuer, role) = (IssuerOf(host, arguments), PersonCommands.ReadRole(arguments.Role));
        return host.Registries.Groups.All.FirstOrDefault(mapping =>
                mapping.Issuer == issuer && mapping.Group == arguments.Group && mapping.Role == role
            ) ?? throw new ArchiveRefusedException(isUsage: false, "there is no such mapping");
    }

    private static GroupList ListOf(ArchiveHost host) =>
        new([
            .. host.Registries.Groups.All.Select(mapping => new GroupSummary(
                mapping.Issuer,
                mapping.Group,
                PersonRoles.Name(mapping.Role),
                mapping.ConfirmedBy is not null
            )),
        ]);
}

/// <summary>The secret with which the archive proves itself at the provider.</summary>
/// <param name="Secret">Empty takes it away.</param>
public sealed record ProviderSecretArguments(string UserName, string Secret)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => UserName;
}

/// <summary>What is kept of the provider.</summary>
/// <param name="HasSecret">Whether a secret is sealed.</param>
/// <param name="Authority">The configured provider; null: none yet.</param>
public sealed record ProviderResult(bool HasSecret, string? Authority);

/// <summary>A group that gives a role.</summary>
/// <param name="Issuer">The provider's issuer; null: the configured one.</param>
/// <param name="Removes">Whether it gives it no more.</param>
/// <param name="RecoveryKey">The archive's recovery key, where the user is not root.</param>
public sealed record GroupArguments(
    string UserName,
    string Group,
    string Role,
    string? Issuer,
    bool Removes,
    string? RecoveryKey
)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => UserName;
}

/// <summary>Nothing is asked beside the list.</summary>
public sealed record ListGroupsArguments;

/// <summary>A mapping as it is listed.</summary>
public sealed record GroupSummary(string Issuer, string Group, string Role, bool IsConfirmed);

/// <summary>All mappings.</summary>
public sealed record GroupList(ImmutableArray<GroupSummary> Groups);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    MaxDepth = 16
)]
[JsonSerializable(typeof(ProviderSecretArguments))]
[JsonSerializable(typeof(ProviderResult))]
[JsonSerializable(typeof(GroupArguments))]
[JsonSerializable(typeof(ListGroupsArguments))]
[JsonSerializable(typeof(GroupList))]
internal sealed partial class ProviderCommandJson : JsonSerializerContext;
