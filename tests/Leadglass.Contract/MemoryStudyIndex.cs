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
        return now.Studies.Select(now.Counted).ToAsyncEnumerable();
    }

    public IAsyncEnumerable<SeriesRow> SeriesOfAsync(Token study, CancellationToken cancellationToken)
    {
        var now = Now();
        return now.Series.Where(row => row.Study == study).Select(now.Counted).ToAsyncEnumerable();
    }

    public IAsyncEnumerable<InstanceRow> InstancesOfAsync(Token series, CancellationToken cancellationToken) =>
        Now().Instances.Where(row => row.Series == series).ToAsyncEnumerable();

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

        public Tables Clone() =>
            new()
            {
                Studies = [.. Studies],
                Series = [.. Series],
                Instances = [.. Instances],
                ByToken = new(ByToken),
                Quarantined = [.. Quarantined],
            };

        public StudyRow Counted(StudyRow row)
        {
            var series = Series.FindAll(one => one.Study == row.Token);
            return row with
            {
                SeriesCount = series.Count,
                InstanceCount = Instances.Count(one => series.Exists(other => other.Token == one.Series)),
            };
        }

        public SeriesRow Counted(SeriesRow row) =>
            row with
            {
                InstanceCount = Instances.Count(one => one.Series == row.Token),
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
                case IndexChange.RemoveInstance(var instance):
                    Instances.RemoveAll(row => row.Token == instance);
                    ByToken.Remove(instance);
                    Series.RemoveAll(series => !Instances.Exists(row => row.Series == series.Token));
                    Studies.RemoveAll(study => !Series.Exists(row => row.Study == study.Token));
                    break;
                case IndexChange.RemoveStudy(var study):
                    foreach (var series in Series.FindAll(row => row.Study == study))
                    {
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
