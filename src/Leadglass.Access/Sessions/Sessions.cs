using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>
/// Who is signed in: sealed in <c>state/sessions/</c>, so that a restart signs nobody out. Opening and ending are durable
/// when they return; when a session was last used is written in the background. Ends are in force even where they cannot
/// be written. Safe for concurrent use.
/// </summary>
public sealed class Sessions : IDisposable
{
    /// <summary>The most sessions of one archive; the one unused longest makes room.</summary>
    public const int SessionsMax = 50_000;

    /// <summary>The most sessions of one person or share and kind; the oldest makes room.</summary>
    public const int PerOwnerMax = 20;

    /// <summary>The most studies that a viewer keeps open; the oldest makes room.</summary>
    public const int StudiesMax = 64;

    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan WrittenEvery = TimeSpan.FromMinutes(5);

    private static readonly ShardPlan<Session> Plan = new(
        "sessions",
        Shards: 128,
        SessionsMax + PerOwnerMax,
        session => session.Id,
        session => session.Owner,
        SessionJson.Default.ShardDocumentSession
    );

    private readonly RecordStore<Session> _store;
    private readonly Func<string, long?> _rightsOf;
    private readonly TimeProvider _clock;
    private readonly Lock _sweeping = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _seen = new();
    private readonly ConcurrentDictionary<string, byte> _ended = new();
    private ImmutableDictionary<string, string> _bySecret;
    private ITimer? _timer;
    private bool _disposed;

    private Sessions(RecordStore<Session> store, SessionLimits limits, Func<string, long?> rightsOf, TimeProvider clock)
    {
        _store = store;
        _rightsOf = rightsOf;
        Limits = limits;
        _clock = clock;
        _bySecret = store.Current.Values.ToImmutableDictionary(session => session.SecretDigest, session => session.Id);
        SweepLater();
    }

    /// <summary>How long they last.</summary>
    public SessionLimits Limits { get; }

    /// <summary>How many are kept.</summary>
    public int Count => _store.Current.Count;

