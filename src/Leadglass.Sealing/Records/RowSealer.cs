using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>
/// Seals small values, such as rows of the index, under a key derived from a data key: random nonce, AES-256-GCM, 28
/// bytes more than the value. Safe for use by many threads.
/// </summary>
/// <remarks>A random nonce of 96 bits allows 2^32 values under one data key, which no study reaches.</remarks>
public sealed class RowSealer : IDisposable
{
    /// <summary>By how much a sealed value is longer.</summary>
    public const int OverheadBytes = NonceBytes + RecordFormat.TagBytes;

    private const int NonceBytes = 12;
    private readonly AesGcm _aes;
    private readonly Lock _gate = new();

    /// <summary>Makes the sealer of one purpose under a data key.</summary>
    public RowSealer(DataKey key, string purpose = "rows")
    {
        KeyId = key.Id;
        Span<byte> derived = stackalloc byte[32];
        key.Derive(purpose, derived);
        _aes = new AesGcm(derived, RecordFormat.TagBytes);
        CryptographicOperations.ZeroMemory(derived);
    }

    /// <summary>The data key.</summary>
    public KeyId KeyId { get; }

    /// <summary>Seals a value.</summary>
    /// <param name="plain">The value.</param>
    /// <param name="associated">What the value belongs to; opening needs the same.</param>
    public byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated)
    {
        var sealedValue = new byte[plain.Length + OverheadBytes];
        Seal(plain, associated, sealedValue);
        return sealedValue;
    }

    /// <summary>Seals a value into a destination of exactly its length and <see cref="OverheadBytes"/> more.</summary>
    public void Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, plain.Length + OverheadBytes);
        var nonce = destination[..NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        lock (_gate)
        {
            _aes.Encrypt(
                nonce,
                plain,
                destination.Slice(NonceBytes, plain.Length),
                destination[(NonceBytes + plain.Length)..],
                associated
            );
        }
    }

    /// <summary>Opens a value.</summary>
    /// <exception cref="SealBrokenException">It was sealed under another key, for something else, or was changed.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> associated)
    {
        var plain = new byte[Math.Max(0, sealedValue.Length - OverheadBytes)];
        Open(sealedValue, associated, plain);
        return plain;
    }

    /// <summary>Opens a value into a destination <see cref="OverheadBytes"/> shorter than it.</summary>
    /// <exception cref="SealBrokenException">It was sealed under another key, for something else, or was changed.</exception>
    public void Open(ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        if (sealedValue.Length < OverheadBytes)
        {
            throw new SealBrokenException($"a sealed value of {sealedValue.Length} bytes is cut short");
        }

        try
        {
            lock (_gate)
            {
                _aes.Decrypt(
                    sealedValue[..NonceBytes],
                    sealedValue[NonceBytes..^RecordFormat.TagBytes],
                    sealedValue[^RecordFormat.TagBytes..],
                    destination,
                    associated
                );
            }
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new SealBrokenException($"a value sealed under key {KeyId} is not as it was sealed", mismatch);
        }
    }

    /// <summary>Wipes the derived key.</summary>
    public void Dispose() => _aes.Dispose();
}
