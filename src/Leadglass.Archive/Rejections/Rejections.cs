using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Rejected instances (IHE Imaging Object Change Management, RAD TF-2 4.66): kept as they are, and neither found, counted,
/// given out nor confirmed, until whoever keeps the records restores them. Sent again, they stay rejected.
/// </summary>
public sealed class Rejections
{
    /// <summary>Instances that one rejection may name.</summary>
    public const int InstancesMax = 20_000;

    /// <summary>Characters of a reason in words.</summary>
    public const int TextLengthMax = 1024;

    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly ContentOpener _opener;
    private readonly DecisionWriter _decisions;

    internal Rejections(IStudyIndex index, ArchiveKeys keys, ContentOpener opener, DecisionWriter decisions) =>
        (_index, _keys, _opener, _decisions) = (index, keys, opener, decisions);

    /// <summary>Rejects a study, a series, or instances that are shown now. Returns when that is durable and in effect.</summary>
    /// <param name="grant">Leave to reject.</param>
    /// <param name="series">Null: all series.</param>
    /// <param name="instances">Null: all of them; else which. Those that are not here are passed over.</param>
    /// <param name="text">Why, in words; may be empty.</param>
    /// <returns>How many were rejected; 0 where nothing of it is here, or the grant does not cover it.</returns>
    /// <exception cref="ArgumentException">Too many are named, or the text is too long.</exception>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="CommitFailedException">It could not be written.</exception>
    public async Task<int> RejectAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid? series,
        IReadOnlyCollection<SopInstanceUid>? instances,
        RejectionReason reason,
        string text,
        CancellationToken cancellationToken
    )
    {
        Check(grant, instances, text);
        return await OpenAsync(grant, study, cancellationToken) is { } opened
            ? await DecideAsync(
                grant,
                opened,
                await ShownAsync(grant, opened, series, instances, cancellationToken),
                named => new Decision { Rejects = new(reason.CodeOf(), named), Reason = text },
                cancellationToken
            )
            : 0;
    }

    /// <summary>Shows rejected instances again.</summary>
    /// <param name="instances">Null: all of the study that are rejected.</param>
    /// <returns>How many were rejected and are shown now.</returns>
    /// <inheritdoc cref="RejectAsync" />
    public async Task<int> RestoreAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        IReadOnlyCollection<SopInstanceUid>? instances,
        string text,
        CancellationToken cancellationToken
    )
    {
        Check(grant, instances, text);
        if (await OpenAsync(grant, study, cancellationToken) is not { } opened)
        {
            return 0;
        }

        var wanted = instances?.Select(one => one.Value).ToHashSet();
        var rejected = await RejectedAsync(grant, opened, cancellationToken);
        return await DecideAsync(
            grant,
            opened,
            [.. rejected.Keys.Where(one => wanted?.Contains(one.Instance) != false)],
            named => new Decision { Restores = named, Reason = text },
            cancellationToken
        );
    }

    /// <summary>What is rejected now, one entry for each rejection that still hides something, oldest first.</summary>
    /// <param name="grant">Leave to reject.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    public async IAsyncEnumerable<RejectedInstances> ListAsync(
        AccessGrant grant,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Check(grant, null, "");
        await grant.AuthorizeQueryAsync("rejected instances", cancellationToken);
        await foreach (var row in _index.DecisionsAsync(cancellationToken))
        {
            if (
                row.Kind is DecisionKind.Rejection
                && await _index.FindStudyAsync(row.Study, cancellationToken) is { } study
                && _opener.OpenDecision(grant, row, study) is var (descriptor, facts)
                && descriptor.Decision?.Rejects is { } rejects
                && RejectionReasons.Find(rejects.Code) is { } reason
                && await StillAsync(rejects, reason, cancellationToken) is { Count: > 0 } still
            )
            {
                yield return new RejectedInstances(
                    facts,
                    reason,
                    descriptor.Decision.Reason ?? "",
                    descriptor.Source,
                    descriptor.At,
                    still
                );
            }
        }
    }

    /// <summary>Carries out a rejection note that is stored, and hides the note itself.</summary>
    internal async Task<int> ApplyAsync(
        AccessGrant grant,
        RejectionNote note,
        InstanceUids uids,
        CancellationToken cancellationToken
    )
    {
        var count = 0;
        foreach (var ofStudy in note.Instances.GroupBy(one => one.Study))
        {
            count += await RejectAsync(
                grant,
                ofStudy.Key,
                null,
                [.. ofStudy.Select(one => one.Instance)],
                note.Reason,
                note.Description,
                cancellationToken
            );
        }

        // Last: a note that is still shown was not carried out, and is when it is sent again.
        await RejectAsync(
            grant,
            uids.Study,
            uids.Series,
            [uids.Instance],
            note.Reason,
            "rejection note",
            cancellationToken
        );
        return count;
    }

    /// <summary>Whether a stored rejection note was carried out, whatever was restored since: it was itself rejected then.</summary>
    internal async ValueTask<bool> IsCarriedOutAsync(
        AccessGrant grant,
        InstanceUids uids,
        CancellationToken cancellationToken
    )
    {
        if (await OpenAsync(grant, uids.Study, cancellationToken) is not { } study)
        {
            return false;
        }

        await foreach (var row in _index.DecisionsOfAsync(study.Row.Token, cancellationToken))
        {
            if (
                row.Kind is DecisionKind.Rejection
                && _opener.OpenDecision(grant, row, study.Row) is var (descriptor, _)
                && descriptor.Decision?.Rejects is { } rejects
                && rejects.Instances.Any(one => one.Instance == uids.Instance.Value)
            )
            {
                return true;
            }
        }

        return false;
    }

    private static void Check(AccessGrant grant, IReadOnlyCollection<SopInstanceUid>? instances, string text)
    {
        if (grant.Operation is not Operation.Reject)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(instances?.Count ?? 0, InstancesMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, TextLengthMax);
    }

    private async ValueTask<OpenedStudy?> OpenAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        CancellationToken cancellationToken
    )
    {
        if (
            await _index.FindStudyAsync(_keys.Of(study), cancellationToken) is not { } row
            || _opener.OpenStudyForRecords(grant, row) is not { } opened
        )
        {
            return null;
        }

        await grant.AuthorizeAsync(opened.Facts, cancellationToken);
        return opened;
    }

    private async Task<int> DecideAsync(
        AccessGrant grant,
        OpenedStudy study,
        IReadOnlyList<DecidedInstance> instances,
        Func<System.Collections.Immutable.ImmutableArray<DecidedInstance>, Decision> decide,
        CancellationToken cancellationToken
    )
    {
        foreach (var part in instances.Chunk(InstancesMax))
        {
            await _decisions.DecideAsync(study.Facts.Study, decide([.. part]), grant.Identity.Key, cancellationToken);
        }

        if (instances.Count > 0)
        {
            await grant.RecordOutcomeAsync(study.Facts, instances.Count, 0, cancellationToken);
        }

        return instances.Count;
    }

    private async ValueTask<List<DecidedInstance>> ShownAsync(
        AccessGrant grant,
        OpenedStudy study,
        SeriesInstanceUid? series,
        IReadOnlyCollection<SopInstanceUid>? instances,
        CancellationToken cancellationToken
    )
    {
        List<DecidedInstance> shown = [];
        var wanted = instances?.Select(_keys.Of).ToHashSet();
        await foreach (var row in _index.SeriesOfAsync(study.Row.Token, cancellationToken))
        {
            if (
                (series is { } named && _keys.Of(named) != row.Token)
                || ContentOpener.OpenSeries(grant, study, row) is not { } opened
            )
            {
                continue;
            }

            var uid = opened.Content.GetString(DicomTag.SeriesInstanceUID) ?? "";
            await foreach (var instance in _index.InstancesOfAsync(row.Token, cancellationToken))
            {
                if (wanted?.Contains(instance.Token) != false)
                {
                    var content = ContentOpener.OpenInstance(study, instance);
                    shown.Add(new DecidedInstance(uid, content.GetString(DicomTag.SOPInstanceUID) ?? ""));
                }
            }
        }

        return shown;
    }

    /// <summary>All that was rejected of a study and is so now, by what the rejections name.</summary>
    private async ValueTask<Dictionary<DecidedInstance, RejectionReason>> RejectedAsync(
        AccessGrant grant,
        OpenedStudy study,
        CancellationToken cancellationToken
    )
    {
        Dictionary<DecidedInstance, RejectionReason> rejected = [];
        await foreach (var row in _index.DecisionsOfAsync(study.Row.Token, cancellationToken))
        {
            if (
                row.Kind is DecisionKind.Rejection
                && _opener.OpenDecision(grant, row, study.Row) is var (descriptor, _)
                && descriptor.Decision?.Rejects is { } rejects
                && RejectionReasons.Find(rejects.Code) is { } reason
            )
            {
                foreach (var one in await StillAsync(rejects, reason, cancellationToken))
                {
                    rejected[new DecidedInstance(one.Series.Value, one.SopInstance.Value)] = reason;
                }
            }
        }

        return rejected;
    }

    private async ValueTask<List<RejectedInstance>> StillAsync(
        RejectionOfInstances rejects,
        RejectionReason reason,
        CancellationToken cancellationToken
    )
    {
        List<RejectedInstance> still = [];
        foreach (var one in rejects.Instances)
        {
            if (
                SopInstanceUid.TryParse(one.Instance, out var instance)
                && SeriesInstanceUid.TryParse(one.Series, out var series)
                && await _index.FindInstanceAsync(_keys.Of(instance), cancellationToken) is { } row
                && row.Rejected == reason
            )
            {
                still.Add(new RejectedInstance(series, instance));
            }
        }

        return still;
    }
}

/// <summary>One rejection, as far as it still hides something.</summary>
/// <param name="Study">The study.</param>
/// <param name="Reason">The code.</param>
/// <param name="Text">Why, in words.</param>
/// <param name="DecidedBy">Who: an identity's key.</param>
/// <param name="At">When.</param>
/// <param name="Instances">What it hides.</param>
public sealed record RejectedInstances(
    StudyFacts Study,
    RejectionReason Reason,
    string Text,
    string DecidedBy,
    DateTimeOffset At,
    IReadOnlyList<RejectedInstance> Instances
)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"{Instances.Count} rejected instances";
}

/// <summary>A rejected instance.</summary>
public sealed record RejectedInstance(SeriesInstanceUid Series, SopInstanceUid SopInstance)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";
}
