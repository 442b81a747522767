using System.Buffers;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>What can be said against taking content in, asked before anything stored makes way for it.</content>
public sealed partial class Conflicts
{
    /// <summary>What is stored under the UID may make way only if nothing that was decided about it goes with it.</summary>
    /// <exception cref="StateException">It may not.</exception>
    private async ValueTask RequireWayAsync(
        AccessGrant grant,
        InstanceUids uids,
        RecordDescriptor descriptor,
        CancellationToken cancellationToken
    )
    {
        if (await _index.FindInstanceAsync(_keys.Of(uids.Instance), cancellationToken) is not { } stored)
        {
            return;
        }

        if (stored.Rejected is not null)
        {
            throw new StateException(
                "the stored instance is rejected: restore it before other content takes its place"
            );
        }

        if (
            await _index.FindSeriesAsync(stored.Series, cancellationToken) is not { } series
            || await _index.FindStudyAsync(series.Study, cancellationToken) is not { InstanceCount: <= 1 } study
            || _opener.OpenStudyForRecords(grant, study) is not { } opened
        )
        {
            return;
        }

        // The study goes with its last instance, and with it whose it is.
        if (opened.Correction is not null)
        {
            throw new StateException(
                "the stored instance is the only one of a study that was assigned to a patient: replaced, the study would"
                    + " lose that; have another instance of the study sent first, or discard the content"
            );
        }

        if (ContentOpener.FactsOf(descriptor).Patient != opened.Facts.Patient)
        {
            throw new StateException(
                "the stored instance is the only one of its study, and the content names another patient: replaced, the"
                    + " study would change its patient; have another instance of the study sent first, or discard the content"
            );
        }
    }

    /// <summary>The way in would take it: it is whole, it is what was quarantined, and its header is let in.</summary>
    /// <exception cref="StateException">It would not.</exception>
    /// <exception cref="SealingException">The record is damaged.</exception>
    private async Task RequireFitAsync(
        AccessGrant grant,
        RecordOpener record,
        RecordDescriptor descriptor,
        PatientKey? patient,
        CancellationToken cancellationToken
    )
    {
        var request = RequestOf(descriptor, patient);
        using var digester = new ContentDigester(request.TransferSyntax, _keys);
        using var reader = new InstanceReader(request.TransferSyntax, RecordHeaders.Limits, digester);
        await using var stored = new RecordStream(record);
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytesMax);
        try
        {
            for (int count; (count = await stored.ReadAsync(piece, cancellationToken)) > 0; )
            {
                reader.Feed(piece.AsSpan(0, count));
            }

            reader.Complete();
        }
        catch (DicomFormatException)
        {
            throw new StateException("the content cannot be read: discard it, and have it sent again");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece, clearArray: true);
        }

        var header = reader.Header!;
        if (HeaderCheck.Check(header, request, _context.Options, out var uids) is { } refusal)
        {
            throw new StateException($"the content is not let in: {refusal.Comment}");
        }

        if (
            HeaderCheck.IdentifiesBehindPixelData(reader.Trailer)
            || uids != InstanceUids.Of(descriptor)
            || digester.Finish(header, reader.Trailer) != descriptor.Digest
        )
        {
            throw new StateException("the content is not what was quarantined: discard it, and have it sent again");
        }

        var facts = InstanceFacts.Of(header, uids!, request.TransferSyntax, request.DefaultIssuer, patient, _keys);
        if (
            !grant.Covers(facts.StudyFacts)
            || (RejectionNote.Of(header) is not null && grant.Ask(Operation.Reject) is not AccessDecision.Granted)
        )
        {
            throw new StateException("the content is not let in: no leave to store it");
        }
    }

    /// <summary>Content that was let in to be kept apart is of a SOP class that is stored here, whoever named it.</summary>
    private static IngestRequest RequestOf(RecordDescriptor descriptor, PatientKey? patient)
    {
        var uids = InstanceUids.Of(descriptor);
        return new IngestRequest
        {
            SopClass = uids.SopClass,
            SopInstance = uids.Instance,
            TransferSyntax =
                TransferSyntax.Find(descriptor.TransferSyntax ?? "")
                ?? throw new StateException("the content's transfer syntax is not known here: discard it"),
            NegotiatedStorageSopClasses = [uids.SopClass.Value],
            DefaultIssuer = descriptor.Issuer,
            Patient = patient,
        };
    }
}
