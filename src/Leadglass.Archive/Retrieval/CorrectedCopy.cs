using System.Buffers;
using System.IO.Pipelines;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// The data set of an instance whose study was assigned to another patient: the patient's attributes are replaced while it
/// streams, everything else leaves as it is stored.
/// </summary>
internal static class CorrectedCopy
{
    private const int PieceBytesMax = 64 << 10;

    /// <summary>Writes it in the syntax that it is stored in, or converted.</summary>
    public static async ValueTask WriteAsync(
        RecordOpener record,
        PatientCorrection correction,
        TransferSyntax stored,
        TransferSyntax accepted,
        PipeWriter sink,
        CancellationToken cancellationToken
    )
    {
        await using var source = new RecordStream(record);
        if (stored.Uid == accepted.Uid && !stored.IsDeflated)
        {
            await ReplaceAsync(source, correction, stored, sink, cancellationToken);
            return;
        }

        // Inflated first where it is deflated; converted, and deflated again, at the end.
        var plain = stored.IsDeflated ? TransferSyntax.ExplicitVrLittleEndian : stored;
        await ThroughAsync(
            stored.IsDeflated
                ? pipe => ConvertAsync(source, stored, plain, pipe, cancellationToken)
                : pipe => CopyAsync(source, pipe, cancellationToken),
            inflated =>
                ThroughAsync(
                    pipe => ReplaceAsync(inflated, correction, plain, pipe, cancellationToken).AsTask(),
                    replaced =>
                        plain.Uid == accepted.Uid
                            ? replaced.CopyToAsync(sink, cancellationToken)
                            : ConvertAsync(replaced, plain, accepted, sink, cancellationToken)
                )
        );
    }

    private static async ValueTask ReplaceAsync(
        Stream source,
        PatientCorrection correction,
        TransferSyntax syntax,
        PipeWriter sink,
        CancellationToken cancellationToken
    )
    {
        var replacement = new AttributeReplacement(
            syntax,
            PatientAttributes.Texts(correction),
            PatientAttributes.IsOfFormerPatient,
            sink,
            RecordHeaders.Limits
        );
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytesMax);
        try
        {
            for (int count; (count = await source.ReadAsync(piece, cancellationToken)) > 0; )
            {
                replacement.Feed(piece.AsSpan(0, count));
                if ((await sink.FlushAsync(cancellationToken)).IsCompleted)
                {
                    return;
                }
            }

            replacement.Complete();
            await sink.FlushAsync(cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece, clearArray: true);
        }
    }

    private static Task ConvertAsync(
        Stream source,
        TransferSyntax from,
        TransferSyntax to,
        PipeWriter sink,
        CancellationToken cancellationToken
    ) => TransferSyntaxConverter.ConvertAsync(source, from, to, sink, RecordHeaders.Limits, cancellationToken);

    private static async Task CopyAsync(Stream source, PipeWriter sink, CancellationToken cancellationToken) =>
        await source.CopyToAsync(sink, cancellationToken);

    /// <summary>Lets one writer feed one reader; a failure of either ends both.</summary>
    private static async Task ThroughAsync(Func<PipeWriter, Task> write, Func<Stream, Task> read)
    {
        var pipe = new Pipe();
        var writing = WriteAsync();
        try
        {
            await read(pipe.Reader.AsStream());
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            await writing;
        }

        async Task WriteAsync()
        {
            try
            {
                await write(pipe.Writer);
                await pipe.Writer.CompleteAsync();
            }
            catch (Exception exception)
            {
                await pipe.Writer.CompleteAsync(exception);
            }
        }
    }
}
