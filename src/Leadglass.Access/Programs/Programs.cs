using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>A record of a registry was changed or removed.</summary>
/// <param name="ids">Which ones: client ids, ids of shares.</param>
public sealed class RecordsChangedEventArgs(ImmutableArray<string> ids) : EventArgs
{
    /// <summary>Which ones.</summary>
    public ImmutableArray<string> Ids { get; } = ids;
}

/// <summary>A program as it was registered.</summary>
/// <param name="Program">As it is kept.</param>
/// <param name="Secret">Its secret, shown once; null where it has none.</param>
public sealed record ProgramRegistration(RegisteredProgram Program, string? Secret)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => Program.ClientId;
}

/// <summary>
/// Which programs are registered: sealed in <c>state/programs/</c>. A change is durable when it returns and voids the
/// program's tokens and grants. Safe for concurrent use.
/// </summary>
public sealed class Programs : IDisposable
{
    /// <summary>The most programs of one archive.</summary>
    public const int ProgramsMax = 1_000;

    private const int FingerprintsMax = 8;

    private static readonly ShardPlan<RegisteredProgram> Plan = new(
        "programs",
        Shards: 8,
        ProgramsMax,
        program => program.ClientId,
        program => program.ClientId,
        ProgramJson.Default.ShardDocumentRegisteredProgram,
        Check
    );

    private readonly RecordStore<RegisteredProgram> _store;
    private readonly TimeProvider _clock;

    private Programs(RecordStore<RegisteredProgram> store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
    }

    /// <summary>Raised after a change, by whichever task made it.</summary>
    public event EventHandler<RecordsChangedEventArgs>? Changed;

    /// <summary>All, by client id.</summary>
    public IEnumerable<RegisteredProgram> All =>
        _store.Current.Values.OrderBy(program => program.ClientId, StringComparer.Ordinal);

