using System.Globalization;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Opens every record and every row and keeps nothing of them: is all there as it was sealed, and does the index agree
/// with the packs? Changes nothing and works beside a running archive.
/// </summary>
/// <remarks>
/// Beside a running archive open the index first, then the packs, then the keyring: each then knows at least what the
/// one before it knows. What is stored after that is left for the next verification.
/// </remarks>
public sealed class ArchiveVerification : IDisposable
{
    private const int UncertainMax = 100_000;
    private readonly IBlobStore _blobs;
    private readonly IStudyIndex? _index;
    private readonly ArchiveKeys _keys;
    private readonly BlobMark _end;
    private readonly BlobMark _indexed;
    private readonly HashSet<BlobLocation> _damaged = [];
    private readonly List<Missing> _missing = [];
    private readonly HashSet<Token> _deleted = [];
    private readonly VerificationReport _report = new();

    /// <param name="index">Null where it cannot be opened: then the packs alone are checked.</param>
    /// <param name="grant">Leave to verify; nothing that is opened here is given out.</param>
    public ArchiveVerification(
        MasterKey master,
        KeyRing ring,
        IBlobStore blobs,
        IStudyIndex? index,
        MaintenanceGrant grant
    )
    {
        ArgumentNullException.ThrowIfNull(grant);
        _keys = new ArchiveKeys(master, ring);
        _blobs = blobs;
        _index = index;
        _end = blobs.End;
        _indexed = index?.Mark ?? default;
    }

    /// <summary>Verifies once.</summary>
    /// <param name="progress">Told after each record; may be null.</param>
    public async Task<VerificationReport> RunAsync(
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        long records = 0;
        await foreach (var entry in _blobs.ReplayAsync(default, cancellationToken))
        {
            await VerifyAsync(entry, cancellationToken);
            progress?.Report(new VerificationProgress(++records, _report.Bytes));
        }

        if (_index is not null)
        {
            if (_indexed.CompareTo(_end) > 0)
            {
                _report.AddDisagreement("the index knows of records that the packs do not have: packs are missing");
            }

            ReportMissing();
            await VerifyRowsAsync(_index, cancellationToken);
        }

        return _report;
    }

    /// <summary>Wipes derived keys.</summary>
    public void Dispose() => _keys.Dispose();

    private async ValueTask VerifyAsync(BlobEntry entry, CancellationToken cancellationToken)
    {
        _report.Bytes += entry.Location.Length;
        if (entry.Damage is { } damage)
        {
            AddDamage(entry.Location, damage);
            return;
        }

        try
        {
            var source = new BlobSource(_blobs, entry.Location);
            var header = await RecordOpener.ReadHeaderAsync(source, cancellationToken);
            if (_keys.Ring.StateOf(header.KeyId) == KeyState.Destroyed)
            {
                _report.Erased++;
                return;
            }

            var key = header.KeyId == _keys.Archive.Id ? _keys.Archive : _keys.Ring.Find(header.KeyId);
            using var record = await RecordOpener.OpenAsync(source, key, cancellationToken);
            await record.VerifyAsync(cancellationToken);
            var descriptor = RecordDescriptor.Parse(
                await record.ReadRunAsync(RecordRun.Descriptor, RecordDescriptor.BytesMax, cancellationToken)
            );
            _report.SoundRecords++;
            if (_index is not null && entry.Next.CompareTo(_indexed) <= 0)
            {
                await CompareAsync(_index, descriptor, record.Instance, entry.Location, cancellationToken);
            }
        }
        catch (Exception failure) when (failure is SealingException or BlobDamagedException)
        {
            AddDamage(entry.Location, failure.Message);
        }
    }

    /// <summary>Whether the index has what the record says; a later decision may have taken it away.</summary>
    private async ValueTask CompareAsync(
        IStudyIndex index,
        RecordDescriptor descriptor,
        Token instance,
        BlobLocation location,
        CancellationToken cancellationToken
    )
    {
        switch (descriptor.Kind)
        {
            case RecordKind.Instance:
                if (await index.FindInstanceAsync(instance, cancellationToken) is null)
                {
                    var study = StudyInstanceUid.TryParse(descriptor.Study, out var uid) ? _keys.Of(uid) : default;
                    AddMissing(new Missing(location, instance, study));
                }

                break;
            case RecordKind.Quarantined:
                var content = _keys.OfContent(InstanceUids.Of(descriptor).Instance, descriptor.Digest);
                if (await index.FindQuarantinedAsync(content, cancellationToken) is null)
                {
                    AddMissing(new Missing(location, content, Study: default));
                }

                break;
            case RecordKind.Decision when descriptor.Decision is { } decision:
                _deleted.UnionWith(decision.DeletedInstances.Concat(decision.DiscardedContents).Select(ParseToken));
                if (decision.DeletedStudy is { } deleted)
                {
                    _deleted.Add(ParseToken(deleted));
                }

                NoteDeleted(descriptor, decision);

                break;
        }
    }

