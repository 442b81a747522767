using System.Buffers;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// One instance on its way in. Its data set is written in pieces as it arrives; <see cref="CompleteAsync"/> gives the
/// outcome; disposing it without that leaves nothing. Not for use by several threads at once.
/// </summary>
public sealed class IncomingInstance : IAsyncDisposable
{
    private const int PieceBytesMax = 64 << 10;

    private readonly IngestContext _context;
    private readonly AccessGrant _grant;
    private readonly IngestRequest _request;
    private readonly ContentDigester _digester;
    private readonly InstanceReader _reader;
    private readonly BlockBuffer _plain;
    private IngestOutcome? _refusal;
    private InstanceFacts? _facts;
    private RejectionNote? _note;
    private IdentityLedger.IdentityHold? _hold;
    private SealedRecordWriter? _record;
    private Task? _authorized;
    private int _epoch;
    private bool _completed;

    internal IncomingInstance(IngestContext context, AccessGrant grant, IngestRequest request, IngestOutcome? refusal)
    {
        (_context, _grant, _request, _refusal) = (context, grant, request, refusal);
        // A header is taken in even when long instances hold the whole budget: only then is it known where it belongs.
        _plain = new BlockBuffer(context.Budget, context.Staging);
        _digester = new ContentDigester(request.TransferSyntax, context.Keys);
        _reader = new InstanceReader(request.TransferSyntax, RecordHeaders.Limits, _digester);
    }

    /// <summary>True once it is certain that nothing of it is kept; what still arrives is swallowed.</summary>
    public bool IsRefused => _refusal is not null;

