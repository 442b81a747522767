using Leadglass.Sealing;
using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Sqlite;

/// <summary>The one writing connection with its prepared statements.</summary>
internal sealed partial class SqliteIndexWriter : IAsyncDisposable
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> prepared = [];
    private readonly Dictionary<Token, long> seriesIds = [];
    private readonly Dictionary<long, int> addedToSeries = [];
    private SqliteTransaction? current;

    public SqliteIndexWriter(SqliteConnection connection) => this.connection = connection;

    public async Task ApplyAsync(IReadOnlyList<IndexChange> changes, BlobMark mark, CancellationToken cancellationToken)
    {
        await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(cancellationToken);
        current = transaction;
        try
        {
            foreach (var change in changes)
            {
                Apply(change);
            }

            FlushCounts();
            Run("UPDATE mark SET pack = $0, position = $1", mark.Pack, mark.Offset);
            await transaction.CommitAsync(cancellationToken);
        }
        finally
        {
            current = null;
            seriesIds.Clear();
            addedToSeries.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in prepared.Values)
        {
            await command.DisposeAsync();
        }

        await connection.DisposeAsync();
    }

    private void Apply(IndexChange change)
    {
        switch (change)
        {
            case IndexChange.AddInstance(var row):
                AddInstance(row);
                break;
            case IndexChange.PutSeries(var row):
                PutSeries(row);
                break;
            case IndexChange.PutStudy(var row):
                Run(
                    """
                    INSERT INTO study (token, patient, key, sealed) VALUES ($0, $1, $2, $3)
                    ON CONFLICT (token) DO UPDATE SET patient = excluded.patient, sealed = excluded.sealed
                    """,
                    row.Token.ToBytes(),
                    row.Patient.ToBytes(),
                    row.Key.ToBytes(),
                    row.Sealed.ToArray()
                );
                break;
            case IndexChange.AddQuarantined(var row):
                AddQuarantined(row);
                break;
            case IndexChange.RemoveQuarantined(var content):
                Run("DELETE FROM quarantine WHERE content = $0", content.ToBytes());
                break;
            case IndexChange.RejectInstance(var instance, var reason):
                RejectInstance(instance, reason);
                break;
            case IndexChange.AddDecision(var row):
                AddDecision(row);
                break;
            case IndexChange.PutMetadata(var row):
                PutMetadata(row);
                break;
            case IndexChange.ForgetMetadata(var study):
                ForgetMetadata(study);
                break;
            case IndexChange.RemoveInstance(var instance):
                RemoveInstance(instance);
                break;
            case IndexChange.RemoveStudy(var study):
                RemoveStudy(study);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change.GetType().Name, "unknown change");
        }
    }

    private void AddInstance(InstanceRow row)
    {
        var series = SeriesId(row.Series);
        var added = Run(
            """
            INSERT INTO instance (token, series, class, digest, form, pack, position, length, sealed)
            VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (token) DO NOTHING
            """,
            row.Token.ToBytes(),
            series,
            row.SopClass.ToBytes(),
            row.Digest.ToBytes(),
            row.Digest.Form,
            row.Location.Pack,
            row.Location.Offset,
            row.Location.Length,
            row.Sealed.ToArray()
        );
        addedToSeries[series] = addedToSeries.GetValueOrDefault(series) + added;
    }

    private void PutSeries(SeriesRow row)
    {
        var study =
            Scalar("SELECT id FROM study WHERE token = $0", row.Study.ToBytes())
            ?? throw new InvalidOperationException("a series was added before its study");
        var known = Scalar("SELECT id FROM series WHERE token = $0", row.Token.ToBytes());
        if (known is { } id)
        {
            Run("UPDATE series SET sealed = $1 WHERE id = $0", id, row.Sealed.ToArray());
            return;
        }

        Run(
            "INSERT INTO series (token, study, sealed) VALUES ($0, $1, $2)",
            row.Token.ToBytes(),
            study,
            row.Sealed.ToArray()
        );
    }

    private void AddQuarantined(QuarantineRow row) =>
        Run(
            """
            INSERT INTO quarantine (content, device, instance, reason, key, pack, position, length, sealed)
            VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (content) DO NOTHING
            """,
            row.Content.ToBytes(),
            row.Device.ToBytes(),
            row.Instance.ToBytes(),
            (int)row.Reason,
            row.Key.ToBytes(),
            row.Location.Pack,
            row.Location.Offset,
            row.Location.Length,
            row.Sealed.ToArray()
        );

    private long SeriesId(Token series)
    {
        if (seriesIds.TryGetValue(series, out var id))
        {
            return id;
        }

        id =
            Scalar("SELECT id FROM series WHERE token = $0", series.ToBytes())
            ?? throw new InvalidOperationException("an instance was added before its series");
        seriesIds.Add(series, id);
        return id;
    }

    // Counts are summed over a transaction: a batch of one series updates two rows, not two per instance.
    private void FlushCounts()
    {
        foreach (var (series, added) in addedToSeries)
        {
            if (added != 0)
            {
                CountInstances(series, added);
            }
        }

        addedToSeries.Clear();
    }

    private int Run(string sql, params ReadOnlySpan<object> values) => Bind(sql, values).ExecuteNonQuery();

    private long? Scalar(string sql, params ReadOnlySpan<object> values) => (long?)Bind(sql, values).ExecuteScalar();

    private SqliteCommand Bind(string sql, ReadOnlySpan<object> values)
    {
        if (!prepared.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.AddWithValue($"${i}", values[i]);
            }

            prepared.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        command.Transaction = current;
        return command;
    }
}
