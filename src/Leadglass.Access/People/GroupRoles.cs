using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>That a group of an OpenID Connect provider gives a role. Counts once a second person confirmed it.</summary>
/// <param name="Issuer">The provider's issuer identifier.</param>
/// <param name="Group">The group as the provider names it in its claim.</param>
/// <param name="Role">The role.</param>
public sealed record GroupRole(string Issuer, string Group, Role Role)
{
    /// <summary>Random.</summary>
    public string Id { get; init; } = AccessSecret.NewId();

    /// <summary>Who asked for it: <see cref="Identity.Key"/>.</summary>
    public string RequestedBy { get; init; } = "";

    /// <summary>Who asked for it, whatever they are called now.</summary>
    [JsonInclude]
    internal string Requester { get; init; } = "";

    /// <summary>When.</summary>
    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>Who confirmed it; null: nobody did, and it gives nothing.</summary>
    public string? ConfirmedBy { get; init; }
}

/// <summary>
/// Which groups of a provider give which roles: sealed in <c>state/groups/</c>. A setting of security: asked for by an
/// administrator, confirmed by somebody else. Safe for concurrent use.
/// </summary>
public sealed class GroupRoles : IDisposable
{
    /// <summary>The most mappings of one archive.</summary>
    public const int MappingsMax = 1_000;

    private const int LengthMax = 512;

    private static readonly ShardPlan<GroupRole> Plan = new(
        "groups",
        Shards: 1,
        MappingsMax,
        mapping => mapping.Id,
        mapping => mapping.Id,
        GroupJson.Default.ShardDocumentGroupRole
    );

    private readonly RecordStore<GroupRole> _store;
    private readonly People _people;
    private readonly TimeProvider _clock;

    private GroupRoles(RecordStore<GroupRole> store, People people, TimeProvider clock)
    {
        _store = store;
        _people = people;
        _clock = clock;
    }

    /// <summary>All, confirmed or not.</summary>
    public IEnumerable<GroupRole> All =>
        _store.Current.Values.OrderBy(mapping => mapping.Group, StringComparer.Ordinal).ThenBy(mapping => mapping.Role);

    /// <summary>Opens the mappings of an archive; where there are none yet, it is empty.</summary>
    /// <param name="state">The folder <c>state/</c>.</param>
    /// <param name="master">The archive's master key; it stays its owner's to dispose of.</param>
    /// <param name="people">Who has roles by them.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="SealingException">A file is damaged or of another master key.</exception>
    /// <exception cref="StateException">Its content is of another version or breaks a rule.</exception>
    public static async ValueTask<GroupRoles> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        People people,
        TimeProvider clock,
        CancellationToken cancellationToken
    ) =>
        new(
            await RecordStore<GroupRole>.OpenAsync(state, master, Plan, forgiving: false, cancellationToken),
            people,
            clock
        );

    /// <summary>The roles that confirmed mappings give to whoever is in these groups.</summary>
    public ImmutableArray<Role> RolesOf(string issuer, IReadOnlyCollection<string> groups) =>
        [
            .. _store
                .Current.Values.Where(mapping =>
                    mapping.ConfirmedBy is not null && mapping.Issuer == issuer && groups.Contains(mapping.Group)
                )
                .Select(mapping => mapping.Role)
                .Distinct()
                .Order(),
        ];

    /// <summary>Asks for a mapping; on the archive's machine, with the recovery key or as root, it counts at once.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">It exists, or a text is empty or too long.</exception>
    public async ValueTask<GroupRole> RequestAsync(
        AccessGrant administering,
        string issuer,
        string group,
        Role role,
        CancellationToken cancellationToken
    )
    {
        if (issuer.Length is 0 or > LengthMax || group.Length is 0 or > LengthMax || !Enum.IsDefined(role))
        {
            throw new StateException($"issuer and group have 1 to {LengthMax} characters");
        }
        var mapping = new GroupRole(issuer, group, role)
        {
            RequestedBy = administering.Identity.Key,
            Requester = administering.Identity.LastingKey,
            RequestedAt = _clock.GetUtcNow(),
            ConfirmedBy = administering.Identity is OperatorIdentity { MayConfirm: true }
                ? administering.Identity.Key
                : null,
        };
        await administering.RecordActAsync(
            Operation.Administer,
            AccessActs.Roles($"group mapping asked for: {group} gives {role}"),
            cancellationToken
        );
        return await _store.ChangeAsync(
            known =>
                known.Values.Any(other => (other.Issuer, other.Group, other.Role) == (issuer, group, role))
                    ? throw new StateException("this mapping exists")
                    : new RecordChange<GroupRole, GroupRole>([mapping], [], mapping),
            cancellationToken
        );
    }

    /// <summary>Confirms a mapping that somebody else asked for.</summary>
    /// <param name="confirming">Leave to confirm.</param>
    /// <exception cref="AccessRefusedException">The grant is of who asked, or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such mapping.</exception>
    public async ValueTask<GroupRole> ConfirmAsync(
        AccessGrant confirming,
        string id,
        CancellationToken cancellationToken
    )
    {
        var mapping = Find(id);
        confirming.DemandAnother(Operation.Confirm, mapping.Requester);
        await confirming.RecordActAsync(
            Operation.Confirm,
            AccessActs.Roles($"group mapping confirmed: {mapping.Group} gives {mapping.Role}"),
            cancellationToken
        );
        var confirmed = mapping with { ConfirmedBy = confirming.Identity.Key };
        return await _store.ChangeAsync(
            known =>
                known.ContainsKey(id)
                    ? new RecordChange<GroupRole, GroupRole>([confirmed], [], confirmed)
                    : throw new StaleRecordException(),
            cancellationToken
        );
    }

    /// <summary>
    /// Removes a mapping, and takes the role from everybody whom the provider gave it: who has it by another of its groups
    /// gets it back at the next sign-in.
    /// </summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such mapping.</exception>
    public async ValueTask RemoveAsync(AccessGrant administering, string id, CancellationToken cancellationToken)
    {
        var mapping = Find(id);
        await administering.RecordActAsync(
            Operation.Administer,
            AccessActs.Roles($"group mapping removed: {mapping.Group} gave {mapping.Role}"),
            cancellationToken
        );
        await _store.ChangeAsync(
            known => new RecordChange<GroupRole, int>([], [mapping], known.Count),
            cancellationToken
        );
        var holders = _people.Current.All.Where(account =>
            account.ProviderRoles.Contains(mapping.Role)
            && account.ExternalLogins.Any(login => login.Issuer == mapping.Issuer)
        );
        foreach (var holder in holders)
        {
            await _people.ChangeAsync(
                holder.Id,
                account => account with { ProviderRoles = account.ProviderRoles.Remove(mapping.Role) },
                cancellationToken
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    private GroupRole Find(string id) =>
        _store.Current.GetValueOrDefault(id) ?? throw new StateException("there is no such mapping");
}

[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 8
)]
[JsonSerializable(typeof(ShardDocument<GroupRole>))]
internal sealed partial class GroupJson : JsonSerializerContext;