    private void NoteDeleted(RecordDescriptor descriptor, Decision decision)
    {
        if (decision.Deletes is { IsEmpty: true } && StudyInstanceUid.TryParse(descriptor.Study, out var study))
        {
            _deleted.Add(_keys.Of(study));
        }

        foreach (var one in decision.Deletes ?? [])
        {
            if (SopInstanceUid.TryParse(one.Instance, out var instance))
            {
                _deleted.Add(_keys.Of(instance));
            }
        }
    }

    private void AddMissing(Missing missing)
    {
        if (_missing.Count < UncertainMax)
        {
            _missing.Add(missing);
        }
    }

    private void ReportMissing()
    {
        foreach (var missing in _missing)
        {
            if (!_deleted.Contains(missing.Token) && !_deleted.Contains(missing.Study))
            {
                _report.AddDisagreement(
                    $"the record at byte {missing.Location.Offset} of pack {missing.Location.Pack} is not in the index"
                );
            }
        }
    }

    private async Task VerifyRowsAsync(IStudyIndex index, CancellationToken cancellationToken)
    {
        await foreach (var study in index.StudiesAsync(cancellationToken))
        {
            // A key that is not known here is younger than this verification; of records before it, it is damage, said above.
            if (_keys.Ring.StateOf(study.Key) != KeyState.Held)
            {
                continue;
            }

            CheckRow("study", study.Key, study.Token, study.Sealed);
            await foreach (var series in index.SeriesOfAsync(study.Token, cancellationToken))
            {
                CheckRow("series", study.Key, series.Token, series.Sealed);
                await foreach (var instance in index.InstancesOfAsync(series.Token, cancellationToken))
                {
                    CheckRow("instance", study.Key, instance.Token, instance.Sealed);
                    await CheckLocationAsync(instance.Token, instance.Location, cancellationToken);
                }
            }
        }

        await foreach (var row in index.QuarantinedAsync(cancellationToken))
        {
            await CheckLocationAsync(instance: null, row.Location, cancellationToken);
        }
    }

    private void CheckRow(string level, KeyId key, Token token, ReadOnlyMemory<byte> sealedContent)
    {
        try
        {
            RowContent.Open(_keys.RowsOf(key), token, sealedContent);
        }
        catch (Exception failure) when (failure is SealingException or DicomFormatException)
        {
            _report.AddDisagreement($"the row of {level} {token} is not as it was sealed");
        }
    }

    private async ValueTask CheckLocationAsync(
        Token? instance,
        BlobLocation location,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var source = new BlobSource(_blobs, location);
            var header = await RecordOpener.ReadHeaderAsync(source, cancellationToken);
            if (_keys.Ring.StateOf(header.KeyId) == KeyState.Held)
            {
                using var record = await RecordOpener.OpenAsync(
                    source,
                    _keys.Ring.Find(header.KeyId),
                    cancellationToken
                );
                if (instance is not null && record.Instance != instance)
                {
                    _report.AddDisagreement($"instance {instance} points to the record of another");
                    return;
                }
            }

            _report.SoundRows++;
        }
        catch (Exception failure) when (failure is SealingException or BlobDamagedException)
        {
            if (!_damaged.Contains(location))
            {
                _report.AddDisagreement(
                    $"a row points to byte {location.Offset} of pack {location.Pack}, where no whole record lies"
                );
            }
        }
    }

    private void AddDamage(BlobLocation location, string what)
    {
        _report.AddDamage(location, what);
        if (_damaged.Count < UncertainMax)
        {
            _damaged.Add(location);
        }
    }

    private static Token ParseToken(string hexadecimal) =>
        UInt128.TryParse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value)
            ? new Token(value)
            : throw new BlobDamagedException("a decision names no token");

    private readonly record struct Missing(BlobLocation Location, Token Token, Token Study);
}
