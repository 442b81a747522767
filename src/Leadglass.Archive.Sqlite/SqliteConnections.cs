using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Sqlite;

/// <summary>Opens connections with the settings that the promises rest on.</summary>
internal static class SqliteConnections
{
    /// <summary>Primary result codes of SQLite, https://www.sqlite.org/rescode.html.</summary>
    private const int Full = 13;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    /// <summary>Opens a connection; a missing file is created with mode 0600 unless it is to be read only.</summary>
    public static async Task<SqliteConnection> OpenAsync(
        string path,
        bool readOnly,
        CancellationToken cancellationToken
    )
    {
        if (!readOnly && !File.Exists(path))
        {
            // Created here because SQLite's log and shared-memory files take the mode of the main file.
            await using var created = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
        }

        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = 10,
            }.ToString()
        );
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var settings = connection.CreateCommand();
            // NORMAL: the log is not flushed at each commit, since recovery replays the packs from the mark. Deleted rows
            // are overwritten, and nothing is sorted in a file: both could otherwise leave what was erased on the disk.
            settings.CommandText = readOnly
                ? "PRAGMA temp_store = MEMORY"
                : """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = NORMAL;
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA foreign_keys = OFF;
                    """;
            await settings.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch (SqliteException exception)
        {
            await connection.DisposeAsync();
            throw Translate(exception);
        }
    }

    /// <summary>The port's words for what SQLite reports. Its messages name tables and codes, never values.</summary>
    public static IOException Translate(SqliteException exception) =>
        exception.SqliteErrorCode switch
        {
            Full => new IndexFullException("no room for the index on its volume", exception),
            IoError => new IndexFullException("the index could not be written", exception),
            Corrupt or NotADatabase => new IndexDamagedException(
                "the index file is damaged: rebuild it with `leadglass rebuild-index`",
                exception
            ),
            _ => new IndexDamagedException(
                $"the index answered with SQLite code {exception.SqliteErrorCode}",
                exception
            ),
        };
}
