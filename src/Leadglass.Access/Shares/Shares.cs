using System.Net;
using System.Text.Json.Serialization;
using Leadglass.Access.Trails;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>
/// Studies shared with outside persons: sealed in <c>state/shares/</c>. A change is durable when it returns; a share that
/// is revoked, locked or over ends its sessions and grants at once. Safe for concurrent use.
/// </summary>
public sealed class Shares : IDisposable
{
    /// <summary>The most shares that are kept; those that ended longest ago make room.</summary>
    public const int SharesMax = 20_000;

    /// <summary>The most open shares that one person may have made.</summary>
    public const int OpenPerPersonMax = 500;

    private const int ForWhomLengthMax = 200;

    private static readonly ShardPlan<StudyShare> Plan = new(
        "shares",
        Shards: 64,
        SharesMax,
        share => share.Id,
        share => share.Id,
        ShareJson.Default.ShardDocumentStudyShare
    );

    private readonly RecordStore<StudyShare> _store;
    private readonly TimeProvider _clock;

    private Shares(RecordStore<StudyShare> store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
    }

    /// <summary>Raised after a share was made, ended or locked, by whichever task did it.</summary>
    public event EventHandler<RecordsChangedEventArgs>? Changed;

    /// <summary>All that are kept, the newest first; for who administers: their ToString shows no patient.</summary>
    public IEnumerable<StudyShare> All => _store.Current.Values.OrderByDescending(share => share.MadeAt);

