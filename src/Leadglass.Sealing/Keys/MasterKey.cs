using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Sealing;

/// <summary>What a key derived from the master key is for; each gets a key of its own.</summary>
public enum KeyPurpose
{
    /// <summary>Wraps the study keys in the keyring and authenticates it.</summary>
    Keyring,

    /// <summary>Seals what the index holds for the archive as a whole, such as the snapshot for searching.</summary>
    Index,

    /// <summary>Keys the tokens for exact look-up.</summary>
    Tokens,

    /// <summary>Keys the digests of contents.</summary>
    Digests,

    /// <summary>Seals the trail and keys its chain.</summary>
    Trail,

    /// <summary>Seals small secrets and state: devices, certificate authority, decisions.</summary>
    Secrets,

    /// <summary>Seals records that belong to no one study: tombstones, decisions about conflicts, quarantine lists.</summary>
    Archive,
}

/// <summary>
/// The one secret from which everything else can be opened: 256 random bits. It lies outside the data folder and is
/// never part of a backup.
/// </summary>
public sealed class MasterKey : IDisposable
{
    internal const int SizeBytes = 32;

    private readonly byte[] _secret = GC.AllocateArray<byte>(SizeBytes, pinned: true);
    private volatile bool _disposed;

    internal MasterKey(ReadOnlySpan<byte> secret)
    {
        secret.CopyTo(_secret);
        Span<byte> id = stackalloc byte[KeyId.Size];
        Derive("id", id);
        Id = KeyId.Read(id);
    }

    /// <summary>
    /// Says which master key this is, without helping to find it. Keyring and sealed files name it, so that a wrong key
    /// is told from a damaged file.
    /// </summary>
    public KeyId Id { get; }

    internal ReadOnlySpan<byte> Secret
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _secret;
        }
    }

    /// <summary>A new random master key.</summary>
    public static MasterKey Create()
    {
        Span<byte> secret = stackalloc byte[SizeBytes];
        RandomNumberGenerator.Fill(secret);
        var key = new MasterKey(secret);
        CryptographicOperations.ZeroMemory(secret);
        return key;
    }

    /// <summary>Fills the destination with the key for one purpose (HKDF-SHA256); the caller wipes it.</summary>
    public void Derive(KeyPurpose purpose, Span<byte> destination) => Derive(NameOf(purpose), destination);

    /// <summary>The data key for what belongs to the archive as a whole; its id is the same each time.</summary>
    public DataKey DeriveDataKey(KeyPurpose purpose)
    {
        Span<byte> id = stackalloc byte[KeyId.Size];
        Span<byte> secret = stackalloc byte[DataKey.SizeBytes];
        Derive(NameOf(purpose) + " id", id);
        Derive(NameOf(purpose) + " data", secret);
        var key = new DataKey(KeyId.Read(id), secret);
        CryptographicOperations.ZeroMemory(secret);
        return key;
    }

    /// <summary>Wipes the key.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }

    private void Derive(string purpose, Span<byte> destination) =>
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            Secret,
            destination,
            salt: [],
            info: Encoding.UTF8.GetBytes("leadglass master key 1 " + purpose)
        );

    private static string NameOf(KeyPurpose purpose) =>
        purpose switch
        {
            KeyPurpose.Keyring => "keyring",
            KeyPurpose.Index => "index",
            KeyPurpose.Tokens => "tokens",
            KeyPurpose.Digests => "digests",
            KeyPurpose.Trail => "trail",
            KeyPurpose.Secrets => "secrets",
            KeyPurpose.Archive => "archive",
            _ => throw new ArgumentOutOfRangeException(nameof(purpose)),
        };
}
