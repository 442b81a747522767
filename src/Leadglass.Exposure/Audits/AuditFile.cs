using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>The file of an audit: written whole or not at all, for its owner only; read with limits, whoever made it.</summary>
public static class AuditFile
{
    /// <summary>Largest document that is read, in bytes.</summary>
    public const long BytesMax = 512L << 20;

    private const int FlushEvery = 64 << 10;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a document beside its place and moves it there: whoever reads sees the old one or the new one.</summary>
    /// <param name="document">The document; its findings are written one by one, whatever their number.</param>
    /// <param name="path">Where to; an existing file is replaced.</param>
    /// <exception cref="IOException">The file cannot be written. The one before is untouched.</exception>
    public static async Task WriteAsync(this AuditDocument document, string path, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(document);
        var part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            await using (var file = Create(part))
            {
                await WriteAsync(document, file, cancel);
                RandomAccess.FlushToDisk(file.SafeFileHandle);
            }
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    /// <summary>Writes a document to a stream.</summary>
    public static async Task WriteAsync(this AuditDocument document, Stream stream, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(stream);
        var head = JsonSerializer.SerializeToElement(document with { Findings = [] }, AuditJson.Default.AuditDocument);
        await using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        foreach (var member in head.EnumerateObject().Where(member => !member.NameEquals("findings"u8)))
        {
            member.WriteTo(writer);
        }
        writer.WriteStartArray("findings"u8);
        foreach (var finding in document.Findings)
        {
            JsonSerializer.Serialize(writer, finding, AuditJson.Default.Finding);
            if (writer.BytesPending > FlushEvery)
            {
                await writer.FlushAsync(cancel);
            }
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(cancel);
        stream.WriteByte((byte)'\n');
        await stream.FlushAsync(cancel);
    }

    /// <summary>Reads a document, which may have been made by anybody.</summary>
    /// <exception cref="AuditDocumentException">It is none, too large, of a newer format, or says what cannot be.</exception>
    public static async Task<AuditDocument> ReadAsync(string path, CancellationToken cancel)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return await ReadAsync(file, path, cancel);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new AuditDocumentException($"{path} cannot be read: {failure.Message}", failure);
        }
    }

    private static async Task<AuditDocument> ReadAsync(Stream stream, string name, CancellationToken cancel)
    {
        if (stream.Length > BytesMax)
        {
            throw new AuditDocumentException(
                $"{name} has {stream.Length} bytes; an audit of more than {BytesMax} is not read"
            );
        }
        AuditDocument? document;
        try
        {
            document = await JsonSerializer.DeserializeAsync(stream, AuditJson.Default.AuditDocument, cancel);
        }
        catch (JsonException failure)
        {
            // The exception's own text may quote the file.
            throw new AuditDocumentException(
                $"{name} is no audit of Leadglass: line {failure.LineNumber + 1}, {Place(failure.Path)}"
            );
        }
        var mistake = document is null ? "it is empty" : AuditRules.FirstMistake(document);
        return mistake is null
            ? document!
            : throw new AuditDocumentException($"{name} is no audit of Leadglass: {mistake}");
    }

    private static string Place(string? path) =>
        path is { Length: <= 200 } && path.All(char.IsAscii) ? $"at {path}" : "at a place that it names at length";

    private static FileStream Create(string path) =>
        new(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Options = FileOptions.Asynchronous,
                UnixCreateMode = OwnerOnly,
            }
        );
}

/// <summary>A file that is no audit document, or none that can be read here.</summary>
public sealed class AuditDocumentException(string message, Exception? inner = null) : Exception(message, inner);
