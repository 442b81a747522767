using System.Buffers;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Makes decisions durable: a record in the packs, so that a rebuild decides the same, and its effect in the index. One
/// about a study is sealed under the study's key, since it tells of it.
/// </summary>
internal sealed class DecisionWriter(
    IStudyIndex index,
    ArchiveKeys keys,
    GroupCommitter committer,
    IndexUpkeep upkeep,
    TimeProvider clock
)
{
    /// <summary>Decides about a study. Returns when that is durable and in effect.</summary>
    /// <param name="decidedBy">The identity's key.</param>
    /// <exception cref="CommitFailedException">It could not be written, or the study is no longer here.</exception>
    /// <exception cref="KeyUnavailableException">The study is erased.</exception>
    public async Task DecideAsync(
        StudyInstanceUid study,
        Decision decision,
        string decidedBy,
        CancellationToken cancellationToken
    )
    {
        var epoch = await committer.CurrentEpochAsync(cancellationToken);
        var row =
            await index.FindStudyAsync(keys.Of(study), cancellationToken)
            ?? throw new CommitFailedException("the study is no longer here");
        await WriteAsync(
            Descriptor(decision, decidedBy) with
            {
                Version = RecordDescriptor.DecisionVersion,
                Study = study.Value,
            },
            keys.Ring.Find(row.Key),
            epoch,
            cancellationToken
        );
    }

    /// <summary>Decides about what belongs to no study.</summary>
    /// <inheritdoc cref="DecideAsync(StudyInstanceUid, Decision, string, CancellationToken)" />
    public async Task DecideAsync(Decision decision, string decidedBy, CancellationToken cancellationToken) =>
        await WriteAsync(
            Descriptor(decision, decidedBy),
            keys.Archive,
            await committer.CurrentEpochAsync(cancellationToken),
            cancellationToken
        );

    private RecordDescriptor Descriptor(Decision decision, string decidedBy) =>
        new()
        {
            Kind = RecordKind.Decision,
            At = clock.GetUtcNow(),
            Source = decidedBy,
            Decision = decision,
        };

    private async Task WriteAsync(
        RecordDescriptor descriptor,
        DataKey key,
        int epoch,
        CancellationToken cancellationToken
    )
    {
        var output = new ArrayBufferWriter<byte>();
        using var sealer = new RecordSealer(key, default, output);
        sealer.Write(RecordRun.Descriptor, descriptor.ToBytes());
        sealer.Complete();
        var decision = new DecisionRecord(descriptor, sealer.Id, key.Id);
        await committer.CommitAsync(
            new CommitItem
            {
                Record = new ReadOnlySequence<byte>(output.WrittenMemory),
                Epoch = epoch,
                Decide = () => upkeep.DecideAsync(decision, CancellationToken.None),
            },
            cancellationToken
        );
    }
}
