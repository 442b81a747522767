using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>A sealed record where the blob store keeps it.</summary>
internal sealed class BlobSource(IBlobStore blobs, BlobLocation location) : ISealedSource
{
    public long Length => location.Length;

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        blobs.ReadAsync(location, offset, buffer, cancellationToken);
}
