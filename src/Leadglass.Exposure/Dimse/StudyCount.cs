namespace Leadglass.Exposure;

/// <summary>
/// Counts studies by C-FIND over ranges of Study Date, from now backwards. Ranges widen while they hold little. A range that
/// may have been cut off at a server's cap is halved until its halves hold no more than itself; before the count ends, the
/// fullest ranges are proved in that way, so that a cap of any size shows itself, or leaves a day that cannot be proved.
/// </summary>
internal sealed class StudyCount(
    Func<CancellationToken, ValueTask<ProbeAssociation?>> open,
    TimeProvider time,
    bool isThorough
) : IDisposable
{
    /// <summary>How many matches are taken when the audit is to be polite.</summary>
    public const int PoliteMatchesMax = 2_000;

    /// <summary>Matches taken at most, those that halving brings twice included.</summary>
    private const int ThoroughMatchesMax = 5_000_000;

    private const string DateIgnored = "the server does not look at the date key";
    private const int RoundNumber = 100;
    private const int QueriesMax = 20_000;
    private const int FailuresMax = 3;
    private const int OpeningsMax = 200;
    private const int CrowdedMin = 500;
    private const int SparseMax = 100;

    /// <summary>No server is known to cut off below that.</summary>
    private const int CapMin = 10;

    private static readonly TimeSpan ConnectionAgeMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);
    private static readonly DateOnly Antiquity = new(1900, 1, 1);

    private readonly StudyTally _tally = new();
    private readonly List<(DateRange Range, int Matches)> _leaves = [];
    private ProbeAssociation? _association;
    private long _opened;
    private int _openings;
    private int _queries;
    private int _failures;
    private int _matchesLeft = isThorough ? ThoroughMatchesMax : PoliteMatchesMax;
    private int? _cap;
    private int _provenMax;
    private bool _isIncomplete;
    private string? _stopped;

    /// <summary>A range that held a study; null when none was seen, or dates are ignored.</summary>
    public DateRange? Holding => _tally.IsDateIgnored ? null : _tally.Holding;

    /// <summary>Some query was answered.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Some match came, of a study that could be told from others or not.</summary>
    public bool HasShownMatches { get; private set; }

    /// <summary>Counts.</summary>
    /// <exception cref="OutOfScopeException">The scope does not allow it.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public async ValueTask<ExposedRecords> CountAsync(CancellationToken cancel)
    {
        try
        {
            await WalkAsync(cancel);
            await ProveFullestAsync(cancel);
            if (_association is { IsOver: false } association)
            {
                await association.ReleaseAsync(cancel);
            }

            return Records();
        }
        finally
        {
            await CloseAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _tally.Dispose();

    private ExposedRecords Records()
    {
        const string Source = "C-FIND by Study Date";
        var isExact = _stopped is null && !_isIncomplete && !_tally.IsIncomplete && !_tally.IsDateIgnored;
        var kind = isExact ? CountKind.ExactOverDated : CountKind.LowerBound;
        var totals = new List<RecordCount> { new(CountUnit.Studies, kind, _tally.Studies, Source) };
        if (_tally.AnyToldImages)
        {
            var ofImages = _tally.AllToldImages ? kind : CountKind.LowerBound;
            totals.Add(new(CountUnit.Images, ofImages, _tally.Images, Source));
        }

        return new ExposedRecords(
            totals,
            new Dictionary<string, long>(_tally.Modalities, StringComparer.Ordinal),
            _tally.FirstYear,
            _tally.LastYear,
            _stopped
        );
    }

    /// <summary>From the far future back to the beginning, without a gap.</summary>
    private async ValueTask WalkAsync(CancellationToken cancel)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var days = 30;
        var range = new DateRange(today.AddDays(-days), DateOnly.MaxValue);
        while (_stopped is null)
        {
            var matches = await CountAsync(range, null, cancel);
            if (range.First == DateOnly.MinValue)
            {
                return;
            }

            days = matches switch
            {
                0 => Math.Min(days * 4, 36_500),
                <= SparseMax => Math.Min(days * 2, 36_500),
                >= CrowdedMin => Math.Max(days / 2, 1),
                _ => days,
            };
            var last = range.First.AddDays(-1);
            var first = last.DayNumber - days + 1 <= Antiquity.DayNumber ? DateOnly.MinValue : last.AddDays(1 - days);
            range = new DateRange(first, last);
        }
    }

    /// <summary>Counts one range, in halves where it may have been cut off, and gives its matches as it was asked.</summary>
    private async ValueTask<int> CountAsync(DateRange range, int? ofParent, CancellationToken cancel)
    {
        var (matches, isCut) = await QueryAsync(range, cancel);
        if (ofParent is null && _tally is { InRange: > 0, NewInRange: 0 })
        {
            // Ranges of the walk have no day in common, and no study has two dates.
            _tally.IsDateIgnored = true;
            _stopped ??= DateIgnored;
        }

        var isSuspect =
            isCut || (matches >= CapMin && (matches == ofParent || matches == _cap || IsRoundOrKnown(matches)));
        if (_stopped is null && isSuspect)
        {
            await HalveAsync(range, matches, isCut, cancel);
        }
        else if (matches >= CapMin)
        {
            _leaves.Add((range, matches));
        }

        return matches;
    }

    private async ValueTask HalveAsync(DateRange range, int matches, bool isCut, CancellationToken cancel)
    {
        if (range.Days == 1)
        {
            _isIncomplete |= isCut || matches == _cap || matches % RoundNumber == 0;
            _leaves.Add((range, matches));
            return;
        }

        var (earlier, later) = range.Halve();
        var ofLater = await CountAsync(later, matches, cancel);
        var ofEarlier = await CountAsync(earlier, matches, cancel);
        if (_stopped is not null || isCut)
        {
            return;
        }

        if (ofLater + ofEarlier > matches)
        {
            _cap = matches;
        }
        else if (ofLater < matches && ofEarlier < matches)
        {
            _provenMax = Math.Max(_provenMax, matches);
        }
    }

    /// <summary>
    /// Proves the fullest ranges by their halves. A cap that nothing gave away so far is the number of matches of the
    /// fullest: if none of them was cut off, no other was.
    /// </summary>
    private async ValueTask ProveFullestAsync(CancellationToken cancel)
    {
        while (_stopped is null && _leaves.Count > 0)
        {
            var fullest = _leaves.Max(leaf => leaf.Matches);
            var suspects = _leaves.FindAll(leaf => leaf.Matches == fullest);
            if (fullest <= _provenMax && fullest != _cap)
            {
                return;
            }

            if (suspects.TrueForAll(leaf => leaf.Range.Days == 1))
            {
                // A day cannot be halved, and no range with more in it was proved: its number may be its own, or a cap's.
                _isIncomplete = true;
                return;
            }

            _leaves.RemoveAll(leaf => leaf.Matches == fullest && leaf.Range.Days > 1);
            foreach (var (range, matches) in suspects.Where(leaf => leaf.Range.Days > 1))
            {
                await HalveAsync(range, matches, isCut: false, cancel);
            }
        }
    }

    /// <summary>A round number, or one that came before.</summary>
    private bool IsRoundOrKnown(int matches) =>
        matches % RoundNumber == 0 || matches % 256 == 0 || _leaves.Exists(leaf => leaf.Matches == matches);

    /// <summary>Asks for one range: its matches, and whether the server said that there are more.</summary>
    private async ValueTask<(int Matches, bool IsCut)> QueryAsync(DateRange range, CancellationToken cancel)
    {
        if (_queries++ >= QueriesMax)
        {
            _stopped = "budget of queries";
        }

        if (_stopped is not null || await AssociationAsync(cancel) is not { } association)
        {
            return (0, false);
        }

        _tally.Begin(range, _matchesLeft);
        var context = association.Find(ProbeProposal.StudyRootFind)!;
        var outcome = await association.QueryAsync(context, Keys(range), _tally, cancel);
        _matchesLeft -= outcome.Matches;
        HasShownMatches |= outcome.Matches > 0;
        IsAnswered |= outcome.Matches > 0 || outcome.Outcome.IsSuccess;
        Judge(outcome);
        if (_stopped is null)
        {
            // As long as the server worked for us it may rest, up to a limit.
            await Task.Delay(outcome.Took < PauseMax ? outcome.Took : PauseMax, time, cancel);
        }

        return (_tally.InRange, outcome.Matches > 0 && !outcome.Outcome.IsSuccess);
    }

    private void Judge(QueryOutcome outcome)
    {
        if (outcome.IsSlow)
        {
            _stopped = "latency";
        }
        else if (_tally.IsDateIgnored)
        {
            _stopped = DateIgnored;
        }
        else if (outcome.IsCancelled)
        {
            _stopped = "budget of records";
        }
        else if (!outcome.Outcome.IsSuccess && outcome.Matches == 0)
        {
            _isIncomplete = true;
            _stopped = ++_failures >= FailuresMax ? $"failing queries, last {outcome.Outcome.Response}" : null;
        }
    }

    private static List<QueryKey> Keys(DateRange range) =>
        [
            new(NullKeys.StudyDate, "DA", range.Key),
            new(NullKeys.QueryRetrieveLevel, "CS", "STUDY"),
            new(NullKeys.ModalitiesInStudy, "CS", ""),
            new(NullKeys.StudyInstanceUid, "UI", ""),
            new(NullKeys.NumberOfStudyRelatedInstances, "IS", ""),
        ];

    /// <summary>The association that is up, or a new one where it ended or has become old.</summary>
    private async ValueTask<ProbeAssociation?> AssociationAsync(CancellationToken cancel)
    {
        if (_association is { } association && (association.IsOver || time.GetElapsedTime(_opened) > ConnectionAgeMax))
        {
            if (!association.IsOver)
            {
                await association.ReleaseAsync(cancel);
            }

            await CloseAsync();
        }

        if (_association is null && _openings++ < OpeningsMax)
        {
            _opened = time.GetTimestamp();
            _association = await open(cancel);
        }

        _stopped = _association is null ? "no further association" : _stopped;
        return _association;
    }

    private async ValueTask CloseAsync()
    {
        if (_association is { } association)
        {
            _association = null;
            await association.DisposeAsync();
        }
    }
}
