using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Sealing;

/// <summary>
/// Computes the tokens of one domain ("study", "patient" and so on): HMAC-SHA256 under a key derived from the master
/// key, cut to 16 bytes. Equal values of different domains have unrelated tokens. Safe for use by many threads.
/// </summary>
public sealed class Tokenizer : IDisposable
{
    private const int OnStackBytesMax = 512;
    private readonly byte[] _key = GC.AllocateArray<byte>(32, pinned: true);
    private volatile bool _disposed;

    /// <summary>Makes the tokenizer of a domain.</summary>
    public Tokenizer(MasterKey master, string domain)
    {
        Span<byte> tokens = stackalloc byte[32];
        master.Derive(KeyPurpose.Tokens, tokens);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, tokens, _key, salt: [], info: Encoding.UTF8.GetBytes(domain));
        CryptographicOperations.ZeroMemory(tokens);
    }

    /// <summary>The token of some bytes.</summary>
    public Token Compute(ReadOnlySpan<byte> value)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, value, mac);
        return Token.Read(mac);
    }

    /// <summary>The token of a text (as UTF-8).</summary>
    public Token Compute(ReadOnlySpan<char> value) => ComputeParts(value, default, parts: 1);

    /// <summary>The token of a pair of texts, such as a patient ID and its issuer; the border between them counts.</summary>
    public Token Compute(ReadOnlySpan<char> first, ReadOnlySpan<char> second) => ComputeParts(first, second, parts: 2);

    /// <summary>Wipes the key.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }

    private Token ComputeParts(ReadOnlySpan<char> first, ReadOnlySpan<char> second, int parts)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(first.Length + second.Length) + sizeof(int);
        var rented = bytesMax > OnStackBytesMax ? ArrayPool<byte>.Shared.Rent(bytesMax) : null;
        var buffer = rented ?? stackalloc byte[OnStackBytesMax];
        try
        {
            var length = Encoding.UTF8.GetBytes(first, buffer);
            if (parts == 2)
            {
                var firstLength = length;
                length += Encoding.UTF8.GetBytes(second, buffer[length..]);
                BinaryPrimitives.WriteInt32LittleEndian(buffer[length..], firstLength);
                length += sizeof(int);
            }

            return Compute(buffer[..length]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
