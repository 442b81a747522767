using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Leadglass.Sealing;
using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Sqlite;

/// <summary>The study index in one SQLite file, for one machine: one writer, readers beside it.</summary>
public sealed class SqliteStudyIndex : IStudyIndex
{
    private const string StudyColumns = "token, patient, key, sealed, series_count, instance_count";
    private const string InstanceColumns =
        "i.token, s.token, i.class, i.digest, i.form, i.pack, i.position, i.length, i.sealed, i.rejected";
    private const string DecisionColumns = "record, kind, study, key, sealed";
    private const string QuarantineColumns = "content, device, instance, reason, key, pack, position, length, sealed";

    private readonly string path;
    private readonly SqliteIndexWriter? writer;
    private readonly ConcurrentBag<SqliteIndexReader> idle = [];

    private SqliteStudyIndex(string path, SqliteIndexWriter? writer, BlobMark mark)
    {
        this.path = path;
        this.writer = writer;
        Mark = mark;
    }

    /// <inheritdoc />
    public BlobMark Mark { get; private set; }

    /// <summary>Opens an index file, creates it where it is missing, and brings it to this program's schema.</summary>
    /// <param name="path">The file; SQLite keeps two more beside it.</param>
    /// <exception cref="IndexDamagedException">It is no index, damaged, or of a newer program.</exception>
    public static async Task<SqliteStudyIndex> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var connection = await SqliteConnections.OpenAsync(path, readOnly: false, cancellationToken);
        try
        {
            await SchemaMigrations.ApplyAsync(connection, cancellationToken);
            var mark = await ReadMarkAsync(connection, cancellationToken);
            return new SqliteStudyIndex(path, new SqliteIndexWriter(connection), mark);
        }
        catch (SqliteException exception)
        {
            await connection.DisposeAsync();
            throw SqliteConnections.Translate(exception);
        }
    }

    /// <summary>Opens an index file to look at, beside a running archive.</summary>
    /// <exception cref="IndexDamagedException">It is missing, no index, damaged, or of another version.</exception>
    public static async Task<SqliteStudyIndex> OpenReadOnlyAsync(string path, CancellationToken cancellationToken)
    {
        await using var connection = await SqliteConnections.OpenAsync(path, readOnly: true, cancellationToken);
        try
        {
            var version = await SchemaMigrations.VersionAsync(connection, cancellationToken);
            return version == SchemaMigrations.Current
                ? new SqliteStudyIndex(path, null, await ReadMarkAsync(connection, cancellationToken))
                : throw new IndexDamagedException(
                    $"the index has version {version}, this program reads {SchemaMigrations.Current}"
                );
        }
        catch (SqliteException exception)
        {
            throw SqliteConnections.Translate(exception);
        }
    }

    /// <inheritdoc />
    public async ValueTask ApplyAsync(
        IReadOnlyList<IndexChange> changes,
        BlobMark mark,
        CancellationToken cancellationToken
    )
    {
        if (writer is null)
        {
            throw new InvalidOperationException("the index was opened read only");
        }

        try
        {
            await writer.ApplyAsync(changes, mark, cancellationToken);
            Mark = mark;
        }
        catch (SqliteException exception)
        {
            throw SqliteConnections.Translate(exception);
        }
    }

    /// <inheritdoc />
    public ValueTask<StudyRow?> FindStudyAsync(Token study, CancellationToken cancellationToken) =>
        FindAsync($"SELECT {StudyColumns} FROM study WHERE token = $0", study, RowValues.ReadStudy, cancellationToken);

    /// <inheritdoc />
    public ValueTask<SeriesRow?> FindSeriesAsync(Token series, CancellationToken cancellationToken) =>
        FindAsync(
            """
            SELECT s.token, t.token, s.sealed, s.instance_count, s.changes FROM series s JOIN study t ON t.id = s.study
            WHERE s.token = $0
            """,
            series,
            RowValues.ReadSeries,
            cancellationToken
        );

    /// <inheritdoc />
    public ValueTask<InstanceRow?> FindInstanceAsync(Token instance, CancellationToken cancellationToken) =>
        FindAsync(
            $"SELECT {InstanceColumns} FROM instance i JOIN series s ON s.id = i.series WHERE i.token = $0",
            instance,
            RowValues.ReadInstance,
            cancellationToken
        );

    /// <inheritdoc />
    public IAsyncEnumerable<StudyRow> StudiesAsync(CancellationToken cancellationToken) =>
        ListAsync(
            $"SELECT {StudyColumns} FROM study WHERE instance_count > 0 ORDER BY id",
            null,
            RowValues.ReadStudy,
            cancellationToken
        );

    /// <inheritdoc />
    public IAsyncEnumerable<SeriesRow> SeriesOfAsync(Token study, CancellationToken cancellationToken) =>
        ListAsync(
            """
            SELECT s.token, t.token, s.sealed, s.instance_count, s.changes FROM study t JOIN series s ON s.study = t.id
            WHERE t.token = $0 AND s.instance_count > 0 ORDER BY s.id
            """,
            study,
            RowValues.ReadSeries,
            cancellationToken
        );

    /// <inheritdoc />
    public IAsyncEnumerable<InstanceRow> InstancesOfAsync(Token series, CancellationToken cancellationToken) =>
        ListAsync(
            $"""
            SELECT {InstanceColumns} FROM series s JOIN instance i ON i.series = s.id
            WHERE s.token = $0 AND i.rejected = 0 ORDER BY i.id
            """,
            series,
            RowValues.ReadInstance,
            cancellationToken
        );

    /// <inheritdoc />
    public ValueTask<MetadataRow?> FindMetadataAsync(Token series, CancellationToken cancellationToken) =>
        FindAsync(
            """
            SELECT s.token, s.changes, m.instances, m.length, m.sealed
            FROM series s JOIN metadata m ON m.series = s.id WHERE s.token = $0
            """,
            series,
            RowValues.ReadMetadata,
            cancellationToken
        );

    /// <inheritdoc />
    public IAsyncEnumerable<DecisionRow> DecisionsOfAsync(Token study, CancellationToken cancellationToken) =>
        ListAsync(
            $"SELECT {DecisionColumns} FROM decision WHERE study = $0 ORDER BY id",
            study,
            RowValues.ReadDecision,
            cancellationToken
        );

    /// <inheritdoc />
    public IAsyncEnumerable<DecisionRow> DecisionsAsync(CancellationToken cancellationToken) =>
        ListAsync(
            $"SELECT {DecisionColumns} FROM decision ORDER BY id",
            null,
            RowValues.ReadDecision,
            cancellationToken
        );

    /// <inheritdoc />
    public IAsyncEnumerable<QuarantineRow> QuarantinedAsync(CancellationToken cancellationToken) =>
        ListAsync(
            $"SELECT {QuarantineColumns} FROM quarantine ORDER BY id",
            null,
            RowValues.ReadQuarantined,
            cancellationToken
        );

    /// <inheritdoc />
    public ValueTask<QuarantineRow?> FindQuarantinedAsync(Token content, CancellationToken cancellationToken) =>
        FindAsync(
            $"SELECT {QuarantineColumns} FROM quarantine WHERE content = $0",
            content,
            RowValues.ReadQuarantined,
            cancellationToken
        );

    /// <inheritdoc />
    public async ValueTask<QuarantineUse> QuarantineUseAsync(Token device, CancellationToken cancellationToken)
    {
        var use = await FindAsync<object>(
            "SELECT COUNT(*), COALESCE(SUM(length), 0) FROM quarantine WHERE device = $0",
            device,
            reader => new QuarantineUse(reader.GetInt32(0), reader.GetInt64(1)),
            cancellationToken
        );
        return (QuarantineUse)use!;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        while (idle.TryTake(out var reader))
        {
            await reader.DisposeAsync();
        }

        if (writer is not null)
        {
            await writer.DisposeAsync();
        }
    }

    private static async Task<BlobMark> ReadMarkAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT pack, position FROM mark";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new BlobMark(reader.GetInt32(0), reader.GetInt64(1))
            : throw new IndexDamagedException("the index has no mark");
    }

    private async ValueTask<T?> FindAsync<T>(
        string sql,
        Token token,
        Func<SqliteDataReader, T> read,
        CancellationToken cancellationToken
    )
        where T : class
    {
        var reader = await RentAsync(cancellationToken);
        try
        {
            return await reader.FindAsync(sql, token, read, cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw SqliteConnections.Translate(exception);
        }
        finally
        {
            idle.Add(reader);
        }
    }

    private async IAsyncEnumerable<T> ListAsync<T>(
        string sql,
        Token? token,
        Func<SqliteDataReader, T> read,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var reader = await RentAsync(cancellationToken);
        try
        {
            await foreach (var row in reader.ListAsync(sql, token, read, cancellationToken))
            {
                yield return row;
            }
        }
        finally
        {
            idle.Add(reader);
        }
    }

    private async ValueTask<SqliteIndexReader> RentAsync(CancellationToken cancellationToken) =>
        idle.TryTake(out var reader)
            ? reader
            : new SqliteIndexReader(await SqliteConnections.OpenAsync(path, readOnly: true, cancellationToken));
}
