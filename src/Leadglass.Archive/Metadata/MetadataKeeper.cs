using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Makes the metadata of series ready once nothing has arrived for them for a while, so that whoever asks first does not
/// wait. Releases nothing: what it makes goes into the index, sealed. What it misses is made at the first request.
/// </summary>
internal sealed class MetadataKeeper : IAsyncDisposable
{
    /// <summary>Series that wait; beyond them one is made at its first request.</summary>
    public const int WaitingMax = 10_000;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly IBlobStore _blobs;
    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly GroupCommitter _committer;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<Token, DateTimeOffset> _waiting = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop;
    private readonly Task _running;

    /// <param name="grant">Leave for upkeep; what is opened here is sealed again.</param>
    public MetadataKeeper(
        IBlobStore blobs,
        IStudyIndex index,
        ArchiveKeys keys,
        GroupCommitter committer,
        MaintenanceGrant grant,
        TimeProvider clock
    )
    {
        ArgumentNullException.ThrowIfNull(grant);
        (_blobs, _index, _keys, _committer, _clock) = (blobs, index, keys, committer, clock);
        _stop = _stopping.Token;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Notes that a series changed.</summary>
    public void Touch(IEnumerable<Token> series)
    {
        var now = _clock.GetUtcNow();
        lock (_gate)
        {
            foreach (var one in series)
            {
                if (_waiting.Count < WaitingMax || _waiting.ContainsKey(one))
                {
                    _waiting[one] = now;
                }
            }
        }
    }

    /// <summary>Keeps metadata that was made for a request. Failing to is no fault: it is made again.</summary>
    /// <param name="study">As it was before the series was read: a correction since then makes the metadata another.</param>
    public async Task KeepAsync(StudyRow study, SeriesRow series, ReadyMetadata metadata)
    {
        try
        {
            if (
                MetadataRows.Of(series, metadata, _keys.RowsOf(study.Key)) is not { } row
                || await _index.FindStudyAsync(study.Token, _stop) is not { } now
                || !now.Sealed.Span.SequenceEqual(study.Sealed.Span)
            )
            {
                return;
            }

            await _committer.CommitAsync(
                new CommitItem { Epoch = 0, Derived = new IndexChange.PutMetadata(row) },
                _stop
            );
        }
        catch (Exception exception)
            when (exception is CommitFailedException or OperationCanceledException or IOException or SealingException)
        {
            // The next request makes it anew.
        }
    }

    /// <summary>Makes the metadata of a series ready, unless it is.</summary>
    public async Task MakeReadyAsync(Token token, CancellationToken cancellationToken)
    {
        if (
            await _index.FindSeriesAsync(token, cancellationToken) is not { InstanceCount: > 0 } series
            || series.InstanceCount > InstanceRetrieval.MetadataInstancesMax
            || await _index.FindMetadataAsync(token, cancellationToken) is not null
            || await _index.FindStudyAsync(series.Study, cancellationToken) is not { } study
            || _keys.Ring.StateOf(study.Key) != KeyState.Held
        )
        {
            return;
        }

        var content = RowContent.Open(_keys.RowsOf(study.Key), study.Token, study.Sealed);
        await using var document = new MetadataDocument(_keys);
        await foreach (var row in _index.InstancesOfAsync(token, cancellationToken))
        {
            await AddAsync(document, row, RowCorrections.Of(content), cancellationToken);
        }

        await KeepAsync(study, series, await document.FinishAsync(cancellationToken));
    }

    /// <summary>Ends the work in hand.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stopping.Dispose();
        }
    }

    private async Task AddAsync(
        MetadataDocument document,
        InstanceRow row,
        PatientCorrection? correction,
        CancellationToken cancellationToken
    )
    {
        var source = new BlobSource(_blobs, row.Location);
        var header = await RecordOpener.ReadHeaderAsync(source, cancellationToken);
        using var record = await RecordOpener.OpenAsync(source, _keys.Ring.Find(header.KeyId), cancellationToken);
        var descriptor = RecordDescriptor.Parse(
            await record.ReadRunAsync(RecordRun.Descriptor, RecordDescriptor.BytesMax, cancellationToken)
        );
        var stored = await RecordHeaders.ReadWholeAsync(record, descriptor, cancellationToken);
        await document.AddAsync(
            stored.Corrected(correction),
            MetadataJson.PathOf(descriptor.Study ?? "", descriptor.Series ?? "", descriptor.SopInstance ?? ""),
            InstanceVersion.Of(row.Token, row.Location, correction, _keys),
            cancellationToken
        );
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop))
            {
                while (_committer.Waiting == 0 && NextQuiet() is { } series)
                {
                    await TryAsync(series);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Closing.
        }
    }

    private async Task TryAsync(Token series)
    {
        try
        {
            await MakeReadyAsync(series, _stop);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !_stop.IsCancellationRequested)
        {
            // One series ends nothing for the others. A request for it will say so, and verification.
        }
    }

    private Token? NextQuiet()
    {
        var before = _clock.GetUtcNow() - Quiet;
        lock (_gate)
        {
            foreach (var (series, touched) in _waiting)
            {
                if (touched <= before)
                {
                    _waiting.Remove(series);
                    return series;
                }
            }
        }

        return null;
    }
}