    /// <summary>Opens the sessions of an archive. A damaged file is forgotten: who was in it signs in again.</summary>
    /// <param name="state">The folder <c>state/</c>.</param>
    /// <param name="master">The archive's master key; it stays its owner's to dispose of.</param>
    /// <param name="limits">How long they last.</param>
    /// <param name="rightsOf">
    /// From an account's id to its <see cref="Account.RightsVersion"/>; null: it is gone. A session of another is over.
    /// </param>
    /// <param name="clock">The time.</param>
    /// <exception cref="SealingException">A file is of another master key.</exception>
    public static async ValueTask<Sessions> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        SessionLimits limits,
        Func<string, long?> rightsOf,
        TimeProvider clock,
        CancellationToken cancellationToken
    ) =>
        new(
            await RecordStore<Session>.OpenAsync(state, master, Plan, forgiving: true, cancellationToken),
            limits,
            rightsOf,
            clock
        );

    /// <summary>Opens a session of a person who proved who they are. Only the sign-in calls this.</summary>
    public ValueTask<MadeSession> OpenAsync(
        Account account,
        SessionOpening opening,
        CancellationToken cancellationToken
    ) =>
        OpenAsync(
            Fresh(SessionKind.Pages, opening) with
            {
                AccountId = account.Id,
                RightsVersion = account.RightsVersion,
            },
            cancellationToken
        );

    /// <summary>Opens a session of an outside person who opened a share. It ends with the share.</summary>
    public ValueTask<MadeSession> OpenAsync(
        ShareOpening.Opened share,
        SessionOpening opening,
        CancellationToken cancellationToken
    )
    {
        var fresh = Fresh(SessionKind.Share, opening) with { ShareId = share.Share.Id };
        return OpenAsync(fresh with { EndsAt = Earlier(fresh.EndsAt, share.Share.EndsAt) }, cancellationToken);
    }

    /// <summary>Opens the viewer of a session: it reads no study yet.</summary>
    /// <param name="parent">A session of a person or a share, which the viewer's ends with.</param>
    /// <exception cref="StateException">The session is over.</exception>
    public ValueTask<MadeSession> OpenViewerAsync(Session parent, CancellationToken cancellationToken)
    {
        if (parent.Kind is SessionKind.Viewer || !IsLive(parent))
        {
            throw new StateException("the session is over: sign in again");
        }
        return OpenAsync(
            parent with
            {
                Id = AccessSecret.NewId(),
                Kind = SessionKind.Viewer,
                ParentId = parent.Id,
                MadeAt = _clock.GetUtcNow(),
                LastSeenAt = _clock.GetUtcNow(),
                Studies = [],
                ProviderNote = null,
            },
            cancellationToken
        );
    }

    /// <summary>Lets a viewer read a study, as far as its person or share may; the grant is asked all the same.</summary>
    /// <exception cref="StateException">There is no such viewer.</exception>
    public async ValueTask OpenStudyAsync(string viewerId, StudyInstanceUid study, CancellationToken cancellationToken)
    {
        if (Find(viewerId) is { Kind: SessionKind.Viewer } known && known.Studies.Contains(study.Value))
        {
            return;
        }
        await _store.ChangeAsync(
            sessions =>
            {
                if (sessions.GetValueOrDefault(viewerId) is not { Kind: SessionKind.Viewer } viewer)
                {
                    throw new StateException("the viewer is closed: open it again");
                }
                var studies = viewer.Studies.Remove(study.Value).Add(study.Value);
                var opened = viewer with { Studies = [.. studies.TakeLast(StudiesMax)] };
                return new RecordChange<Session, Session>([opened], [], opened);
            },
            cancellationToken
        );
    }

    /// <summary>The session of this id, live or not.</summary>
    public Session? Find(string id) => _store.Current.GetValueOrDefault(id) is { } kept ? WithSeen(kept) : null;

    /// <summary>The live session with this secret, which is seen by this; null: there is none.</summary>
    public Session? FindBySecret(string? secret, SessionKind kind)
    {
        if (secret is not { Length: > 0 and <= AccessSecret.LengthMax })
        {
            return null;
        }
        // A look-up by the digest of 256 random bits tells by its time nothing that helps to find them.
        var id = Volatile.Read(ref _bySecret).GetValueOrDefault(AccessSecret.DigestOf(secret));
        var session = id is null ? null : Find(id);
        if (session is null || session.Kind != kind || !IsLive(session))
        {
            return null;
        }
        See(session);
        return session;
    }

    /// <summary>The live sessions of an account, the last used first.</summary>
    public IReadOnlyList<Session> Of(string accountId) =>
        [
            .. _store
                .Current.Values.Where(session => session.AccountId == accountId)
                .Select(WithSeen)
                .Where(IsLive)
                .OrderByDescending(session => session.LastSeenAt),
        ];

    /// <summary>Ends a session and its viewers.</summary>
    /// <exception cref="DurableIOException">It is ended, but a restart may forget that.</exception>
    public ValueTask EndAsync(string id, CancellationToken cancellationToken) =>
        EndAsync(session => session.Id == id || session.ParentId == id, cancellationToken);

    /// <summary>Ends all sessions of an account.</summary>
    /// <param name="accountId">Whose.</param>
    /// <param name="exceptId">One that stays, with its viewers; null: none.</param>
    /// <exception cref="DurableIOException">They are ended, but a restart may forget that.</exception>
    public ValueTask EndAllAsync(string accountId, string? exceptId, CancellationToken cancellationToken) =>
        EndAsync(
            session =>
                session.AccountId == accountId
                && (exceptId is null || (session.Id != exceptId && session.ParentId != exceptId)),
            cancellationToken
        );

    /// <summary>Ends all sessions of a share.</summary>
    /// <exception cref="DurableIOException">They are ended, but a restart may forget that.</exception>
    public ValueTask EndShareAsync(string shareId, CancellationToken cancellationToken) =>
        EndAsync(session => session.ShareId == shareId, cancellationToken);

    /// <summary>
    /// Takes a session over to what its account has become, so that who changes their own password stays signed in here
    /// and nowhere else. The secret is another one; the end is the same.
    /// </summary>
    /// <param name="id">The session, which the change of the account voided.</param>
    /// <param name="account">What the account has become.</param>
    /// <exception cref="StateException">It was ended, is not of this account, or its end has passed.</exception>
    public async ValueTask<MadeSession> RenewAsync(string id, Account account, CancellationToken cancellationToken)
    {
        var before = Find(id);
        if (
            before is not { Kind: SessionKind.Pages }
            || before.AccountId != account.Id
            || _ended.ContainsKey(id)
            || _clock.GetUtcNow() >= before.EndsAt
        )
        {
            throw new StateException("the session is over: sign in again");
        }
        await EndAsync(id, cancellationToken);
        return await OpenAsync(
            before with
            {
                Id = AccessSecret.NewId(),
                RightsVersion = account.RightsVersion,
                LastSeenAt = _clock.GetUtcNow(),
            },
            cancellationToken
        );
    }

    /// <summary>Writes when sessions were last used, and leaves out those that are over.</summary>
    /// <exception cref="DurableIOException">It could not be written; it is tried again.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var over = _store.Current.Values.Select(WithSeen).Where(session => !IsLive(session)).ToList();
        var live = _seen.Keys.Select(Find).OfType<Session>().Where(IsLive).ToList();
        await _store.ChangeAsync(
            sessions => new RecordChange<Session, int>(
                // One that was ended meanwhile stays ended, and one that was changed stays changed.
                [
                    .. live.Where(session => sessions.ContainsKey(session.Id))
                        .Select(session => sessions[session.Id] with { LastSeenAt = session.LastSeenAt }),
                ],
                [.. over.Where(session => sessions.ContainsKey(session.Id))],
                0
            ),
            cancellationToken
        );
        Forget(over);
        foreach (var session in live)
        {
            _seen.TryRemove(KeyValuePair.Create(session.Id, session.LastSeenAt));
        }
    }

    /// <summary>Ends the background work; <see cref="FlushAsync"/> first writes what is left.</summary>
    public void Dispose()
    {
        lock (_sweeping)
        {
            _disposed = true;
            _timer?.Dispose();
            _timer = null;
        }
        _store.Dispose();
    }

    internal bool IsLive(string id) => Find(id) is { } session && IsLive(session);

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private bool IsLive(Session session)
    {
        var now = _clock.GetUtcNow();
        if (
            _ended.ContainsKey(session.Id)
            || now >= session.EndsAt
            || (session.AccountId is { } accountId && _rightsOf(accountId) != session.RightsVersion)
        )
        {
            return false;
        }
        // A viewer is used while its page is not: either keeps both.
        return session.ParentId is { } parentId
            ? Find(parentId) is { } parent && IsLive(parent)
            : now < session.LastSeenAt + Limits.Idle;
    }

    private Session WithSeen(Session kept) =>
        _seen.TryGetValue(kept.Id, out var at) && at > kept.LastSeenAt ? kept with { LastSeenAt = at } : kept;

    private void See(Session session)
    {
        var now = _clock.GetUtcNow();
        if (now - session.LastSeenAt >= SeenEvery)
        {
            _seen[session.Id] = now;
        }
        if (session.ParentId is { } parentId && Find(parentId) is { } parent)
        {
            See(parent);
        }
    }

    private Session Fresh(SessionKind kind, SessionOpening opening)
    {
        var now = _clock.GetUtcNow();
        return new Session
        {
            Id = AccessSecret.NewId(),
            Kind = kind,
            Method = opening.Method,
            MadeAt = now,
            LastSeenAt = now,
            EndsAt = now + Limits.Absolute,
            From = Cut(opening.From, 64),
            Agent = Cut(opening.Agent, 64),
            ProviderNote = opening.ProviderNote is { Length: > 8_192 } ? null : opening.ProviderNote,
        };
    }

    private static string Cut(string text, int lengthMax) => text.Length > lengthMax ? text[..lengthMax] : text;

    private async ValueTask<MadeSession> OpenAsync(Session session, CancellationToken cancellationToken)
    {
        var secret = AccessSecret.Create();
        var made = session with { SecretDigest = AccessSecret.DigestOf(secret) };
        var removed = await _store.ChangeAsync(
            sessions =>
            {
                var room = RoomFor(made, sessions);
                return new RecordChange<Session, List<Session>>([made], room, room);
            },
            cancellationToken
        );
        Forget(removed);
        ImmutableInterlocked.TryAdd(ref _bySecret, made.SecretDigest, made.Id);
        SweepLater();
        return new MadeSession(made, secret);
    }

    private List<Session> RoomFor(Session made, ImmutableDictionary<string, Session> sessions)
    {
        var room = sessions
            .Values.Where(other => other.Owner == made.Owner && other.Kind == made.Kind)
            .OrderByDescending(other => other.MadeAt)
            .Skip(PerOwnerMax - 1)
            .ToList();
        if (sessions.Count - room.Count >= SessionsMax)
        {
            room.AddRange(sessions.Values.Except(room).OrderBy(other => WithSeen(other).LastSeenAt).Take(1));
        }
        return
        [
            .. room,
            .. sessions.Values.Where(other => room.Exists(gone => gone.Id == other.ParentId)).Except(room),
        ];
    }

    private async ValueTask EndAsync(Func<Session, bool> which, CancellationToken cancellationToken)
    {
        var ended = _store.Current.Values.Where(which).ToList();
        foreach (var session in ended)
        {
            _ended[session.Id] = 0;
        }
        if (ended.Count == 0)
        {
            return;
        }
        await _store.ChangeAsync(
            sessions => new RecordChange<Session, int>(
                [],
                [.. ended.Where(session => sessions.ContainsKey(session.Id))],
                0
            ),
            cancellationToken
        );
        Forget(ended);
    }

    private void Forget(List<Session> gone)
    {
        foreach (var session in gone)
        {
            ImmutableInterlocked.TryRemove(ref _bySecret, session.SecretDigest, out _);
            _seen.TryRemove(session.Id, out _);
            _ended.TryRemove(session.Id, out _);
        }
    }

    /// <summary>The timer lives while there are sessions.</summary>
    private void SweepLater()
    {
        lock (_sweeping)
        {
            if (!_disposed && Count > 0)
            {
                _timer ??= _clock.CreateTimer(_ => _ = SweepAsync(), null, WrittenEvery, WrittenEvery);
            }
            else
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    private async Task SweepAsync()
    {
        try
        {
            await FlushAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure is IOException or StateException or ObjectDisposedException)
        {
            // When a session was last used is tried again at the next tick.
        }
        SweepLater();
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 8)]
[JsonSerializable(typeof(ShardDocument<Session>))]
internal sealed partial class SessionJson : JsonSerializerContext;
