using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Decides what an instance is to the archive, from its UIDs and patient: new, known, or in contradiction with what is
/// known, in the index or on its way in. One decision at a time; one instance of a SOP Instance UID at a time.
/// </summary>
internal sealed class IdentityLedger(ArchiveKeys keys, IStudyIndex index) : IDisposable
{
    private readonly SemaphoreSlim _deciding = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<Token, TaskCompletionSource> _instances = [];
    private readonly Dictionary<Token, StudyOnItsWay> _studies = [];
    private readonly Dictionary<Token, SeriesOnItsWay> _series = [];

    /// <summary>
    /// Holds the instance's identity until the hold is released. Waits while another instance of this UID is on its way.
    /// </summary>
    public async Task<IdentityHold> HoldAsync(InstanceFacts facts, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task? other = null;
            await _deciding.WaitAsync(cancellationToken);
            try
            {
                lock (_gate)
                {
                    if (_instances.TryGetValue(facts.InstanceToken, out var earlier))
                    {
                        other = earlier.Task;
                    }
                }

                if (other is null)
                {
                    return await DecideAsync(facts, cancellationToken);
                }
            }
            finally
            {
                _deciding.Release();
            }

            await other.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _deciding.Dispose();

    private async Task<IdentityHold> DecideAsync(InstanceFacts facts, CancellationToken cancellationToken)
    {
        if (await index.FindInstanceAsync(facts.InstanceToken, cancellationToken) is { } known)
        {
            return known.Series == facts.SeriesToken
                ? Hold(facts, new Verdict.Known(known))
                : Hold(facts, new Verdict.Conflict(ConflictReason.OtherSeries));
        }

        if (
            await StudyOfSeriesAsync(facts, cancellationToken) is { } studyOfSeries
            && studyOfSeries != facts.StudyToken
        )
        {
            return Hold(facts, new Verdict.Conflict(ConflictReason.OtherStudy));
        }

        var (patient, key) = await PatientAndKeyAsync(facts, cancellationToken);
        if (patient != facts.PatientToken)
        {
            return Hold(facts, new Verdict.Conflict(ConflictReason.OtherPatient));
        }

        lock (_gate)
        {
            var study = _studies.GetValueOrDefault(facts.StudyToken) ?? new StudyOnItsWay(patient, key, 0);
            _studies[facts.StudyToken] = study with { Instances = study.Instances + 1 };
            var series = _series.GetValueOrDefault(facts.SeriesToken) ?? new SeriesOnItsWay(facts.StudyToken, 0);
            _series[facts.SeriesToken] = series with { Instances = series.Instances + 1 };
        }

        return Hold(facts, new Verdict.New(key));
    }

    private async ValueTask<Token?> StudyOfSeriesAsync(InstanceFacts facts, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_series.TryGetValue(facts.SeriesToken, out var onItsWay))
            {
                return onItsWay.Study;
            }
        }

        return (await index.FindSeriesAsync(facts.SeriesToken, cancellationToken))?.Study;
    }

    private async ValueTask<(Token Patient, DataKey Key)> PatientAndKeyAsync(
        InstanceFacts facts,
        CancellationToken cancellationToken
    )
    {
        lock (_gate)
        {
            if (_studies.TryGetValue(facts.StudyToken, out var onItsWay))
            {
                return (onItsWay.Patient, onItsWay.Key);
            }
        }

        return await index.FindStudyAsync(facts.StudyToken, cancellationToken) is { } row
            ? (row.Patient, keys.Ring.Find(row.Key))
            : (facts.PatientToken, keys.Ring.TakeFresh());
    }

    private IdentityHold Hold(InstanceFacts facts, Verdict verdict)
    {
        lock (_gate)
        {
            _instances.Add(
                facts.InstanceToken,
                new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
            );
        }

        return new IdentityHold(this, facts, verdict);
    }

    private void Release(InstanceFacts facts, Verdict verdict)
    {
        TaskCompletionSource? released;
        lock (_gate)
        {
            _instances.Remove(facts.InstanceToken, out released);
            if (verdict is Verdict.New)
            {
                var study = _studies[facts.StudyToken];
                var series = _series[facts.SeriesToken];
                _studies[facts.StudyToken] = study with { Instances = study.Instances - 1 };
                _series[facts.SeriesToken] = series with { Instances = series.Instances - 1 };
                if (study.Instances == 1)
                {
                    _studies.Remove(facts.StudyToken);
                }

                if (series.Instances == 1)
                {
                    _series.Remove(facts.SeriesToken);
                }
            }
        }

        released?.SetResult();
    }

    private sealed record StudyOnItsWay(Token Patient, DataKey Key, int Instances);

    private sealed record SeriesOnItsWay(Token Study, int Instances);

    /// <summary>An identity held for one instance on its way in.</summary>
    internal sealed class IdentityHold(IdentityLedger ledger, InstanceFacts facts, Verdict verdict) : IDisposable
    {
        private bool _released;

        public Verdict Verdict { get; } = verdict;

        /// <summary>Lets the next one in; after the index was changed, or when nothing comes of the instance.</summary>
        public void Dispose()
        {
            if (!_released)
            {
                _released = true;
                ledger.Release(facts, Verdict);
            }
        }
    }
}

/// <summary>What an instance is to the archive.</summary>
internal abstract record Verdict
{
    private Verdict() { }

    /// <summary>New; to be sealed under this key of its study.</summary>
    internal sealed record New(DataKey Key) : Verdict;

    /// <summary>Its UID is known, in the same series: the content decides.</summary>
    internal sealed record Known(InstanceRow Row) : Verdict;

    /// <summary>It contradicts what is known.</summary>
    internal sealed record Conflict(ConflictReason Reason) : Verdict;
}
