namespace Leadglass.Contract;

/// <summary>A study index in memory that keeps the port's words, and can be told to fail as a disk would.</summary>
public sealed class MemoryStudyIndex : IStudyIndex
{
    private readonly Lock gate = new();
    private Tables tables = new();

    /// <summary>True: transactions fail for want of room.</summary>
    public bool Full { get; set; }

    /// <summary>Called after each transaction, so that a test can keep what a disk may fall back to.</summary>
    public Action? Applied { get; set; }

    public BlobMark Mark { get; private set; }

    /// <summary>What an earlier state of a disk would hold: a copy to go on from after a loss of power.</summary>
    public MemoryStudyIndex Copy()
    {
        lock (gate)
        {
            return new MemoryStudyIndex { tables = tables.Clone(), Mark = Mark };
        }
    }

    public ValueTask ApplyAsync(IReadOnlyList<IndexChange> changes, BlobMark mark, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (Full)
            {
                throw new IndexFullException("no room");
            }

            var next = tables.Clone();
            foreach (var change in changes)
            {
                next.Apply(change);
            }

            tables = next;
            Mark = mark;
        }

        Applied?.Invoke();
        return ValueTask.CompletedTask;
    }

    public ValueTask<StudyRow?> FindStudyAsync(Token study, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Now().Studies.Find(row => row.Token == study) is { } row ? Now().Counted(row) : null);

    public ValueTask<SeriesRow?> FindSeriesAsync(Token series, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Now().Series.Find(row => row.Token == series) is { } row ? Now().Counted(row) : null);

    public ValueTask<InstanceRow?> FindInstanceAsync(Token instance, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Now().ByToken.GetValueOrDefault(instance));

    public IAsyncEnumerable<StudyRow> StudiesAsync(CancellationToken cancellationToken)
    {
        var now = Now();
        return now.Studies.Select(now.Counted).Where(row => row.InstanceCount > 0).ToAsyncEnumerable();
    }

    public IAsyncEnumerable<SeriesRow> SeriesOfAsync(Token study, CancellationToken cancellationToken)
    {
        var now = Now();
        return now
            .Series.Where(row => row.Study == study)
            .Select(now.Counted)
            .Where(row => row.InstanceCount > 0)
            .ToAsyncEnumerable();
    }

    public IAsyncEnumerable<InstanceRow> InstancesOfAsync(Token series, CancellationToken cancellationToken) =>
        Now().Instances.Where(row => row.Series == series && row.Rejected is null).ToAsyncEnumerable();

    public ValueTask<MetadataRow?> FindMetadataAsync(Token series, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Now().Metadata.GetValueOrDefault(series));

    public IAsyncEnumerable<DecisionRow> DecisionsOfAsync(Token study, CancellationToken cancellationToken) =>
        Now().Decisions.Where(row => row.Study == study).ToAsyncEnumerable();

    public IAsyncEnumerable<DecisionRow> DecisionsAsync(CancellationToken cancellationToken) =>
        Now().Decisions.ToAsyncEnumerable();

    public IAsyncEnumerable<QuarantineRow> QuarantinedAsync(CancellationToken cancellationToken) =>
        Now().Quarantined.ToAsyncEnumerable();

    public ValueTask<QuarantineRow?> FindQuarantinedAsync(Token content, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Now().Quarantined.Find(row => row.Content == content));

    public ValueTask<QuarantineUse> QuarantineUseAsync(Token device, CancellationToken cancellationToken)
    {
        var rows = Now().Quarantined.FindAll(row => row.Device == device);
        return ValueTask.FromResult(new QuarantineUse(rows.Count, rows.Sum(row => row.Location.Length)));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Tables Now()
    {
        lock (gate)
        {
            return tables;
        }
    }

    private sealed class Tables
    {
        public List<StudyRow> Studies { get; private init; } = [];
        public List<SeriesRow> Series { get; private init; } = [];
        public List<InstanceRow> Instances { get; private init; } = [];
        public Dictionary<Token, InstanceRow> ByToken { get; private init; } = [];
        public List<QuarantineRow> Quarantined { get; private init; } = [];
        public List<DecisionRow> Decisions { get; private init; } = [];
        public Dictionary<Token, MetadataRow> Metadata { get; private init; } = [];
        public Dictionary<Token, long> Changes { get; private init; } = [];

        public Tables Clone() =>
            new()
            {
                Studies = [.. Studies],
                Series = [.. Series],
                Instances = [.. Instances],
                ByToken = new(ByToken),
                Quarantined = [.. Quarantined],
                Decisions = [.. Decisions],
                Metadata = new(Metadata),
                Changes = new(Changes),
            };

        public StudyRow Counted(StudyRow row)
        {
            var series = Series.FindAll(one => one.Study == row.Token).ConvertAll(one => Counted(one).InstanceCount);
            return row with { SeriesCount = series.Count(count => count > 0), InstanceCount = series.Sum() };
        }

        public SeriesRow Counted(SeriesRow row) =>
            row with
            {
                InstanceCount = Instances.Count(one => one.Series == row.Token && one.Rejected is null),
                Changes = Changes.GetValueOrDefault(row.Token),
            };

        public void Apply(IndexChange change)
        {
            switch (change)
            {
                case IndexChange.PutStudy(var row):
                    Put(Studies, row, other => other.Token == row.Token);
                    break;
                case IndexChange.PutSeries(var row):
                    Put(Series, row, other => other.Token == row.Token);
                    break;
                case IndexChange.AddInstance(var row):
                    Assert.Contains(Series, one => one.Token == row.Series);
                    if (ByToken.TryAdd(row.Token, row))
                    {
                        Instances.Add(row);
                        Changed(row.Series);
                    }

                    break;
                case IndexChange.AddQuarantined(var row):
                    if (!Quarantined.Exists(other => other.Content == row.Content))
                    {
                        Quarantined.Add(row);
                    }

                    break;
                case IndexChange.RemoveQuarantined(var content):
                    Quarantined.RemoveAll(row => row.Content == content);
                    break;
                case IndexChange.RejectInstance(var instance, var reason):
                    Reject(instance, reason);
                    break;
                case IndexChange.AddDecision(var row):
                    if (!Decisions.Exists(other => other.Record == row.Record))
                    {
                        Decisions.Add(row);
                    }

                    break;
                case IndexChange.PutMetadata(var row):
                    if (Changes.GetValueOrDefault(row.Series) == row.Changes)
                    {
                        Metadata[row.Series] = row;
                    }

                    break;
                case IndexChange.ForgetMetadata(var study):
                    Series.FindAll(row => row.Study == study).ForEach(row => Changed(row.Token));
                    break;
                case IndexChange.RemoveInstance(var instance):
                    if (ByToken.TryGetValue(instance, out var removed))
                    {
                        Changed(removed.Series);
                    }

                    Instances.RemoveAll(row => row.Token == instance);
                    ByToken.Remove(instance);
                    Series.RemoveAll(series => !Instances.Exists(row => row.Series == series.Token));
                    Studies.RemoveAll(study => !Series.Exists(row => row.Study == study.Token));
                    Decisions.RemoveAll(row => !Studies.Exists(study => study.Token == row.Study));
                    break;
                case IndexChange.RemoveStudy(var study):
                    Decisions.RemoveAll(row => row.Study == study);
                    foreach (var series in Series.FindAll(row => row.Study == study))
                    {
                        Changed(series.Token);
                        foreach (var row in Instances.FindAll(row => row.Series == series.Token))
                        {
                            ByToken.Remove(row.Token);
                        }

                        Instances.RemoveAll(row => row.Series == series.Token);
                    }

                    Series.RemoveAll(row => row.Study == study);
                    Studies.RemoveAll(row => row.Token == study);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(change));
            }
        }

        private void Reject(Token instance, RejectionReason? reason)
        {
            if (ByToken.TryGetValue(instance, out var known))
            {
                ByToken[instance] = known with { Rejected = reason };
                Instances[Instances.FindIndex(row => row.Token == instance)] = ByToken[instance];
                Changed(known.Series);
            }
        }

        private void Changed(Token series)
        {
            Changes[series] = Changes.GetValueOrDefault(series) + 1;
            Metadata.Remove(series);
        }

        private static void Put<T>(List<T> rows, T row, Predicate<T> same)
        {
            var at = rows.FindIndex(same);
            if (at < 0)
            {
                rows.Add(row);
            }
            else
            {
                rows[at] = row;
            }
        }
    }
}
