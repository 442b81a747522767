using System.Buffers;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>
/// Opens one envelope while it streams in. Nothing that did not authenticate is ever handed out, and an end that is not the
/// sealed one is noticed by <see cref="Complete"/>; at most one chunk of 64 KiB is held. Not for use by several threads.
/// </summary>
/// <param name="key">The recipient's key.</param>
/// <param name="archive">The archive that the envelope has to be for.</param>
/// <param name="sender">The edge that has to have sealed it, as its connection proves.</param>
/// <param name="envelope">The id under which it is delivered.</param>
public sealed class EnvelopeOpener(RecipientKeyPair key, Guid archive, Guid sender, Guid envelope) : IDisposable
{
    private const int SealedChunkBytes = EnvelopeFormat.ChunkBytes + EnvelopeFormat.TagBytes;

    private readonly byte[] _header = new byte[EnvelopeFormat.HeaderBytes];
    private readonly byte[] _held = ArrayPool<byte>.Shared.Rent(SealedChunkBytes);
    private int _headerCount;
    private int _heldCount;
    private long _index;
    private AesGcm? _aes;
    private bool _ended;

    /// <summary>Takes the next sealed bytes and appends to the output what they open.</summary>
    /// <exception cref="SealedFormatException">It is no envelope, or for another recipient.</exception>
    /// <exception cref="SealBrokenException">It is not as it was sealed, or of another sender, or delivered as another.</exception>
    public void Write(ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ObjectDisposedException.ThrowIf(_ended, this);
        if (_headerCount < _header.Length)
        {
            var taken = Math.Min(data.Length, _header.Length - _headerCount);
            data[..taken].CopyTo(_header.AsSpan(_headerCount));
            _headerCount += taken;
            data = data[taken..];
            if (_headerCount < _header.Length)
            {
                return;
            }

            Begin();
        }

        while (!data.IsEmpty)
        {
            // Whether a full chunk is the last one shows only when more comes, or nothing does.
            if (_heldCount == SealedChunkBytes)
            {
                Open(last: false, output);
            }

            var taken = Math.Min(data.Length, SealedChunkBytes - _heldCount);
            data[..taken].CopyTo(_held.AsSpan(_heldCount));
            _heldCount += taken;
            data = data[taken..];
        }
    }

    /// <summary>No more comes: opens the last chunk.</summary>
    /// <exception cref="SealBrokenException">This is not the end that was sealed.</exception>
    public void Complete(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ObjectDisposedException.ThrowIf(_ended, this);
        if (_aes is null || _heldCount < EnvelopeFormat.TagBytes)
        {
            throw new SealBrokenException("the envelope is cut short");
        }

        Open(last: true, output);
        Dispose();
    }

    /// <summary>Wipes the key and what was held.</summary>
    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        _aes?.Dispose();
        ArrayPool<byte>.Shared.Return(_held);
    }

    private void Begin()
    {
        var header = EnvelopeHeader.Parse(_header);
        if (header.Recipient != key.PublicKey.Id)
        {
            throw new SealedFormatException(
                $"the envelope is sealed to key {header.Recipient}, not {key.PublicKey.Id}"
            );
        }

        if (header.Ids != new EnvelopeIds(archive, sender, envelope))
        {
            throw new SealBrokenException("the envelope is of another sender, or delivered as another");
        }

        using var ephemeral = EnvelopeFormat.ReadPoint(_header);
        var secret = key.Agree(ephemeral.PublicKey);
        Span<byte> derived = stackalloc byte[64];
        EnvelopeFormat.DeriveKey(secret, _header, derived);
        CryptographicOperations.ZeroMemory(secret);
        var committed = CryptographicOperations.FixedTimeEquals(
            derived[32..],
            _header.AsSpan(EnvelopeFormat.CommitmentOffset)
        );
        _aes = committed ? new AesGcm(derived[..32], EnvelopeFormat.TagBytes) : null;
        CryptographicOperations.ZeroMemory(derived);
        if (!committed)
        {
            throw new SealBrokenException("the envelope's header or key is not the one it was sealed with");
        }
    }

    private void Open(bool last, IBufferWriter<byte> output)
    {
        Span<byte> nonce = stackalloc byte[12];
        RecordFormat.WriteNonce(nonce, run: 0, _index, last);
        var length = _heldCount - EnvelopeFormat.TagBytes;
        var plain = output.GetSpan(Math.Max(length, 1))[..length];
        try
        {
            _aes!.Decrypt(
                nonce,
                _held.AsSpan(0, length),
                _held.AsSpan(length, EnvelopeFormat.TagBytes),
                plain,
                _header
            );
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new SealBrokenException($"chunk {_index} of the envelope is not as it was sealed", mismatch);
        }

        output.Advance(length);
        _index++;
        _heldCount = 0;
    }
}