    /// <summary>Opens the shares of an archive; where there are none yet, it is empty.</summary>
    /// <exception cref="SealingException">A file is damaged or of another master key.</exception>
    /// <exception cref="StateException">Its content is of another version or breaks a rule.</exception>
    public static async ValueTask<Shares> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    ) => new(await RecordStore<StudyShare>.OpenAsync(state, master, Plan, forgiving: false, cancellationToken), clock);

    /// <summary>The share of this id.</summary>
    public StudyShare? Find(string id) => _store.Current.GetValueOrDefault(id);

    /// <summary>Shares a study, once the trail has it.</summary>
    /// <param name="sharing">Leave to share.</param>
    /// <param name="study">What is shared.</param>
    /// <param name="hash">For the code.</param>
    /// <exception cref="AccessRefusedException">The grant does not hold or cover the study, or the trail fails.</exception>
    /// <exception cref="StateException">The person or the end date is not as it may be.</exception>
    public async ValueTask<MadeShare> MakeAsync(
        AccessGrant sharing,
        StudyFacts study,
        ShareRequest request,
        ISlowHash hash,
        CancellationToken cancellationToken
    )
    {
        sharing.Demand(Operation.Share);
        var now = _clock.GetUtcNow();
        if (sharing.Identity is not PersonIdentity person)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
        if (string.IsNullOrWhiteSpace(request.ForWhom) || request.ForWhom.Length > ForWhomLengthMax)
        {
            throw new StateException($"say with whom: 1 to {ForWhomLengthMax} characters");
        }
        if (request.EndsAt <= now || request.EndsAt > now + StudyShare.DurationMax)
        {
            throw new StateException($"a share ends within {StudyShare.DurationMax.Days} days");
        }
        var (link, code) = (AccessSecret.Create(), AccessSecret.CreateCode());
        var share = new StudyShare
        {
            Id = AccessSecret.NewId(),
            Study = study.Study.Value,
            Patient = study.Patient,
            ForWhom = request.ForWhom.Trim(),
            MadeById = person.AccountId,
            MadeBy = person.Name,
            MadeAt = now,
            EndsAt = request.EndsAt,
            Language = request.Language,
            LinkDigest = AccessSecret.DigestOf(link),
            CodeHash = hash.Hash(code),
        };
        await sharing.AuthorizeAsync(study, cancellationToken);
        await sharing.RecordActAsync(
            Operation.Share,
            AccessActs.Object(study, $"share {share.Id} until {share.EndsAt:u} for {share.ForWhom}"),
            cancellationToken
        );
        await AddAsync(share, now, cancellationToken);
        Changed?.Invoke(this, new RecordsChangedEventArgs([share.Id]));
        return new MadeShare(share, link, code);
    }

    /// <summary>
    /// Tries link and code. A wrong link costs nothing; a wrong code with the right link counts, durably, and the fifth
    /// locks the share for good. Each success and failure is in the trail.
    /// </summary>
    /// <param name="trail">Where it is recorded.</param>
    /// <exception cref="AccessRefusedException">The trail fails.</exception>
    public async ValueTask<ShareOpening> OpenAsync(
        string id,
        string? linkSecret,
        string? code,
        IPAddress? address,
        ISlowHash hash,
        ITrail trail,
        CancellationToken cancellationToken
    )
    {
        var share = Find(id);
        if (!AccessSecret.Matches(share?.LinkDigest ?? new string('0', 64), linkSecret) || share is null)
        {
            return Refuse(trail, "stranger", address, RefusalReason.WrongCredentials);
        }
        if (share.WhyClosed(_clock.GetUtcNow()) is { } closed)
        {
            return Refuse(trail, ShareIdentity.KeyOf(share), address, closed);
        }
        // Counted before it is looked at, so that many at the same time are no more attempts than one after the other.
        var counted = await CountAsync(id, opened: false, cancellationToken);
        if (counted.Failures > StudyShare.FailuresMax)
        {
            return Refuse(trail, ShareIdentity.KeyOf(share), address, RefusalReason.ShareLocked);
        }
        var shown = code is { Length: > 0 and <= AccessSecret.LengthMax } ? AccessSecret.NormalizeCode(code) : "";
        if (!hash.Verify(share.CodeHash, shown))
        {
            await RecordAsync(trail, AccessActs.ShareRefused(counted, address), cancellationToken);
            if (counted.IsLocked)
            {
                Changed?.Invoke(this, new RecordsChangedEventArgs([id]));
            }
            return new ShareOpening.Refused(RefusalReason.WrongCredentials);
        }
        await RecordAsync(trail, AccessActs.ShareOpened(share, address), cancellationToken);
        return new ShareOpening.Opened(await CountAsync(id, opened: true, cancellationToken));
    }

    /// <summary>Ends a share at once: by who made it, or by an administrator.</summary>
    /// <param name="ending">Leave to share, of the person who made it; or leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is another's or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such share.</exception>
    public async ValueTask<StudyShare> RevokeAsync(AccessGrant ending, string id, CancellationToken cancellationToken)
    {
        var share = Find(id) ?? throw Missing();
        if (
            ending.Operation is not Operation.Administer
            && !(ending.Identity is PersonIdentity person && person.AccountId == share.MadeById)
        )
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
        await ending.RecordActAsync(
            ending.Operation is Operation.Administer ? Operation.Administer : Operation.Share,
            AccessActs.Object(share, $"share {id} ended"),
            cancellationToken
        );
        var now = _clock.GetUtcNow();
        var ended = await ChangeAsync(
            id,
            known => known.RevokedAt is null ? known with { RevokedAt = now, RevokedBy = ending.Identity.Key } : known,
            cancellationToken
        );
        Changed?.Invoke(this, new RecordsChangedEventArgs([id]));
        return ended;
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    private static StateException Missing() => new("there is no such share");

    private static ShareOpening.Refused Refuse(ITrail trail, string who, IPAddress? address, RefusalReason reason)
    {
        trail.NoteRefusal(AccessActs.SignInRefused(who, address, reason));
        return new ShareOpening.Refused(reason);
    }

    private static async ValueTask RecordAsync(ITrail trail, TrailEvent trailEvent, CancellationToken cancellationToken)
    {
        try
        {
            await trail.RecordAsync(trailEvent, cancellationToken);
        }
        catch (TrailUnavailableException failure)
        {
            throw new AccessRefusedException(RefusalReason.TrailUnavailable, failure);
        }
    }

    private async ValueTask AddAsync(StudyShare share, DateTimeOffset now, CancellationToken cancellationToken) =>
        await _store.ChangeAsync(
            shares =>
            {
                var open = shares.Values.Count(other =>
                    other.MadeById == share.MadeById && other.WhyClosed(now) is null
                );
                if (open >= OpenPerPersonMax)
                {
                    throw new StateException($"you have {open} open shares: end some first");
                }
                List<StudyShare> removed = [];
                if (shares.Count >= SharesMax)
                {
                    removed.AddRange(
                        shares
                            .Values.Where(other => other.WhyClosed(now) is not null)
                            .OrderBy(other => other.EndsAt)
                            .Take(1)
                    );
                }
                return new RecordChange<StudyShare, StudyShare>([share], removed, share);
            },
            cancellationToken
        );

    private ValueTask<StudyShare> CountAsync(string id, bool opened, CancellationToken cancellationToken) =>
        ChangeAsync(
            id,
            share =>
                share with
                {
                    Failures = opened ? 0 : share.Failures + 1,
                    Openings = share.Openings + (opened ? 1 : 0),
                    LastOpenedAt = opened ? _clock.GetUtcNow() : share.LastOpenedAt,
                },
            cancellationToken
        );

    private ValueTask<StudyShare> ChangeAsync(
        string id,
        Func<StudyShare, StudyShare> change,
        CancellationToken cancellationToken
    ) =>
        _store.ChangeAsync(
            shares =>
            {
                var before = shares.GetValueOrDefault(id) ?? throw Missing();
                var after = change(before);
                return new RecordChange<StudyShare, StudyShare>(
                    ReferenceEquals(before, after) ? [] : [after],
                    [],
                    after
                );
            },
            cancellationToken
        );
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, MaxDepth = 8)]
[JsonSerializable(typeof(ShardDocument<StudyShare>))]
internal sealed partial class ShareJson : JsonSerializerContext;
