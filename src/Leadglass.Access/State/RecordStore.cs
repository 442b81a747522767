using System.Collections.Immutable;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>What a change puts into a store, takes out of it, and answers.</summary>
internal sealed record RecordChange<T, TResult>(
    IReadOnlyCollection<T> Put,
    IReadOnlyCollection<T> Removed,
    TResult Result
);

/// <summary>Records by key, kept in sealed shards; one change at a time, durable when it returns.</summary>
internal sealed class RecordStore<T> : IDisposable
{
    private readonly SealedShards<T> _shards;
    private readonly Func<T, string> _keyOf;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ImmutableDictionary<string, T> _current;

    private RecordStore(SealedShards<T> shards, Func<T, string> keyOf)
    {
        _shards = shards;
        _keyOf = keyOf;
        _current = shards.All.ToImmutableDictionary(keyOf);
    }

    public ImmutableDictionary<string, T> Current => Volatile.Read(ref _current);

    public static async ValueTask<RecordStore<T>> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        ShardPlan<T> plan,
        bool forgiving,
        CancellationToken cancellationToken
    ) => new(await SealedShards<T>.OpenAsync(state, master, plan, forgiving, cancellationToken), plan.KeyOf);

    /// <param name="change">From all records to what is changed; it may be refused by an exception.</param>
    public async ValueTask<TResult> ChangeAsync<TResult>(
        Func<ImmutableDictionary<string, T>, RecordChange<T, TResult>> change,
        CancellationToken cancellationToken
    )
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var before = Current;
            var changed = change(before);
            var after = before
                .RemoveRange(changed.Removed.Select(_keyOf))
                .SetItems(changed.Put.Select(record => KeyValuePair.Create(_keyOf(record), record)));
            _shards.Write(changed.Put, changed.Removed);
            Volatile.Write(ref _current, after);
            return changed.Result;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