    /// <summary>Takes the next bytes of the data set. Waits where the disk does; throws nothing for what they say.</summary>
    public async ValueTask WriteAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellationToken)
    {
        foreach (var segment in bytes)
        {
            for (var rest = segment; !rest.IsEmpty && _refusal is null; )
            {
                var piece = rest[..Math.Min(rest.Length, PieceBytesMax)];
                await GuardAsync(() => TakeAsync(piece, cancellationToken));
                rest = rest[piece.Length..];
            }
        }
    }

    /// <summary>
    /// Ends the data set. Returns <see cref="IngestResult.Stored"/> only when the instance is on stable storage and
    /// findable; whatever else happens is an outcome too.
    /// </summary>
    public async ValueTask<IngestOutcome> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_completed)
        {
            throw new InvalidOperationException("the instance is complete");
        }

        _completed = true;
        IngestOutcome? outcome = null;
        if (_refusal is null)
        {
            await GuardAsync(async () => outcome = await FinishAsync(cancellationToken));
        }

        await DisposeAsync();
        outcome ??= _refusal!;
        return outcome with { Study = _facts?.StudyFacts, Instance = _facts?.Uids ?? outcome.Instance };
    }

    /// <summary>Gives back what it holds. Without completion nothing of the instance is kept.</summary>
    public async ValueTask DisposeAsync()
    {
        _completed = true;
        if (_record is not null)
        {
            await _record.DisposeAsync();
        }

        _plain.Dispose();
        _reader.Dispose();
        _digester.Dispose();
        _hold?.Dispose();
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        _reader.Feed(piece.Span);
        if (_record is not null)
        {
            await _record.WriteAsync(piece, cancellationToken);
            return;
        }

        if (_facts is not null && _hold!.Verdict is Verdict.Known or Verdict.Conflict && RefusesConflicts)
        {
            // Only its digest counts: the same again is fine, anything else is refused.
            return;
        }

        if (
            _plain.Length + piece.Length <= _context.Options.BufferedInstanceBytesMax
            && _plain.TryReserve(piece.Length)
        )
        {
            piece.Span.CopyTo(_plain.GetSpan(piece.Length));
            _plain.Advance(piece.Length);
        }
        else if (_facts is null)
        {
            Refuse(StorageStatus.OutOfResources, "no memory for so long a header");
            return;
        }
        else
        {
            // Too long to wait in memory for its digest to be compared.
            await BeginRecordAsync(_context.Keys.Ring.TakeFresh(), cancellationToken);
            await _record!.WriteAsync(piece, cancellationToken);
            return;
        }

        if (_facts is null && _reader.Header is { } header)
        {
            await IdentifyAsync(header, cancellationToken);
        }
    }

    private bool RefusesConflicts => _grant.Identity is DeviceIdentity { Device.RefuseConflicts: true };

    private async ValueTask IdentifyAsync(DataSet header, CancellationToken cancellationToken)
    {
        if (HeaderCheck.Check(header, _request, _context.Options, out var uids) is { } refusal)
        {
            _refusal = refusal with { Instance = uids };
            return;
        }

        var device = (_grant.Identity as DeviceIdentity)?.Device;
        _facts = InstanceFacts.Of(
            header,
            uids!,
            _request.TransferSyntax,
            _request.DefaultIssuer ?? device?.DefaultIssuer,
            _request.Patient,
            _context.Keys
        );
        if (RejectionNote.Of(header) is { } note)
        {
            if (!MayReject())
            {
                Refuse(StorageStatus.NotAuthorized, "no leave to reject instances");
                return;
            }

            if (note.Instances.Length > Rejections.InstancesMax)
            {
                Refuse(StorageStatus.CannotUnderstand, "the rejection note names too many instances");
                return;
            }

            _note = note;
        }

        // Its record in the trail becomes durable while the rest arrives; it is awaited before anything is acknowledged.
        _authorized = _grant.AuthorizeAsync(_facts.StudyFacts, cancellationToken).AsTask();
        _epoch = await _context.Committer.CurrentEpochAsync(cancellationToken);
        _hold = await _context.Ledger.HoldAsync(_facts, cancellationToken);
        switch (_hold.Verdict)
        {
            case Verdict.New(var key):
                await BeginRecordAsync(key, cancellationToken);
                break;
            case Verdict.Conflict when RefusesConflicts:
                _plain.Dispose();
                break;
            case Verdict.Conflict:
                await BeginRecordAsync(_context.Keys.Ring.TakeFresh(), cancellationToken);
                break;
            default:
                // Known: it waits in memory until its digest tells whether it is the same.
                break;
        }
    }

    /// <summary>Asked anew each time: the grant for it is for minutes, and an instance may take hours to arrive.</summary>
    private bool MayReject() => _grant.Ask(Operation.Reject) is AccessDecision.Granted;

    /// <summary>A note is acknowledged when what it names is hidden.</summary>
    private async Task<IngestOutcome> CarryOutAsync(IngestOutcome outcome, CancellationToken cancellationToken)
    {
        if (_note is not { } note || outcome.Result is not (IngestResult.Stored or IngestResult.AlreadyStored))
        {
            return outcome;
        }

        // The note itself is in the index: others of its UID need not wait while it is carried out.
        _hold!.Dispose();
        if (_grant.Ask(Operation.Reject) is not AccessDecision.Granted(var leave))
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        // Sent again it decides nothing again: what it hid may have been restored since.
        if (
            outcome.Result is IngestResult.AlreadyStored
            && await _context.Rejections.IsCarriedOutAsync(leave, _facts!.Uids, cancellationToken)
        )
        {
            return outcome;
        }

        var rejected = await _context.Rejections.ApplyAsync(leave, note, _facts!.Uids, cancellationToken);
        return rejected == note.Instances.Length || outcome.Result is IngestResult.AlreadyStored
            ? outcome
            : outcome with
            {
                Status = StorageStatus.Conflict,
                Comment = "not all that the note rejects is here",
            };
    }

    /// <summary>Begins to seal, with what has come so far.</summary>
    private async ValueTask BeginRecordAsync(DataKey key, CancellationToken cancellationToken)
    {
        _record = new SealedRecordWriter(
            _context,
            key,
            _facts!.InstanceToken,
            _reader.PixelDataOffset ?? long.MaxValue,
            ExpectedLength()
        );
        foreach (var part in _plain.Written)
        {
            for (var rest = part; !rest.IsEmpty; )
            {
                var piece = rest[..Math.Min(rest.Length, PieceBytesMax)];
                await _record.WriteAsync(piece, cancellationToken);
                rest = rest[piece.Length..];
            }
        }

        _plain.Dispose();
    }

    /// <summary>
    /// What the header lets expect: native pixel data tells its length; of encapsulated one a quarter of what its frames
    /// would be in native form. What is long goes to a stream at once, instead of waiting in memory until it is found to be.
    /// </summary>
    private long ExpectedLength()
    {
        if (_reader is not { PixelData: { } pixels, Header: { } header })
        {
            return 0;
        }

        return pixels.Length
            ?? (long)(
                (header.GetInt64(DicomTag.Rows) ?? 0)
                * (double)(header.GetInt64(DicomTag.Columns) ?? 0)
                * (header.GetInt64(DicomTag.SamplesPerPixel) ?? 1)
                * (header.GetInt64(DicomTag.BitsAllocated) ?? 8)
                / 8
                * Math.Clamp(header.GetInt64(DicomTag.NumberOfFrames) ?? 1, 1, int.MaxValue)
                / 4
            );
    }

    private async ValueTask<IngestOutcome?> FinishAsync(CancellationToken cancellationToken)
    {
        _reader.Complete();
        if (_facts is null)
        {
            await IdentifyAsync(_reader.Header!, cancellationToken);
        }

        if (HeaderCheck.IdentifiesBehindPixelData(_reader.Trailer))
        {
            Refuse(StorageStatus.CannotUnderstand, "identifying attributes stand behind the pixel data");
        }

        if (_refusal is not null)
        {
            return null;
        }

        await _authorized!;
        var digest = _digester.Finish(_reader.Header!, _reader.Trailer);
        var outcome = _hold!.Verdict switch
        {
            Verdict.New => await StoreAsync(digest, cancellationToken),
            Verdict.Known(var row) when row.Digest.SaysTheSameAs(digest) => new IngestOutcome(
                IngestResult.AlreadyStored,
                StorageStatus.Success,
                null
            ),
            Verdict.Conflict(var reason) => await QuarantineAsync(reason, digest, cancellationToken),
            _ => await QuarantineAsync(ConflictReason.OtherContent, digest, cancellationToken),
        };
        return await CarryOutAsync(outcome, cancellationToken);
    }

    private async Task<IngestOutcome> StoreAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        var record = _record!;
        var descriptor = Describe(RecordKind.Instance, digest, null);
        var facts = _facts!;
        await CommitAsync(
            record,
            descriptor,
            (location, changes) =>
                _context.Upkeep.Projection.AddAsync(
                    facts,
                    digest,
                    record.Key.Id,
                    location,
                    changes,
                    CancellationToken.None
                ),
            cancellationToken
        );
        return new IngestOutcome(IngestResult.Stored, StorageStatus.Success, null);
    }

    private async Task<IngestOutcome> QuarantineAsync(
        ConflictReason reason,
        ContentDigest digest,
        CancellationToken cancellationToken
    )
    {
        if (RefusesConflicts)
        {
            return new IngestOutcome(IngestResult.Refused, StorageStatus.CannotUnderstand, "contradicts what is stored")
            {
                Conflict = reason,
            };
        }

        var options = _context.Options;
        var kept = new IngestOutcome(
            IngestResult.Quarantined,
            options.AnswerConflictsWithSuccess ? StorageStatus.Success : StorageStatus.Conflict,
            options.AnswerConflictsWithSuccess ? null : "contradicts what is stored: kept for review"
        )
        {
            Conflict = reason,
        };
        var content = _context.Keys.OfContent(_facts!.Uids.Instance, digest);
        if (await _context.Index.FindQuarantinedAsync(content, cancellationToken) is not null)
        {
            return kept;
        }

        var device = _context.Keys.OfDevice(_grant.Identity.Key);
        var use = await _context.Index.QuarantineUseAsync(device, cancellationToken);
        if (
            use.Instances >= options.QuarantinedInstancesPerDeviceMax
            || use.Bytes >= options.QuarantinedBytesPerDeviceMax
        )
        {
            return new IngestOutcome(
                IngestResult.Refused,
                StorageStatus.OutOfResources,
                "too much of this device waits for review"
            )
            {
                Conflict = reason,
            };
        }

        if (_record is null)
        {
            await BeginRecordAsync(_context.Keys.Ring.TakeFresh(), cancellationToken);
        }

        var record = _record!;
        var descriptor = Describe(RecordKind.Quarantined, digest, reason);
        await CommitAsync(
            record,
            descriptor,
            (location, changes) =>
            {
                changes.Add(
                    new IndexChange.AddQuarantined(QuarantineRows.Of(descriptor, record.Key, location, _context.Keys))
                );
                return ValueTask.CompletedTask;
            },
            cancellationToken
        );
        return kept;
    }

    private async Task CommitAsync(
        SealedRecordWriter record,
        RecordDescriptor descriptor,
        Func<BlobLocation, List<IndexChange>, ValueTask> project,
        CancellationToken cancellationToken
    )
    {
        await record.CompleteAsync(
            descriptor,
            FragmentTable.IsFor(_reader.PixelData) ? FragmentTable.ToBytes(_reader.PixelData!) : default,
            cancellationToken
        );
        await _context.Committer.CommitAsync(
            new CommitItem
            {
                Record = record.Whole,
                Stream = record.Stream,
                Epoch = _epoch,
                Project = project,
            },
            cancellationToken
        );
    }

    private RecordDescriptor Describe(RecordKind kind, ContentDigest digest, ConflictReason? conflict) =>
        new()
        {
            Kind = kind,
            At = _context.Clock.GetUtcNow(),
            Source = _grant.Identity.Key,
            TransferSyntax = _request.TransferSyntax.Uid,
            SopClass = _facts!.Uids.SopClass.Value,
            SopInstance = _facts.Uids.Instance.Value,
            Study = _facts.Uids.Study.Value,
            Series = _facts.Uids.Series.Value,
            PatientId = _facts.Patient?.PatientId,
            Issuer = _facts.Patient?.Issuer,
            AttributesDigest = digest.Attributes.ToString("x32"),
            PixelDataDigest = digest.PixelData.ToString("x32"),
            PixelDataForm = digest.Form,
            Conflict = conflict,
            Oddities = HeaderCheck.Oddities(_facts.Header),
        };

    private void Refuse(ushort status, string comment) =>
        _refusal = new IngestOutcome(IngestResult.Refused, status, comment);

    /// <summary>Whatever can go wrong becomes the outcome that the peer is to hear of.</summary>
    private async ValueTask GuardAsync(Func<ValueTask> step)
    {
        try
        {
            await step();
        }
        catch (DicomFormatException exception)
        {
            Refuse(StorageStatus.CannotUnderstand, Shortened($"{exception.Tag} at byte {exception.Position}"));
        }
        catch (AccessRefusedException exception) when (exception.Reason is RefusalReason.TrailUnavailable)
        {
            // What cannot be recorded is not taken, and may be sent again.
            Refuse(StorageStatus.OutOfResources, "the trail cannot be written");
        }
        catch (AccessRefusedException)
        {
            Refuse(StorageStatus.NotAuthorized, "no leave to store this study");
        }
        catch (CommitFailedException exception)
        {
            Refuse(
                exception.IsFull || !exception.IsPoisoned
                    ? StorageStatus.OutOfResources
                    : StorageStatus.ProcessingFailure,
                Shortened(exception.Message)
            );
        }
        catch (Exception exception)
            when (exception is BlobStoreFullException or IndexFullException or DiskFullException)
        {
            Refuse(StorageStatus.OutOfResources, "storage is full");
        }
        catch (Exception exception) when (exception is IOException or SealingException)
        {
            Refuse(StorageStatus.ProcessingFailure, "storage failed");
        }
    }

    // Error Comment is LO: 64 characters.
    private static string Shortened(string text) => text.Length <= 64 ? text : text[..64];
}
