using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Sealing;

/// <summary>
/// The way back when the keys folder is lost: 184 random bits that a person writes down, in eight groups of five letters
/// and digits. The master key, wrapped under it, lies in the data folder and is worth nothing without it.
/// </summary>
public sealed class RecoveryKey : IDisposable
{
    /// <summary>The wrapped master key's name in the state folder.</summary>
    public const string WrappedName = "recovery";

    // Crockford's base 32: no I, L, O, U, so that nothing is mistaken in handwriting.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int SecretBytes = 23;
    private const int CheckBytes = 2;
    private const int Letters = (SecretBytes + CheckBytes) * 8 / 5;
    private const int GroupLetters = 5;
    private const int SaltBytes = 32;
    private const int WrappedBytes = 8 + KeyId.Size + SaltBytes + MasterKey.SizeBytes + RecordFormat.TagBytes;

    private readonly byte[] _secret = GC.AllocateArray<byte>(SecretBytes, pinned: true);

    private RecoveryKey(ReadOnlySpan<byte> secret) => secret.CopyTo(_secret);

    private static ReadOnlySpan<byte> Magic => "LGRECOV1"u8;

    /// <summary>A new random recovery key.</summary>
    public static RecoveryKey Create()
    {
        Span<byte> secret = stackalloc byte[SecretBytes];
        RandomNumberGenerator.Fill(secret);
        var key = new RecoveryKey(secret);
        CryptographicOperations.ZeroMemory(secret);
        return key;
    }

    /// <summary>
    /// Reads what a person typed: case, spaces and dashes do not count, O is 0, I and L are 1. Null where letters are
    /// missing or the checksum says that one is wrong.
    /// </summary>
    public static RecoveryKey? TryParse(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[SecretBytes + CheckBytes];
        var letters = 0;
        var (bits, bitCount, filled) = (0, 0, 0);
        foreach (var letter in text)
        {
            if (letter is '-' or ' ' or '\n' or '\r' or '\t')
            {
                continue;
            }

            var value = ValueOf(letter);
            if (value < 0 || ++letters > Letters)
            {
                return null;
            }

            bits = ((bits << 5) | value) & 0xFFF;
            bitCount += 5;
            if (bitCount >= 8)
            {
                bitCount -= 8;
                bytes[filled++] = (byte)(bits >> bitCount);
            }
        }

        Span<byte> check = stackalloc byte[CheckBytes];
        WriteCheck(bytes[..SecretBytes], check);
        var sound = letters == Letters && CryptographicOperations.FixedTimeEquals(check, bytes[SecretBytes..]);
        var key = sound ? new RecoveryKey(bytes[..SecretBytes]) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>The text to show once: eight groups of five.</summary>
    public string Reveal()
    {
        Span<byte> bytes = stackalloc byte[SecretBytes + CheckBytes];
        _secret.CopyTo(bytes);
        WriteCheck(_secret, bytes[SecretBytes..]);
        var text = new StringBuilder(Letters + (Letters / GroupLetters));
        var (bits, bitCount) = (0, 0);
        foreach (var one in bytes)
        {
            bits = ((bits << 8) | one) & 0xFFF;
            bitCount += 8;
            while (bitCount >= 5)
            {
                bitCount -= 5;
                if (text.Length % (GroupLetters + 1) == GroupLetters)
                {
                    text.Append('-');
                }

                text.Append(Alphabet[(bits >> bitCount) & 31]);
            }
        }

        CryptographicOperations.ZeroMemory(bytes);
        return text.ToString();
    }

    /// <summary>Wraps the master key under this key into the state folder, durably.</summary>
    public void Wrap(IDurableFolder state, MasterKey master)
    {
        var wrapped = new byte[WrappedBytes];
        Magic.CopyTo(wrapped);
        master.Id.Write(wrapped.AsSpan(8));
        RandomNumberGenerator.Fill(wrapped.AsSpan(24, SaltBytes));
        using var aes = MakeCipher(wrapped);
        aes.Encrypt(
            new byte[12],
            master.Secret,
            wrapped.AsSpan(56, MasterKey.SizeBytes),
            wrapped.AsSpan(88),
            wrapped.AsSpan(0, 56)
        );
        SealedFile.Replace(state, WrappedName, wrapped);
    }

    /// <summary>Opens the master key that lies wrapped in the state folder.</summary>
    /// <exception cref="SealedFormatException">There is none, or it is of an unknown form.</exception>
    /// <exception cref="SealBrokenException">This is not the recovery key that it was wrapped under.</exception>
    public MasterKey Unwrap(IDurableFolder state)
    {
        var wrapped = new byte[WrappedBytes + 1];
        using (var file = state.Open(WrappedName, FileAccess.Read))
        {
            if (file.Read(0, wrapped) != WrappedBytes || !wrapped.AsSpan(0, 8).SequenceEqual(Magic))
            {
                throw new SealedFormatException($"{WrappedName} is not a wrapped master key of a version known here");
            }
        }

        Span<byte> secret = stackalloc byte[MasterKey.SizeBytes];
        using var aes = MakeCipher(wrapped);
        try
        {
            aes.Decrypt(
                new byte[12],
                wrapped.AsSpan(56, MasterKey.SizeBytes),
                wrapped.AsSpan(88, RecordFormat.TagBytes),
                secret,
                wrapped.AsSpan(0, 56)
            );
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new SealBrokenException("this recovery key does not open the archive's master key", mismatch);
        }

        var master = new MasterKey(secret);
        CryptographicOperations.ZeroMemory(secret);
        return master;
    }

    /// <summary>Wipes the key.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_secret);

    private AesGcm MakeCipher(ReadOnlySpan<byte> wrapped)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, key, wrapped.Slice(24, SaltBytes), "leadglass recovery 1"u8);
        var aes = new AesGcm(key, RecordFormat.TagBytes);
        CryptographicOperations.ZeroMemory(key);
        return aes;
    }

    private static void WriteCheck(ReadOnlySpan<byte> secret, Span<byte> check)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        hash[..CheckBytes].CopyTo(check);
    }

    private static int ValueOf(char letter) =>
        char.ToUpperInvariant(letter) switch
        {
            'O' => 0,
            'I' or 'L' => 1,
            var upper => Alphabet.IndexOf(upper, StringComparison.Ordinal),
        };
}
