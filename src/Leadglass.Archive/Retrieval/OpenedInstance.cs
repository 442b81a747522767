using System.Buffers;
using System.IO.Pipelines;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>One instance on its way out: read chunk by chunk, never whole in memory.</summary>
public sealed partial class OpenedInstance : IDisposable
{
    private const int PieceBytes = 256 << 10;
    private readonly RecordOpener _record;
    private readonly RecordDescriptor _descriptor;

    internal OpenedInstance(ArchivedInstance instance, RecordOpener record, RecordDescriptor descriptor, string version)
    {
        (Instance, Version) = (instance, version);
        (_record, _descriptor) = (record, descriptor);
        TransferSyntax =
            TransferSyntax.Find(descriptor.TransferSyntax ?? "")
            ?? throw new BlobDamagedException("a descriptor without a transfer syntax known here");
        LengthBytes = instance.Correction is null
            ? record.RunLength(RecordRun.Attributes) + record.RunLength(RecordRun.PixelData)
            : null;
    }

    /// <summary>Which one.</summary>
    public ArchivedInstance Instance { get; }

    /// <summary>
    /// Names what leaves, for an entity tag: keyed and opaque, another one after a correction, and otherwise always the
    /// same.
    /// </summary>
    public string Version { get; }

    /// <summary>As it is stored.</summary>
    public TransferSyntax TransferSyntax { get; }

    /// <summary>
    /// Length of the data set as it leaves in the syntax that it is stored in; null where the patient was corrected, and so
    /// nobody knows before it has left.
    /// </summary>
    public long? LengthBytes { get; }

    /// <summary>Whether an instance stored in one syntax can leave in another: the same, or both without compression of pixels.</summary>
    public static bool CanSendAs(TransferSyntax stored, TransferSyntax accepted) =>
        stored.Uid == accepted.Uid || (stored.IsConvertible && accepted.IsConvertible);

    /// <summary>
    /// Which of the syntaxes that a peer accepts it is best sent in: the stored one, which leaves it byte for byte, else
    /// one that it can be converted to; null if there is none.
    /// </summary>
    public static TransferSyntax? BestOf(TransferSyntax stored, IReadOnlyCollection<TransferSyntax> accepted) =>
        accepted.FirstOrDefault(syntax => syntax.Uid == stored.Uid)
        ?? (
            stored.IsConvertible
                ? accepted
                    .Where(syntax => syntax.IsConvertible)
                    // Little endian with VRs loses least; deflated costs most.
                    .OrderBy(syntax => (syntax.IsDeflated, syntax.IsBigEndian, !syntax.IsExplicitVr))
                    .FirstOrDefault()
                : null
        );

    /// <summary>
    /// Writes the data set as it is stored, or converted to the syntax given; after a correction with the patient that the
    /// study was assigned to.
    /// </summary>
    /// <exception cref="SealBrokenException">A chunk is damaged: what was written before it is sound, the rest is missing.</exception>
    /// <exception cref="NotSupportedException">It cannot be converted: see <see cref="CanSendAs"/>.</exception>
    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax accepted,
        CancellationToken cancellationToken
    )
    {
        if (!CanSendAs(TransferSyntax, accepted))
        {
            throw new NotSupportedException($"{TransferSyntax} does not become {accepted}");
        }

        if (Instance.Correction is { } correction)
        {
            await CorrectedCopy.WriteAsync(_record, correction, TransferSyntax, accepted, sink, cancellationToken);
            return;
        }

        if (accepted.Uid != TransferSyntax.Uid)
        {
            await using var stored = new RecordStream(_record);
            await TransferSyntaxConverter.ConvertAsync(
                stored,
                TransferSyntax,
                accepted,
                sink,
                RecordHeaders.Limits,
                cancellationToken
            );
            return;
        }

        await CopyRunAsync(RecordRun.Attributes, sink, cancellationToken);
        await CopyRunAsync(RecordRun.PixelData, sink, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _record.Dispose();

    private async ValueTask CopyRunAsync(RecordRun run, PipeWriter sink, CancellationToken cancellationToken)
    {
        var length = _record.RunLength(run);
        for (long offset = 0; offset < length; )
        {
            var piece = sink.GetMemory((int)Math.Min(PieceBytes, length - offset));
            var count = await _record.ReadAsync(
                run,
                offset,
                piece[..(int)Math.Min(piece.Length, length - offset)],
                cancellationToken
            );
            sink.Advance(count);
            offset += count;
            if ((await sink.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }
}