    /// <summary>Opens the programs of an archive; where there are none yet, it is empty.</summary>
    /// <exception cref="SealingException">A file is damaged or of another master key.</exception>
    /// <exception cref="StateException">Its content is of another version or breaks a rule.</exception>
    public static async ValueTask<Programs> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    ) =>
        new(
            await RecordStore<RegisteredProgram>.OpenAsync(state, master, Plan, forgiving: false, cancellationToken),
            clock
        );

    /// <summary>The program of this client id; upper and lower case differ.</summary>
    public RegisteredProgram? Find(string clientId) => _store.Current.GetValueOrDefault(clientId);

    /// <summary>The program that may come with this certificate.</summary>
    public RegisteredProgram? FindByCertificate(CertificateFingerprint fingerprint) =>
        _store.Current.Values.FirstOrDefault(program => program.Fingerprints.Contains(fingerprint.Value));

    /// <summary>Whether the secret is the program's. Takes as long for a program that does not exist.</summary>
    public bool IsSecretOf(string clientId, string? secret)
    {
        var digest = Find(clientId)?.SecretDigest;
        return AccessSecret.Matches(digest ?? new string('0', 64), secret) && digest is not null;
    }

    /// <summary>
    /// Registers a program. Registered on the archive's machine it counts at once; registered by an administrator it
    /// waits for a second person, unless it only observes.
    /// </summary>
    /// <param name="administering">Leave to administer.</param>
    /// <param name="withSecret">Whether it gets a secret.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">The client id or a certificate is taken, or it is not well-formed.</exception>
    public async ValueTask<ProgramRegistration> RegisterAsync(
        AccessGrant administering,
        RegisteredProgram program,
        bool withSecret,
        CancellationToken cancellationToken
    )
    {
        var secret = withSecret ? AccessSecret.Create() : null;
        var made = program with
        {
            CreatedAt = _clock.GetUtcNow(),
            RegisteredBy = administering.Identity.Key,
            Registrar = administering.Identity.LastingKey,
            IsConfirmed = administering.Identity is OperatorIdentity || TakesOne(program.Rights),
            SecretDigest = secret is null ? null : AccessSecret.DigestOf(secret),
            Version = 1,
        };
        Check(made);
        await administering.RecordActAsync(
            Operation.Administer,
            AccessActs.Account($"program {made.ClientId} registered: {made.Rights}"),
            cancellationToken
        );
        await ChangeAsync(
            programs =>
                programs.ContainsKey(made.ClientId)
                    ? throw new StateException($"a program named {made.ClientId} is registered: choose another name")
                    : made,
            cancellationToken
        );
        return new ProgramRegistration(made, secret);
    }

    /// <summary>Gives a program a new secret; the former one and all tokens are void at once.</summary>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such program.</exception>
    public async ValueTask<ProgramRegistration> RenewSecretAsync(
        AccessGrant administering,
        string clientId,
        CancellationToken cancellationToken
    )
    {
        var secret = AccessSecret.Create();
        var renewed = await ChangeAsync(
            administering,
            clientId,
            $"program {clientId}: new secret",
            program =>
                program with
                {
                    SecretDigest = AccessSecret.DigestOf(secret),
                    // Whoever holds the new secret is who asked for it: a second person looks again.
                    IsConfirmed = administering.Identity is OperatorIdentity || TakesOne(program.Rights),
                    RegisteredBy = administering.Identity.Key,
                    Registrar = administering.Identity.LastingKey,
                },
            cancellationToken
        );
        return new ProgramRegistration(renewed, secret);
    }

    /// <summary>Lets a program in again or shuts it out.</summary>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such program.</exception>
    public ValueTask<RegisteredProgram> SetEnabledAsync(
        AccessGrant administering,
        string clientId,
        bool enabled,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            administering,
            clientId,
            $"program {clientId} {(enabled ? "enabled" : "disabled")}",
            program => program with { Enabled = enabled },
            cancellationToken
        );

    /// <summary>Confirms a program that somebody else registered.</summary>
    /// <param name="confirming">Leave to confirm.</param>
    /// <exception cref="AccessRefusedException">
    /// The grant is for something else, of the person who registered it, or does not hold, or the trail fails.
    /// </exception>
    /// <exception cref="StateException">There is no such program.</exception>
    public async ValueTask<RegisteredProgram> ConfirmAsync(
        AccessGrant confirming,
        string clientId,
        CancellationToken cancellationToken
    )
    {
        var program = Find(clientId) ?? throw Missing();
        confirming.DemandAnother(Operation.Confirm, program.Registrar);
        await confirming.RecordActAsync(
            Operation.Confirm,
            AccessActs.Roles($"program {clientId} confirmed: {program.Rights}"),
            cancellationToken
        );
        return await ChangeAsync(
            programs =>
                (programs.GetValueOrDefault(clientId) ?? throw Missing()) is var now && now.Version == program.Version
                    ? now with
                    {
                        IsConfirmed = true,
                        Version = now.Version + 1,
                    }
                    : throw new StaleRecordException(),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    private static bool TakesOne(ProgramRights rights) => (rights & ~ProgramRights.Observe) == ProgramRights.None;

    private static StateException Missing() => new("there is no such program: see leadglass client list");

    private static void Check(RegisteredProgram program)
    {
        if (!RegisteredProgram.IsClientId(program.ClientId))
        {
            throw new StateException(
                $"a program's name has 1 to {Device.NameLengthMax} letters, digits, '.', '_' or '-' and begins with a letter or digit"
            );
        }
        if (
            program.Fingerprints.Length > FingerprintsMax
            || !program.Fingerprints.All(text => CertificateFingerprint.TryParse(text, out _))
        )
        {
            throw new StateException($"a program has at most {FingerprintsMax} certificates, named by their SHA-256");
        }
        if (Math.Max(program.Scope.Patients.Length, program.Scope.Modalities.Length) > 1_000)
        {
            throw new StateException("a program has a list of more than 1000 entries");
        }
    }

    private async ValueTask<RegisteredProgram> ChangeAsync(
        AccessGrant administering,
        string clientId,
        string what,
        Func<RegisteredProgram, RegisteredProgram> change,
        CancellationToken cancellationToken
    )
    {
        _ = Find(clientId) ?? throw Missing();
        await administering.RecordActAsync(Operation.Administer, AccessActs.Account(what), cancellationToken);
        return await ChangeAsync(
            programs =>
                (programs.GetValueOrDefault(clientId) ?? throw Missing()) is var now
                    ? change(now) with
                    {
                        Version = now.Version + 1,
                    }
                    : throw Missing(),
            cancellationToken
        );
    }

    private async ValueTask<RegisteredProgram> ChangeAsync(
        Func<ImmutableDictionary<string, RegisteredProgram>, RegisteredProgram> change,
        CancellationToken cancellationToken
    )
    {
        var changed = await _store.ChangeAsync(
            programs =>
            {
                var program = change(programs);
                var taken = programs.Values.Any(other =>
                    other.ClientId != program.ClientId && other.Fingerprints.Intersect(program.Fingerprints).Any()
                );
                return taken
                    ? throw new StateException("another program has this certificate")
                    : new RecordChange<RegisteredProgram, RegisteredProgram>([program], [], program);
            },
            cancellationToken
        );
        Changed?.Invoke(this, new RecordsChangedEventArgs([changed.ClientId]));
        return changed;
    }
}

[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 16
)]
[JsonSerializable(typeof(ShardDocument<RegisteredProgram>))]
internal sealed partial class ProgramJson : JsonSerializerContext;
