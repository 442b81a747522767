using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Leadglass.Archive;

/// <summary>
/// The attributes of a series' instances as a DICOM JSON array (PS3.18 F), compressed as it was made, so that a client that
/// takes gzip gets it as it lies there. Long values are BulkDataURIs: paths below <c>/dicom-web</c>.
/// </summary>
public sealed class ReadyMetadata
{
    internal ReadyMetadata(string version, ReadOnlyMemory<byte> compressed, long length, int instances) =>
        (Version, Compressed, UncompressedLength, InstanceCount) = (version, compressed, length, instances);

    /// <summary>For an entity tag: opaque and keyed; another one whenever the content is another.</summary>
    public string Version { get; }

    /// <summary>The JSON, as gzip (RFC 1952).</summary>
    public ReadOnlyMemory<byte> Compressed { get; }

    /// <summary>Bytes of the JSON.</summary>
    public long UncompressedLength { get; }

    /// <summary>How many objects the array has.</summary>
    public int InstanceCount { get; }

    /// <summary>The JSON, decompressed as it is read.</summary>
    public Stream OpenRead() =>
        new GZipStream(
            MemoryMarshal.TryGetArray(Compressed, out var array)
                ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
                : new MemoryStream(Compressed.ToArray()),
            CompressionMode.Decompress
        );

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"metadata of {InstanceCount} instances";
}
