using System.Buffers;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>
/// Seals one envelope to a recipient's public key while its contents stream in, of a length not known before. At most one
/// chunk of 64 KiB is held; sealed bytes go to the output as soon as a chunk is full. Not for use by several threads.
/// </summary>
public sealed class EnvelopeSealer : IDisposable
{
    private readonly IBufferWriter<byte> _output;
    private readonly AesGcm _aes;
    private readonly byte[] _header = new byte[EnvelopeFormat.HeaderBytes];
    private readonly byte[] _held = ArrayPool<byte>.Shared.Rent(EnvelopeFormat.ChunkBytes);
    private int _heldCount;
    private long _index;
    private bool _completed;
    private bool _disposed;

    /// <summary>Begins an envelope and writes its header.</summary>
    public EnvelopeSealer(RecipientPublicKey recipient, EnvelopeIds ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var other = recipient.Open();
        EnvelopeFormat.WriteHeaderStart(_header, ids, recipient.Id, ephemeral.ExportParameters(false));
        var secret = ephemeral.DeriveRawSecretAgreement(other.PublicKey);
        Span<byte> derived = stackalloc byte[64];
        EnvelopeFormat.DeriveKey(secret, _header, derived);
        CryptographicOperations.ZeroMemory(secret);
        derived[32..].CopyTo(_header.AsSpan(EnvelopeFormat.CommitmentOffset));
        _aes = new AesGcm(derived[..32], EnvelopeFormat.TagBytes);
        CryptographicOperations.ZeroMemory(derived);
        output.Write(_header);
        Length = _header.Length;
    }

    /// <summary>Sealed bytes written to the output so far.</summary>
    public long Length { get; private set; }

    /// <summary>Appends to the contents.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_disposed || _completed, this);
        while (!data.IsEmpty)
        {
            if (_heldCount == EnvelopeFormat.ChunkBytes)
            {
                Emit(last: false);
            }

            var taken = Math.Min(data.Length, EnvelopeFormat.ChunkBytes - _heldCount);
            data[..taken].CopyTo(_held.AsSpan(_heldCount));
            _heldCount += taken;
            data = data[taken..];
        }
    }

    /// <summary>Ends the envelope. Without it the output is none.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_disposed || _completed, this);
        Emit(last: true);
        _completed = true;
    }

    /// <summary>Wipes the key and what was held.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _aes.Dispose();
        CryptographicOperations.ZeroMemory(_held);
        ArrayPool<byte>.Shared.Return(_held);
    }

    private void Emit(bool last)
    {
        Span<byte> nonce = stackalloc byte[12];
        RecordFormat.WriteNonce(nonce, run: 0, _index++, last);
        var length = _heldCount + EnvelopeFormat.TagBytes;
        var chunk = _output.GetSpan(length)[..length];
        _aes.Encrypt(nonce, _held.AsSpan(0, _heldCount), chunk[.._heldCount], chunk[_heldCount..], _header);
        _output.Advance(length);
        Length += length;
        _heldCount = 0;
    }
}
