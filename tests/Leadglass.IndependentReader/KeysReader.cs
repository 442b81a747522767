using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.IndependentReader;

/// <summary>The keys of docs/storage-format.md, "Keys" and "Keyring".</summary>
public sealed class KeysReader
{
    private readonly byte[] _master;
    private readonly Dictionary<string, byte[]> _dataKeys = new(StringComparer.Ordinal);

    /// <summary>Reads the master key of a keys folder and the keyring of a data folder.</summary>
    public KeysReader(string keysFolder, string dataFolder)
        : this(ReadMasterKey(Path.Combine(keysFolder, "master.key")), dataFolder) { }

    /// <summary>Takes a master key and reads the keyring of a data folder.</summary>
    public KeysReader(byte[] master, string dataFolder)
    {
        _master = master;
        foreach (var purpose in (string[])["index", "trail", "secrets", "archive"])
        {
            _dataKeys[Convert.ToHexString(Purpose(purpose + " id", 16))] = Purpose(purpose + " data", 32);
        }

        var keyring = Path.Combine(dataFolder, "state", "keyring");
        for (var part = 1; File.Exists(Path.Combine(keyring, $"{part:D8}.keys")); part++)
        {
            ReadPart(File.ReadAllBytes(Path.Combine(keyring, $"{part:D8}.keys")), part);
        }
    }

    /// <summary>The data key of an id, or null.</summary>
    public byte[]? Find(ReadOnlySpan<byte> keyId) => _dataKeys.GetValueOrDefault(Convert.ToHexString(keyId));

    /// <summary>The token of a text in a domain.</summary>
    public byte[] Token(string domain, string text)
    {
        var key = Hkdf(Purpose("tokens", 32), [], Encoding.ASCII.GetBytes(domain), 32);
        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))[..16];
    }

    internal byte[] TrailChainKey => Purpose("trail", 32);

    internal byte[] TrailRowKey =>
        Hkdf(Purpose("trail data", 32), [], "leadglass data key 1 trail entries"u8.ToArray(), 32);

    private static byte[] ReadMasterKey(string file)
    {
        var lines = File.ReadAllText(file).Split('\n');
        if (lines[0] != "leadglass master key 1")
        {
            throw new InvalidDataException("not a master key file of version 1");
        }

        var master = Convert.FromHexString(lines[2]["key ".Length..]);
        var id = Hkdf(master, [], "leadglass master key 1 id"u8.ToArray(), 16);
        return Convert.ToHexStringLower(id) == lines[1]["id ".Length..]
            ? master
            : throw new InvalidDataException("the master key does not have its id");
    }

    private void ReadPart(byte[] bytes, int part)
    {
        var keyring = Purpose("keyring", 32);
        var mac = Hkdf(keyring, [], "mac"u8.ToArray(), 32);
        var slots = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(36));
        if (
            !bytes.AsSpan(0, 8).SequenceEqual("LGKEYS01"u8)
            || BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(32)) != part
            || bytes.Length != 48 + (72 * slots) + 32
            || !HMACSHA256.HashData(mac, bytes.AsSpan(0, bytes.Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(^32..))
        )
        {
            throw new InvalidDataException($"part {part} of the keyring is not what was written");
        }

        var wrap = Hkdf(keyring, [], "wrap"u8.ToArray(), 32);
        for (var i = 0; i < slots; i++)
        {
            var slot = bytes.AsSpan(48 + (72 * i), 72);
            if (slot[0] == 1)
            {
                var id = slot.Slice(8, 16);
                var key = Hkdf(wrap, id.ToArray(), "leadglass wrapped key 1"u8.ToArray(), 32);
                _dataKeys[Convert.ToHexString(id)] = Gcm.Open(key, new byte[12], slot[24..], id);
            }
        }
    }

    private byte[] Purpose(string purpose, int length) =>
        Hkdf(_master, [], Encoding.ASCII.GetBytes("leadglass master key 1 " + purpose), length);

    internal static byte[] Hkdf(byte[] key, byte[] salt, byte[] info, int length) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, length, salt, info);
}

/// <summary>AES-256-GCM as the format writes it: ciphertext, then tag.</summary>
internal static class Gcm
{
    public static byte[] Open(byte[] key, byte[] nonce, ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> associated)
    {
        using var aes = new AesGcm(key, 16);
        var plain = new byte[sealedBytes.Length - 16];
        aes.Decrypt(nonce, sealedBytes[..^16], sealedBytes[^16..], plain, associated);
        return plain;
    }
}
