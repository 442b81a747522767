using System.Buffers;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Keeps index and search directory in step with the blob store: after each commit, at start, and in a rebuild. Releases
/// nothing; used by one caller at a time.
/// </summary>
internal sealed class IndexUpkeep
{
    private const int ChangesPerTransaction = 2000;
    private readonly IBlobStore _blobs;
    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly StudyDirectory _directory;

    /// <param name="grant">Leave for upkeep; opening rows here releases nothing.</param>
    public IndexUpkeep(
        IBlobStore blobs,
        IStudyIndex index,
        ArchiveKeys keys,
        StudyDirectory directory,
        MaintenanceGrant grant
    )
    {
        ArgumentNullException.ThrowIfNull(grant);
        (_blobs, _index, _keys, _directory) = (blobs, index, keys, directory);
        Projection = new IndexProjection(keys, index);
    }

    public IndexProjection Projection { get; }

    /// <summary>The decisions that this carried out.</summary>
    public DecisionCount Decisions { get; } = new();

    /// <summary>Brings the directory to what the index now says of the studies that were touched.</summary>
    public async ValueTask AppliedAsync(CancellationToken cancellationToken)
    {
        foreach (var study in Projection.Touched)
        {
            await RefreshAsync(study, cancellationToken);
        }

        Projection.Touched.Clear();
    }

    /// <summary>The series that got instances since the last call.</summary>
    public IReadOnlyCollection<Token> TakeTouchedSeries()
    {
        Token[] touched = [.. Projection.TouchedSeries];
        Projection.TouchedSeries.Clear();
        return touched;
    }

    /// <summary>Forgets what was prepared and not applied.</summary>
    public void Forget() => Projection.Reset();

    /// <summary>Whether a study was this patient's before it was assigned to another.</summary>
    public bool WasOf(StudyRow row, Token patient) =>
        RowCorrections.WasOf(RowContent.Open(_keys.RowsOf(row.Key), row.Token, row.Sealed), patient);

    /// <summary>Fills the directory from the index.</summary>
    /// <exception cref="IndexDamagedException">A row is not as it was sealed.</exception>
    public async Task FillDirectoryAsync(CancellationToken cancellationToken)
    {
        _directory.Clear();
        await foreach (var row in _index.StudiesAsync(cancellationToken))
        {
            if (_keys.Ring.StateOf(row.Key) != KeyState.Held)
            {
                continue;
            }

            try
            {
                _directory.Put(StudyEntry.Of(row, RowContent.Open(_keys.RowsOf(row.Key), row.Token, row.Sealed)));
            }
            catch (Exception exception) when (exception is SealingException or DicomFormatException)
            {
                throw new IndexDamagedException(
                    "a row of the index is damaged: rebuild it with `leadglass rebuild-index`",
                    exception
                );
            }
        }
    }

    /// <summary>Applies what the blob store has and the index lacks.</summary>
    /// <param name="progress">Told after each transaction how many records were read; may be null.</param>
    /// <exception cref="IndexDamagedException">The index is ahead of the blob store.</exception>
    public async Task<CatchUpReport> CatchUpAsync(CancellationToken cancellationToken, IProgress<long>? progress = null)
    {
        Projection.Reset();
        if (_index.Mark.CompareTo(_blobs.End) > 0)
        {
            throw new IndexDamagedException(
                "the index knows of records that the packs do not have: packs are missing, or the index is of another archive"
            );
        }

        var report = new CatchUpReport();
        List<IndexChange> changes = [];
        var mark = _index.Mark;
        await foreach (var entry in _blobs.ReplayAsync(mark, cancellationToken))
        {
            await ReadAsync(entry, changes, report, cancellationToken);
            mark = entry.Next;
            if (changes.Count >= ChangesPerTransaction)
            {
                await ApplyAsync(changes, mark, cancellationToken);
                progress?.Report(report.Records);
            }
        }

        if (changes.Count > 0 || Projection.Touched.Count > 0 || mark != _index.Mark)
        {
            await ApplyAsync(changes, mark, cancellationToken);
            progress?.Report(report.Records);
        }

        return report;
    }

