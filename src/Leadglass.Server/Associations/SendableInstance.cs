using System.IO.Pipelines;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Server.Associations;

/// <summary>
/// An instance on its way to a peer. It is opened when its turn comes, under a grant that is asked for anew when the one
/// at hand grows old: what cannot be opened is a failed sub-operation, and the next one goes on.
/// </summary>
internal sealed class SendableInstance(
    ImageArchive archive,
    GrantLease lease,
    ArchivedInstance instance,
    SendTally tally
) : IOutgoingInstance
{
    // Little endian with VRs loses least; deflated costs most.
    private static readonly TransferSyntax[] Conversions =
    [
        TransferSyntax.ExplicitVrLittleEndian,
        TransferSyntax.ImplicitVrLittleEndian,
        TransferSyntax.ExplicitVrBigEndian,
        TransferSyntax.DeflatedExplicitVrLittleEndian,
    ];

    public SopClassUid SopClass => instance.SopClass;

    public SopInstanceUid SopInstance => instance.SopInstance;

    public IReadOnlyList<TransferSyntax> TransferSyntaxes => SyntaxesOf(instance);

    /// <summary>The stored syntax, then those it can become.</summary>
    public static IReadOnlyList<TransferSyntax> SyntaxesOf(ArchivedInstance instance) =>
        [
            instance.TransferSyntax,
            .. Conversions.Where(syntax =>
                syntax != instance.TransferSyntax && OpenedInstance.CanSendAs(instance.TransferSyntax, syntax)
            ),
        ];

    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    )
    {
        tally.Began(instance.Facts);
        using var opened = await archive.Retrieval.OpenAsync(lease.Current, instance, cancellationToken);
        await opened.CopyDataSetAsync(sink, transferSyntax, cancellationToken);
        tally.Sent(instance.Facts);
    }
}

/// <summary>A grant that outlasts its validity because the policy is asked again in time.</summary>
internal sealed class GrantLease(AccessPolicy policy, AccessGrant grant, TimeProvider clock)
{
    private static readonly TimeSpan RenewalMargin = TimeSpan.FromMinutes(1);

    private AccessGrant _grant = grant;

    /// <summary>A grant that holds now.</summary>
    /// <exception cref="AccessRefusedException">Access was withdrawn.</exception>
    public AccessGrant Current
    {
        get
        {
            if (clock.GetUtcNow() < _grant.ValidUntil - RenewalMargin)
            {
                return _grant;
            }

            _grant = policy.Renew(_grant) switch
            {
                AccessDecision.Granted granted => granted.Grant,
                AccessDecision.Refused refused => throw new AccessRefusedException(refused.Reason),
                _ => throw new AccessRefusedException(RefusalReason.AccessWithdrawn),
            };
            return _grant;
        }
    }
}

/// <summary>Counts per study what was sent, for the trail.</summary>
internal sealed class SendTally
{
    private readonly Dictionary<StudyInstanceUid, (StudyFacts Facts, int Begun, int Sent)> _studies = [];

    public void Began(StudyFacts facts)
    {
        var counts = _studies.GetValueOrDefault(facts.Study);
        _studies[facts.Study] = (facts, counts.Begun + 1, counts.Sent);
    }

    public void Sent(StudyFacts facts)
    {
        var counts = _studies[facts.Study];
        _studies[facts.Study] = counts with { Sent = counts.Sent + 1 };
    }

    /// <summary>Writes down what became of each study.</summary>
    public async Task RecordAsync(GrantLease lease, CancellationToken cancel)
    {
        foreach (var (facts, begun, sent) in _studies.Values)
        {
            await lease.Current.RecordOutcomeAsync(facts, sent, begun - sent, cancel);
        }

        _studies.Clear();
    }
}
