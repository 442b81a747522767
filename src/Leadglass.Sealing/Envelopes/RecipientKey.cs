using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>The public half of a recipient's key pair (ECDH P-256): who has it can seal envelopes, and open none.</summary>
public sealed class RecipientPublicKey
{
    /// <summary>The longest SubjectPublicKeyInfo that is looked at, in bytes.</summary>
    public const int ExportedBytesMax = 256;

    private readonly byte[] _exported;

    internal RecipientPublicKey(byte[] exported)
    {
        _exported = exported;
        Id = KeyId.Read(SHA256.HashData(exported));
    }

    /// <summary>The start of the SHA-256 of the exported key; may stand in clear.</summary>
    public KeyId Id { get; }

    /// <summary>Reads a key that <see cref="Export"/> wrote.</summary>
    /// <exception cref="SealedFormatException">It is no SubjectPublicKeyInfo of a point on P-256.</exception>
    public static RecipientPublicKey Import(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        if (subjectPublicKeyInfo.Length > ExportedBytesMax)
        {
            throw new SealedFormatException($"a public key of {subjectPublicKeyInfo.Length} bytes");
        }

        try
        {
            using var key = ECDiffieHellman.Create();
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
            if (read != subjectPublicKeyInfo.Length || key.KeySize != EnvelopeFormat.KeyBits)
            {
                throw new SealedFormatException("the public key is not one of the curve P-256");
            }

            return new RecipientPublicKey(key.ExportSubjectPublicKeyInfo());
        }
        catch (CryptographicException)
        {
            throw new SealedFormatException("the public key is no SubjectPublicKeyInfo of the curve P-256");
        }
    }

    /// <summary>The key as a SubjectPublicKeyInfo (RFC 5280 4.1.2.7).</summary>
    public byte[] Export() => [.. _exported];

    internal ECDiffieHellman Open()
    {
        var key = ECDiffieHellman.Create();
        key.ImportSubjectPublicKeyInfo(_exported, out _);
        return key;
    }
}

/// <summary>A recipient's key pair (ECDH P-256). For use by several threads; disposing it wipes the key.</summary>
public sealed class RecipientKeyPair : IDisposable
{
    private readonly ECDiffieHellman _key;
    private readonly Lock _gate = new();

    private RecipientKeyPair(ECDiffieHellman key)
    {
        _key = key;
        PublicKey = new RecipientPublicKey(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The half to hand out.</summary>
    public RecipientPublicKey PublicKey { get; }

    /// <summary>Makes a new pair.</summary>
    public static RecipientKeyPair Create() => new(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a pair that <see cref="Export"/> wrote.</summary>
    /// <exception cref="SealedFormatException">It is no PKCS #8 key of the curve P-256.</exception>
    public static RecipientKeyPair Import(ReadOnlySpan<byte> pkcs8)
    {
        var key = ECDiffieHellman.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            if (key.KeySize == EnvelopeFormat.KeyBits)
            {
                return new RecipientKeyPair(key);
            }
        }
        catch (CryptographicException)
        {
            // Said below.
        }

        key.Dispose();
        throw new SealedFormatException("the private key is no PKCS #8 key of the curve P-256");
    }

    /// <summary>The pair as PKCS #8; the caller seals and wipes it.</summary>
    public byte[] Export() => _key.ExportPkcs8PrivateKey();

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    internal byte[] Agree(ECDiffieHellmanPublicKey other)
    {
        lock (_gate)
        {
            return _key.DeriveRawSecretAgreement(other);
        }
    }
}
