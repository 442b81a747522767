using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Leadglass.Access.Trails;

namespace Leadglass.Access;

/// <summary>
/// One trail record per identity, session, address, study and operation, good for minutes, so that five hundred slices of
/// a study cost one record, and whoever uses a stolen session from elsewhere shows. A change of enrolment voids all of them: the epoch is part of the key.
/// </summary>
internal sealed class StudyRecords(ITrail trail, TimeProvider clock)
{
    /// <summary>Above it records are forgotten, which costs further records, never a missing one.</summary>
    internal const int KeptMax = 65_536;

    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Key, Lazy<Record>> _kept = new();

    public ValueTask EnsureAsync(
        AccessGrant grant,
        AccessBasis? basis,
        long epoch,
        StudyFacts study,
        CancellationToken cancellationToken
    )
    {
        var key = new Key(
            grant.Identity.Key,
            SessionOf(grant.Identity),
            grant.Identity.Address,
            grant.Operation,
            study.Study.Value,
            grant.Destination?.Name,
            epoch,
            basis
        );
        return IsWritten(key) ? ValueTask.CompletedTask : EnsureNewAsync(key, grant, study, cancellationToken);
    }

    public ValueTask EnsureQueryAsync(AccessGrant grant, long epoch, string query, CancellationToken cancellationToken)
    {
        // The query itself would keep patient data in memory for minutes.
        var digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(query)));
        var key = new Key(
            grant.Identity.Key,
            SessionOf(grant.Identity),
            grant.Identity.Address,
            grant.Operation,
            digest,
            Where: null,
            epoch,
            Basis: null
        );
        return EnsureAsync(key, grant, () => Asked(grant, query), cancellationToken);
    }

    public async ValueTask OutcomeAsync(
        AccessGrant grant,
        StudyFacts study,
        int instances,
        int failures,
        CancellationToken cancellationToken
    ) =>
        await RecordAsync(
            Described(grant) with
            {
                Event = grant.Operation is Operation.Export ? AuditEvent.Export : AuditEvent.InstancesTransferred,
                Action = ActionOf(grant.Operation),
                Outcome = failures == 0 ? AuditOutcome.Success : AuditOutcome.MinorFailure,
                Study = study.Study,
                Patient = study.Patient,
                Count = instances,
                Failures = failures,
            },
            cancellationToken
        );

    private static string? SessionOf(Identity identity) =>
        identity switch
        {
            PersonIdentity person => person.SessionId,
            ShareIdentity share => share.SessionId,
            _ => null,
        };

    private static AuditAction ActionOf(Operation operation) =>
        operation switch
        {
            Operation.Store => AuditAction.Create,
            Operation.Reject or Operation.Correct or Operation.ResolveConflict => AuditAction.Update,
            _ => AuditAction.Read,
        };

    private static TrailEvent Described(AccessGrant grant) =>
        new()
        {
            Event = AuditEvent.InstancesAccessed,
            Who = grant.Identity.Key,
            Certificate = (grant.Identity as DeviceIdentity)?.Fingerprint,
            Address = grant.Identity.Address?.ToString(),
            Through = (grant.Identity as DeviceIdentity)?.Through?.Name,
            Operation = grant.Operation,
            Destination = grant.Destination?.Name,
        };

    private static TrailEvent Begun(AccessGrant grant, StudyFacts study, AccessBasis? basis) =>
        Described(grant) with
        {
            Event = grant.Operation switch
            {
                Operation.Query
                or Operation.Reject
                or Operation.Correct
                or Operation.ResolveConflict
                or Operation.Assign
                or Operation.Share => AuditEvent.InstancesAccessed,
                Operation.Store when grant.Identity is OperatorIdentity => AuditEvent.Import,
                Operation.Export => AuditEvent.Export,
                _ => AuditEvent.BeginTransferringInstances,
            },
            Action = ActionOf(grant.Operation),
            Study = study.Study,
            Patient = study.Patient,
            Basis = basis,
        };

    private static TrailEvent Asked(AccessGrant grant, string query) =>
        Described(grant) with
        {
            Event = AuditEvent.Query,
            Action = AuditAction.Execute,
            Detail = query,
        };

    private bool IsWritten(Key key) =>
        _kept.TryGetValue(key, out var known)
        && known.IsValueCreated
        && known.Value.HoldsAt(clock.GetUtcNow())
        && known.Value.Written.IsCompletedSuccessfully;

    // Apart, so that the way taken for every instance makes no closure.
    private ValueTask EnsureNewAsync(
        Key key,
        AccessGrant grant,
        StudyFacts study,
        CancellationToken cancellationToken
    ) => EnsureAsync(key, grant, () => Begun(grant, study, key.Basis), cancellationToken);

    private ValueTask EnsureAsync(
        Key key,
        AccessGrant grant,
        Func<TrailEvent> describe,
        CancellationToken cancellationToken
    )
    {
        var now = clock.GetUtcNow();
        if (_kept.TryGetValue(key, out var known) && known.IsValueCreated && known.Value.HoldsAt(now))
        {
            return known.Value.Written.IsCompletedSuccessfully
                ? ValueTask.CompletedTask
                : WaitAsync(key, known, grant, cancellationToken);
        }
        Trim(now);
        var fresh = new Lazy<Record>(() =>
            // The record is for all who wait on it: no single caller's cancellation ends it.
            new Record(trail.RecordAsync(describe(), CancellationToken.None).AsTask(), now + Validity)
        );
        var current = _kept.AddOrUpdate(
            key,
            fresh,
            (_, other) => ReferenceEquals(other, known) || !other.Value.HoldsAt(now) ? fresh : other
        );
        return WaitAsync(key, current, grant, cancellationToken);
    }

    private async ValueTask WaitAsync(
        Key key,
        Lazy<Record> record,
        AccessGrant grant,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await record.Value.Written.WaitAsync(cancellationToken);
        }
        catch (TrailUnavailableException failure)
        {
            _kept.TryRemove(KeyValuePair.Create(key, record));
            throw new AccessRefusedException(RefusalReason.TrailUnavailable, failure);
        }
        // Access may have been withdrawn while the record was being written.
        if (grant.Voided is { } reason)
        {
            throw new AccessRefusedException(reason);
        }
    }

    /// <exception cref="AccessRefusedException">The trail fails.</exception>
    public async ValueTask RecordAsync(TrailEvent trailEvent, CancellationToken cancellationToken)
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

    private void Trim(DateTimeOffset now)
    {
        if (_kept.Count < KeptMax)
        {
            return;
        }
        foreach (var pair in _kept)
        {
            if (pair.Value.IsValueCreated && !pair.Value.Value.HoldsAt(now))
            {
                _kept.TryRemove(pair);
            }
        }
        if (_kept.Count >= KeptMax)
        {
            _kept.Clear();
        }
    }

    private readonly record struct Key(
        string Who,
        string? Session,
        IPAddress? From,
        Operation Operation,
        string What,
        string? Where,
        long Epoch,
        AccessBasis? Basis
    );

    private sealed record Record(Task Written, DateTimeOffset Until)
    {
        public bool HoldsAt(DateTimeOffset now) => now < Until && !Written.IsFaulted && !Written.IsCanceled;
    }
}
