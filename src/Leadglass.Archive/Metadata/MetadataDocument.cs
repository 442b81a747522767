using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// The metadata of some instances in the making: compressed as it is written, so that memory holds what is compressed and
/// the attributes of one instance.
/// </summary>
internal sealed class MetadataDocument : IAsyncDisposable
{
    private readonly MemoryStream _compressed = new();
    private readonly GZipStream _gzip;
    private readonly Utf8JsonWriter _writer;
    private readonly IncrementalHash _version;
    private int _instances;

    public MetadataDocument(ArchiveKeys keys)
    {
        _version = keys.BeginDigest();
        _version.AppendData("version of metadata"u8);
        _gzip = new GZipStream(_compressed, CompressionLevel.Fastest, leaveOpen: true);
        _writer = new Utf8JsonWriter(_gzip, DicomJson.WriterOptions);
        _writer.WriteStartArray();
    }

    /// <summary>Adds an instance.</summary>
    /// <param name="version">Names what leaves of it.</param>
    public async ValueTask AddAsync(
        StoredHeader header,
        string instancePath,
        string version,
        CancellationToken cancellationToken
    )
    {
        MetadataJson.Write(_writer, header, instancePath);
        _version.AppendData(Encoding.ASCII.GetBytes(version));
        _instances++;
        await _writer.FlushAsync(cancellationToken);
    }

    /// <summary>Ends it.</summary>
    public async ValueTask<ReadyMetadata> FinishAsync(CancellationToken cancellationToken)
    {
        _writer.WriteEndArray();
        await _writer.FlushAsync(cancellationToken);
        var length = _writer.BytesCommitted;
        await _writer.DisposeAsync();
        await _gzip.DisposeAsync();
        return new ReadyMetadata(
            Base64Url.EncodeToString(_version.GetHashAndReset().AsSpan(0, 16)),
            _compressed.ToArray(),
            length,
            _instances
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _gzip.DisposeAsync();
        await _compressed.DisposeAsync();
        _version.Dispose();
    }
}
