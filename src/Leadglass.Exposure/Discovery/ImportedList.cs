using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Leadglass.Exposure;

/// <summary>An open port that another scanner found; without a port, every port of the scope is meant.</summary>
internal readonly record struct ImportedEntry(IPAddress Address, int? Port);

/// <summary>
/// Reads what nmap (<c>-oX</c>), masscan (<c>-oJ</c>) or anybody (one <c>address</c> or <c>address:port</c> a line) found. The
/// file is foreign: read as a stream with limits, and every entry still has to pass the scope.
/// </summary>
internal static class ImportedList
{
    /// <summary>Longest file that is read.</summary>
    public const long BytesMax = 8L << 30;

    /// <summary>SHA-256 over the lists, so that an audit goes on with the same ones; null without any.</summary>
    /// <exception cref="AuditException">One cannot be read.</exception>
    public static async Task<string?> DigestAsync(IReadOnlyList<string> paths, CancellationToken cancel)
    {
        if (paths.Count == 0)
        {
            return null;
        }
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths)
        {
            await using var file = Open(path);
            all.AppendData(await SHA256.HashDataAsync(file, cancel));
        }
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    /// <summary>The entries of a list.</summary>
    /// <exception cref="AuditException">It is none of the three, or breaks a limit; the message says where.</exception>
    public static async IAsyncEnumerable<ImportedEntry> ReadAsync(
        string path,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        await using var file = Open(path);
        var entries = (char)await FirstLetterAsync(file, cancel) switch
        {
            '<' => NmapXml.ReadAsync(file, path, cancel),
            '[' or '{' => MasscanJson.ReadAsync(file, path, cancel),
            _ => PlainList.ReadAsync(file, path, cancel),
        };
        await foreach (var entry in entries.WithCancellation(cancel))
        {
            yield return entry;
        }
    }

    internal static AuditException Mistake(string path, long line, string what) =>
        new(
            $"{path}({line}): {what}; lists of nmap (-oX), of masscan (-oJ), and lines of address or address:port are read"
        );

    private static FileStream Open(string path)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10, useAsync: true);
            if (!file.CanSeek)
            {
                file.Dispose();
                throw new AuditException($"{path} is a pipe: a list is read twice, so write it to a file first");
            }
            if (file.Length <= BytesMax)
            {
                return file;
            }
            file.Dispose();
            throw new AuditException($"{path} is longer than the {BytesMax >> 30} GiB that are read of a list");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new AuditException($"{path} cannot be read: {failure.Message}", failure);
        }
    }

    private static async Task<int> FirstLetterAsync(FileStream file, CancellationToken cancel)
    {
        var start = new byte[1024];
        var count = await file.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancel);
        file.Seek(0, SeekOrigin.Begin);
        var letters = start.AsSpan(0, count);
        if (letters.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            letters = letters[3..];
        }
        letters = letters.TrimStart(" \t\r\n"u8);
        return letters.IsEmpty ? 0 : letters[0];
    }
}
