using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Decides what an instance is to the archive, from its UIDs and patient: new, known, or in contradiction with what is
/// known, in the index or on its way in. One decision at a time; one instance of a SOP Instance UID at a time.
/// </summary>
internal sealed class IdentityLedger(ArchiveKeys keys, IStudyIndex index, IndexUpkeep upkeep) : IDisposable
{
    private readonly SemaphoreSlim _deciding = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<Token, TaskCompletionSource> _instances = [];
    private readonly Dictionary<Token, StudyOnItsWay> _studies = [];
    private readonly Dictionary<Token, SeriesOnItsWay> _series = [];

    /// <summary>
    /// Holds the instance's identity until the hold is released. Waits while another instance of this UID is on its way, and
    /// while only instances on their way contradict it: they may come to nothing.
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
                    (var hold, other) = await DecideAsync(facts, cancellationToken);
                    if (hold is not null)
                    {
                        return hold;
                    }
                }
            }
            finally
            {
                _deciding.Release();
            }

            await other!.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _deciding.Dispose();

    /// <summary>Gives the hold, or what has to settle before there can be one.</summary>
    private async Task<(IdentityHold? Hold, Task? Other)> DecideAsync(
        InstanceFacts facts,
        CancellationToken cancellationToken
    )
    {
        if (await index.FindInstanceAsync(facts.InstanceToken, cancellationToken) is { } known)
        {
            return known.Series == facts.SeriesToken
                ? (Hold(facts, new Verdict.Known(known)), null)
                : (Hold(facts, new Verdict.Conflict(ConflictReason.OtherSeries)), null);
        }

        // Before the index is asked: what leaves here meanwhile is in the index by then, or came to nothing.
        StudyOnItsWay? study;
        SeriesOnItsWay? series;
        lock (_gate)
        {
            study = _studies.GetValueOrDefault(facts.StudyToken);
            series = _series.GetValueOrDefault(facts.SeriesToken);
        }

        if (series?.Study != facts.StudyToken)
        {
            var row = await index.FindSeriesAsync(facts.SeriesToken, cancellationToken);
            if (row is not null && row.Study != facts.StudyToken)
            {
                return (Hold(facts, new Verdict.Conflict(ConflictReason.OtherStudy)), null);
            }

            if (series is not null)
            {
                return (null, series.Settled.Task);
            }
        }

        var key = study?.Key;
        if (study?.Patient != facts.PatientToken)
        {
            var row = await index.FindStudyAsync(facts.StudyToken, cancellationToken);
            var follows = row is not null && row.Patient != facts.PatientToken && FollowsCorrection(row, facts);
            if (row is not null && row.Patient != facts.PatientToken && !follows)
            {
                return (Hold(facts, new Verdict.Conflict(ConflictReason.OtherPatient)), null);
            }

            if (study is not null && !follows)
            {
                return (null, study.Settled.Task);
            }

            key = row is null ? keys.Ring.TakeFresh() : keys.Ring.Find(row.Key);
        }

        lock (_gate)
        {
            study = _studies.GetValueOrDefault(facts.StudyToken) ?? new StudyOnItsWay(facts.PatientToken, key!);
            series = _series.GetValueOrDefault(facts.SeriesToken) ?? new SeriesOnItsWay(facts.StudyToken);
            _studies[facts.StudyToken] = study with { Instances = study.Instances + 1 };
            _series[facts.SeriesToken] = series with { Instances = series.Instances + 1 };
        }

        return (Hold(facts, new Verdict.New(key!)), null);
    }

    /// <summary>The study was this patient's before it was assigned to another: what comes later follows it there.</summary>
    private bool FollowsCorrection(StudyRow row, InstanceFacts facts) => upkeep.WasOf(row, facts.PatientToken);

    private IdentityHold Hold(InstanceFacts facts, Verdict verdict)
    {
        lock (_gate)
        {
            _instances.Add(facts.InstanceToken, NewSettled());
        }

        return new IdentityHold(this, facts, verdict);
    }

    private void Release(InstanceFacts facts, Verdict verdict)
    {
        List<TaskCompletionSource> settled = [];
        lock (_gate)
        {
            if (_instances.Remove(facts.InstanceToken, out var released))
            {
                settled.Add(released);
            }

            if (verdict is Verdict.New)
            {
                var study = _studies[facts.StudyToken];
                var series = _series[facts.SeriesToken];
                settled.AddRange([study.Settled, series.Settled]);
                _studies[facts.StudyToken] = study with { Instances = study.Instances - 1, Settled = NewSettled() };
                _series[facts.SeriesToken] = series with { Instances = series.Instances - 1, Settled = NewSettled() };
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

        settled.ForEach(one => one.SetResult());
    }

    private static TaskCompletionSource NewSettled() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record StudyOnItsWay(Token Patient, DataKey Key)
    {
        public int Instances { get; init; }

        /// <summary>Set as soon as one of its instances is in the index or came to nothing.</summary>
        public TaskCompletionSource Settled { get; init; } = NewSettled();
    }

    private sealed record SeriesOnItsWay(Token Study)
    {
        public int Instances { get; init; }

        /// <summary>Set as soon as one of its instances is in the index or came to nothing.</summary>
        public TaskCompletionSource Settled { get; init; } = NewSettled();
    }

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