    private async Task ApplyAsync(List<IndexChange> changes, BlobMark mark, CancellationToken cancellationToken)
    {
        await _index.ApplyAsync(changes, mark, cancellationToken);
        await AppliedAsync(cancellationToken);
        Projection.TouchedSeries.Clear();
        changes.Clear();
        Projection.Reset();
    }

    private async Task ReadAsync(
        BlobEntry entry,
        List<IndexChange> changes,
        CatchUpReport report,
        CancellationToken cancellationToken
    )
    {
        report.Records++;
        if (entry.Damage is { } damage)
        {
            report.AddDamage(entry.Location, damage);
            return;
        }

        try
        {
            var source = new BlobSource(_blobs, entry.Location);
            var header = await RecordOpener.ReadHeaderAsync(source, cancellationToken);
            if (header.KeyId != _keys.Archive.Id && _keys.Ring.StateOf(header.KeyId) == KeyState.Destroyed)
            {
                report.Erased++;
                return;
            }

            var key = header.KeyId == _keys.Archive.Id ? _keys.Archive : _keys.Ring.Find(header.KeyId);
            using var record = await RecordOpener.OpenAsync(source, key, cancellationToken);
            await ProjectAsync(record, key, entry.Location, changes, cancellationToken);
        }
        catch (Exception exception) when (exception is SealingException or BlobDamagedException or DicomFormatException)
        {
            report.AddDamage(entry.Location, exception.Message);
        }
    }

    private async Task ProjectAsync(
        RecordOpener record,
        DataKey key,
        BlobLocation location,
        List<IndexChange> changes,
        CancellationToken cancellationToken
    )
    {
        var descriptor = RecordDescriptor.Parse(
            await record.ReadRunAsync(RecordRun.Descriptor, RecordDescriptor.BytesMax, cancellationToken)
        );
        switch (descriptor.Kind)
        {
            case RecordKind.Instance:
                var header = await RecordHeaders.ReadAsync(record, descriptor, cancellationToken);
                await Projection.AddAsync(
                    InstanceFacts.Of(header, descriptor, _keys),
                    descriptor.Digest,
                    key.Id,
                    location,
                    changes,
                    cancellationToken
                );
                break;
            case RecordKind.Quarantined:
                changes.Add(new IndexChange.AddQuarantined(QuarantineRows.Of(descriptor, key, location, _keys)));
                break;
            case RecordKind.Decision when descriptor.Decision is not null:
                await ApplyPendingAsync(changes, cancellationToken);
                await DecideAsync(new DecisionRecord(descriptor, record.Header.RecordId, key.Id), cancellationToken);
                break;
            default:
                throw new BlobDamagedException($"a record of kind {descriptor.Kind}: unknown here");
        }
    }

    /// <summary>
    /// Carries out a decision. It looks at what came before it, so that has to be in the index; the mark stays, and doing
    /// it again after a crash changes nothing.
    /// </summary>
    public async ValueTask DecideAsync(DecisionRecord decision, CancellationToken cancellationToken)
    {
        var projection = new DecisionProjection(_keys, _index);
        List<IndexChange> changes = [];
        await projection.AddAsync(decision, changes, cancellationToken);
        Projection.Touched.UnionWith(projection.Touched);
        await ApplyPendingAsync(changes, cancellationToken);
        await projection.GatherAsync(changes, cancellationToken);
        await ApplyPendingAsync(changes, cancellationToken);
        Decisions.Add();
    }

    private async ValueTask ApplyPendingAsync(List<IndexChange> changes, CancellationToken cancellationToken)
    {
        await _index.ApplyAsync(changes, _index.Mark, cancellationToken);
        changes.Clear();
        Projection.Reset();
    }

    private async ValueTask RefreshAsync(Token study, CancellationToken cancellationToken)
    {
        var row = await _index.FindStudyAsync(study, cancellationToken);
        if (row is not { InstanceCount: > 0 })
        {
            _directory.Remove(study);
        }
        else
        {
            _directory.Put(StudyEntry.Of(row, RowContent.Open(_keys.RowsOf(row.Key), row.Token, row.Sealed)));
        }
    }
}
