using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Sealing;

/// <summary>
/// A 256-bit key under which records and rows are sealed: one per study, or one derived from the master key for what
/// belongs to the whole archive. Its bytes never leave this assembly; disposing it wipes them.
/// </summary>
public sealed class DataKey : IDisposable
{
    internal const int SizeBytes = 32;

    // Pinned: the collector makes no copies that would outlive the wiping.
    private readonly byte[] _secret = GC.AllocateArray<byte>(SizeBytes, pinned: true);
    private volatile bool _disposed;

    internal DataKey(KeyId id, ReadOnlySpan<byte> secret)
    {
        Id = id;
        secret.CopyTo(_secret);
    }

    /// <summary>The key's id, which may stand in clear beside what it seals.</summary>
    public KeyId Id { get; }

    internal ReadOnlySpan<byte> Secret
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _secret;
        }
    }

    /// <summary>Fills the destination with a key derived for one purpose (HKDF-SHA256).</summary>
    /// <param name="purpose">A short fixed text that names what the derived key is for.</param>
    /// <param name="destination">1 to 255 * 32 bytes; the caller wipes them.</param>
    public void Derive(string purpose, Span<byte> destination) =>
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            Secret,
            destination,
            salt: [],
            info: Encoding.UTF8.GetBytes("leadglass data key 1 " + purpose)
        );

    /// <summary>Wipes the key.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }
}
