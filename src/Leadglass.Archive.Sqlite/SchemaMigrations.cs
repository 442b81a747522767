using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Sqlite;

/// <summary>Brings an index file to this program's schema: the numbered SQL files, each once, in their order.</summary>
internal static class SchemaMigrations
{
    /// <summary>The version this program writes.</summary>
    public static int Current { get; } = Names().Count;

    /// <summary>Applies what is missing, each file in a transaction of its own.</summary>
    /// <exception cref="IndexDamagedException">The file is of a newer program.</exception>
    public static async Task ApplyAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(connection, cancellationToken);
        if (version > Current)
        {
            throw new IndexDamagedException(
                $"the index has version {version}, this program writes {Current}: use a newer program, or rebuild the index"
            );
        }

        foreach (var name in Names().Skip(version))
        {
            version++;
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, (SqliteTransaction)transaction, Read(name), cancellationToken);
            await ExecuteAsync(
                connection,
                (SqliteTransaction)transaction,
                string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version}"),
                cancellationToken
            );
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>Which version a file has.</summary>
    public static async Task<int> VersionAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    private static List<string> Names() =>
        [
            .. typeof(SchemaMigrations)
                .Assembly.GetManifestResourceNames()
                .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static async Task ExecuteAsync(
        SqliteConnection connection,
        SqliteTransaction transaction,
        string sql,
        CancellationToken cancellationToken
    )
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
