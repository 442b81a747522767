using System.Runtime.CompilerServices;
using Leadglass.Sealing;
using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Sqlite;

/// <summary>One reading connection with its prepared statements; used by one caller at a time.</summary>
internal sealed class SqliteIndexReader(SqliteConnection connection) : IAsyncDisposable
{
    private readonly Dictionary<string, SqliteCommand> prepared = [];

    public async ValueTask<T?> FindAsync<T>(
        string sql,
        Token token,
        Func<SqliteDataReader, T> read,
        CancellationToken cancellationToken
    )
        where T : class
    {
        await using var reader = await Bind(sql, token).ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : null;
    }

    public async IAsyncEnumerable<T> ListAsync<T>(
        string sql,
        Token? token,
        Func<SqliteDataReader, T> read,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var reader = await Bind(sql, token).ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return read(reader);
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

    private SqliteCommand Bind(string sql, Token? token)
    {
        if (!prepared.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            if (token is not null)
            {
                command.Parameters.Add("$0", SqliteType.Blob);
            }

            prepared.Add(sql, command);
        }

        if (token is { } value)
        {
            command.Parameters[0].Value = value.ToBytes();
        }

        return command;
    }
}
