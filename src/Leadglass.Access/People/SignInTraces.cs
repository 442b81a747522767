using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>What signing in leaves behind with an account.</summary>
/// <param name="AccountId">Whose.</param>
public sealed record SignInTrace(string AccountId)
{
    /// <summary>Failed attempts since the last success or lock.</summary>
    public int Failures { get; init; }

    /// <summary>Until then signing in is refused; null: it is not.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>The last success.</summary>
    public DateTimeOffset? LastSignInAt { get; init; }

    /// <summary>The last time step of a one-time password that was used (RFC 6238): none is good twice.</summary>
    public long LastTimeStep { get; init; }
}

/// <summary>
/// Failed attempts, locks and times of signing in. In force at once, but written in the background, at most once in two
/// seconds and all together: whoever guesses passwords makes no write for each guess. A power cut forgets at most the
/// last two seconds. Safe for concurrent use.
/// </summary>
public sealed class SignInTraces : IDisposable
{
    private static readonly TimeSpan WrittenEvery = TimeSpan.FromSeconds(2);

    private static readonly ShardPlan<SignInTrace> Plan = new(
        "signins",
        Shards: 16,
        People.AccountsMax + 1_000,
        trace => trace.AccountId,
        trace => trace.AccountId,
        TraceJson.Default.ShardDocumentSignInTrace
    );

    private readonly SealedShards<SignInTrace> _shards;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly Dictionary<string, SignInTrace> _traces;
    private readonly HashSet<string> _unwritten = [];
    private ITimer? _timer;
    private bool _disposed;

    private SignInTraces(SealedShards<SignInTrace> shards, TimeProvider clock)
    {
        _shards = shards;
        _traces = shards.All.ToDictionary(trace => trace.AccountId);
        _clock = clock;
    }

    /// <summary>What is known of an account; zeros where nothing is.</summary>
    public SignInTrace Of(string accountId)
    {
        lock (_gate)
        {
            return _traces.GetValueOrDefault(accountId) ?? new SignInTrace(accountId);
        }
    }

    /// <summary>Changes what is known of an account; in force when it returns.</summary>
    public SignInTrace Change(string accountId, Func<SignInTrace, SignInTrace> change)
    {
        lock (_gate)
        {
            var before = _traces.GetValueOrDefault(accountId) ?? new SignInTrace(accountId);
            var after = change(before) with { AccountId = accountId };
            if (after != before)
            {
                _traces[accountId] = after;
                WriteSoon(accountId);
            }
            return after;
        }
    }

    /// <summary>Writes what is not written yet.</summary>
    /// <exception cref="DurableIOException">It could not be written; it is tried again.</exception>
    public void Flush()
    {
        lock (_writing)
        {
            List<SignInTrace> put;
            List<SignInTrace> removed;
            lock (_gate)
            {
                put = [.. _unwritten.Where(_traces.ContainsKey).Select(id => _traces[id])];
                removed = [.. _unwritten.Where(id => !_traces.ContainsKey(id)).Select(id => new SignInTrace(id))];
                _unwritten.Clear();
            }
            try
            {
                _shards.Write(put, removed);
            }
            catch (Exception failure) when (failure is IOException or StateException)
            {
                lock (_gate)
                {
                    _unwritten.UnionWith(put.Concat(removed).Select(trace => trace.AccountId));
                }
                throw;
            }
        }
    }

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
            _timer?.Dispose();
            _timer = null;
        }
        TryWrite();
    }

    // A damaged file is forgotten: it opens no door that a password does not open.
    internal static async ValueTask<SignInTraces> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    ) => new(await SealedShards<SignInTrace>.OpenAsync(state, master, Plan, forgiving: true, cancellationToken), clock);

    internal void Forget(string accountId)
    {
        lock (_gate)
        {
            if (_traces.Remove(accountId))
            {
                WriteSoon(accountId);
            }
        }
    }

    /// <summary>Under the gate. The timer lives while something is unwritten.</summary>
    private void WriteSoon(string accountId)
    {
        _unwritten.Add(accountId);
        if (!_disposed)
        {
            _timer ??= _clock.CreateTimer(_ => Tick(), null, WrittenEvery, WrittenEvery);
        }
    }

    private void Tick()
    {
        TryWrite();
        lock (_gate)
        {
            if (_unwritten.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    private void TryWrite()
    {
        try
        {
            Flush();
        }
        catch (Exception failure) when (failure is IOException or StateException)
        {
            // It stays unwritten and is tried again at the next tick.
        }
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, MaxDepth = 8)]
[JsonSerializable(typeof(ShardDocument<SignInTrace>))]
internal sealed partial class TraceJson : JsonSerializerContext;
