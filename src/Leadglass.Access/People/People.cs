using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>What a change of the accounts changed.</summary>
/// <param name="changed">Names of accounts that are new, gone, or whose rights are not as they were.</param>
/// <param name="withdrawn">Ids of accounts whose sessions and grants are void.</param>
public sealed class AccountsChangedEventArgs(ImmutableArray<string> changed, ImmutableArray<string> withdrawn)
    : EventArgs
{
    /// <summary>Names of accounts that are new, gone, or whose rights are not as they were.</summary>
    public ImmutableArray<string> Changed { get; } = changed;

    /// <summary>Ids of accounts whose sessions and grants are void.</summary>
    public ImmutableArray<string> Withdrawn { get; } = withdrawn;
}

/// <summary>
/// Who has an account: sealed in <c>state/people/</c>. Readers take <see cref="Current"/>, which is immutable. A change is
/// one account's, whole, and durable when it returns. What signing in leaves behind (failures, locks, times) lies apart in
/// <see cref="Traces"/>. Safe for concurrent use.
/// </summary>
public sealed class People : IDisposable
{
    /// <summary>The most accounts of one archive.</summary>
    public const int AccountsMax = 20_000;

    private static readonly ShardPlan<Account> Plan = new(
        "people",
        Shards: 64,
        AccountsMax,
        account => account.Id,
        account => account.Id,
        PeopleJson.Default.ShardDocumentAccount,
        AccountRules.Check
    );

    private readonly SealedShards<Account> _shards;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private KnownPeople _current = KnownPeople.Nobody;

    private People(SealedShards<Account> shards, SignInTraces traces)
    {
        _shards = shards;
        Traces = traces;
    }

    /// <summary>Raised after a change that made, removed or re-entitled an account, by whichever task made it.</summary>
    public event EventHandler<AccountsChangedEventArgs>? Changed;

    /// <summary>All accounts now.</summary>
    public KnownPeople Current => Volatile.Read(ref _current);

    /// <summary>Failed attempts, locks and times of signing in.</summary>
    public SignInTraces Traces { get; }

    /// <summary>Opens the accounts of an archive; where there are none yet, it is empty.</summary>
    /// <param name="state">The folder <c>state/</c>.</param>
    /// <param name="master">The archive's master key; it stays its owner's to dispose of.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="SealingException">A file is damaged or of another master key.</exception>
    /// <exception cref="StateException">Its content is of another version or breaks a rule.</exception>
    public static async ValueTask<People> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var shards = await SealedShards<Account>.OpenAsync(state, master, Plan, forgiving: false, cancellationToken);
        var known = KnownPeople.Nobody;
        foreach (var account in shards.All)
        {
            known = known.With(account);
        }
        var traces = await SignInTraces.OpenAsync(state, master, clock, cancellationToken);
        return new People(shards, traces) { _current = known };
    }

    /// <summary>Makes an account, without roles; durable when it returns.</summary>
    /// <returns>As it is kept: normalised.</returns>
    /// <exception cref="StateException">Its id, name, address, passkey or login is taken, or it is not well-formed.</exception>
    public ValueTask<Account> AddAsync(Account account, CancellationToken cancellationToken) =>
        ApplyAsync(
            account.Id,
            existing => existing is null ? account : throw new StateException("an account of this id exists"),
            cancellationToken
        );

    /// <summary>
    /// Replaces an account by what it was changed into; durable when it returns. Nothing is written when nothing differs.
    /// Rights stay what they are.
    /// </summary>
    /// <exception cref="StaleRecordException">It is not of the version that is kept.</exception>
    /// <exception cref="StateException">There is none of this id, or what it became is not well-formed or collides.</exception>
    public ValueTask<Account> ReplaceAsync(Account changed, CancellationToken cancellationToken) =>
        ApplyAsync(
            changed.Id,
            existing =>
                existing is null ? throw Missing()
                : existing.Version != changed.Version ? throw new StaleRecordException()
                : changed,
            cancellationToken
        );

    /// <summary>Changes the account of this id, as it is at that moment; durable when it returns.</summary>
    /// <exception cref="StateException">There is none of this id, or what it became is not well-formed or collides.</exception>
    public ValueTask<Account> ChangeAsync(
        string id,
        Func<Account, Account> change,
        CancellationToken cancellationToken
    ) =>
        ApplyAsync(
            id,
            existing => existing is null ? throw Missing() : change(existing) with { Id = id },
            cancellationToken
        );

    /// <summary>Removes an account; durable when it returns. Nothing happens where there is none.</summary>
    /// <exception cref="StaleRecordException">It is not of the version that is kept.</exception>
    public async ValueTask RemoveAsync(string id, long version, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        Account? account;
        try
        {
            account = Current.Find(id);
            if (account is null)
            {
                return;
            }
            if (account.Version != version)
            {
                throw new StaleRecordException();
            }
            _shards.Write([], [account]);
            Volatile.Write(ref _current, Current.Without(id));
        }
        finally
        {
            _gate.Release();
        }
        Traces.Forget(id);
        Changed?.Invoke(this, new AccountsChangedEventArgs([account.Name], [account.Id]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Traces.Dispose();
        _gate.Dispose();
    }

    /// <summary>As <see cref="AddAsync"/>, but only while there is nobody.</summary>
    internal ValueTask<Account> AddFirstAsync(Account account, CancellationToken cancellationToken) =>
        ApplyAsync(
            account.Id,
            _ => Current.Count == 0 ? account : throw new StateException("the archive has accounts: sign in with one"),
            cancellationToken
        );

    internal static StateException Missing() => new("there is no such account");

    private async ValueTask<Account> ApplyAsync(
        string id,
        Func<Account?, Account> change,
        CancellationToken cancellationToken
    )
    {
        await _gate.WaitAsync(cancellationToken);
        Account? before;
        Account after;
        try
        {
            before = Current.Find(id);
            after = AccountRules.Normalize(change(before));
            AccountRules.Check(after);
            if (before is not null && AccountRules.IsSame(before, after))
            {
                return before;
            }
            var withdraws = before is not null && !AccountRules.HasSameRights(before, after);
            after = after with
            {
                Version = (before?.Version ?? 0) + 1,
                RightsVersion = (before?.RightsVersion ?? 0) + (withdraws ? 1 : 0),
            };
            var known = Current.With(after);
            _shards.Write([after], []);
            Volatile.Write(ref _current, known);
        }
        finally
        {
            _gate.Release();
        }
        if (before is null || before.RightsVersion != after.RightsVersion)
        {
            Changed?.Invoke(this, new AccountsChangedEventArgs([after.Name], before is null ? [] : [after.Id]));
        }
        return after;
    }
}

[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 16
)]
[JsonSerializable(typeof(ShardDocument<Account>))]
internal sealed partial class PeopleJson : JsonSerializerContext;
