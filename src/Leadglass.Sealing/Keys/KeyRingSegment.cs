using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>
/// One file of the keyring: up to 1,024 wrapped keys, authenticated as a whole. docs/storage-format.md, "Keyring".
/// </summary>
internal sealed class KeyRingSegment
{
    public const int SlotsMax = 1024;
    public const int SlotBytes = 8 + KeyId.Size + DataKey.SizeBytes + RecordFormat.TagBytes;
    private const int HeaderBytes = 48;
    private const int MacBytes = HMACSHA256.HashSizeInBytes;
    private const byte Held = 1;
    private const byte Destroyed = 2;

    // One block for all slots: a million small arrays would weigh more than the keys.
    private readonly byte[] _slots = new byte[SlotsMax * SlotBytes];

    public KeyRingSegment(int number) => Number = number;

    public int Number { get; }

    /// <summary>Rises with every change anywhere in the keyring.</summary>
    public long Generation { get; set; }

    /// <summary>Keys from this slot on were never given out when the keyring was closed.</summary>
    public int SparesFrom { get; set; }

    public int Count { get; private set; }

    public string FileName => NameOf(Number);

    private static ReadOnlySpan<byte> Magic => "LGKEYS01"u8;

    public static string NameOf(int number) => $"{number:D8}.keys";

    public KeyId IdOf(int slot) => KeyId.Read(Slot(slot)[8..]);

    public bool IsDestroyed(int slot) => Slot(slot)[0] == Destroyed;

    public void Add(KeyId id, ReadOnlySpan<byte> wrappedSecret)
    {
        var slot = Slot(Count++);
        slot[0] = Held;
        id.Write(slot[8..]);
        wrappedSecret.CopyTo(slot[24..]);
    }

    public void RemoveFrom(int slot)
    {
        _slots.AsSpan(slot * SlotBytes).Clear();
        Count = slot;
    }

    /// <summary>Wipes the wrapped key of a slot; its id stays, to tell "destroyed" from "never here".</summary>
    public void Destroy(int slot)
    {
        Slot(slot)[24..].Clear();
        Slot(slot)[0] = Destroyed;
    }

    public ReadOnlySpan<byte> WrappedSecret(int slot) => Slot(slot)[24..];

    public byte[] ToBytes(KeyId master, ReadOnlySpan<byte> macKey)
    {
        var bytes = new byte[HeaderBytes + (Count * SlotBytes) + MacBytes];
        Magic.CopyTo(bytes);
        master.Write(bytes.AsSpan(8));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Generation);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(32), Number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(36), Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), SparesFrom);
        _slots.AsSpan(0, Count * SlotBytes).CopyTo(bytes.AsSpan(HeaderBytes));
        HMACSHA256.HashData(macKey, bytes.AsSpan(0, bytes.Length - MacBytes), bytes.AsSpan(bytes.Length - MacBytes));
        return bytes;
    }

    public static KeyRingSegment Read(IDurableFolder folder, int number, KeyId master, ReadOnlySpan<byte> macKey)
    {
        var name = NameOf(number);
        var bytes = new byte[HeaderBytes + (SlotsMax * SlotBytes) + MacBytes + 1];
        int length;
        using (var file = folder.Open(name, FileAccess.Read))
        {
            length = file.Read(0, bytes);
        }

        if (length < HeaderBytes + MacBytes || !bytes.AsSpan(0, 8).SequenceEqual(Magic))
        {
            throw new SealedFormatException($"{name} is not a part of a keyring of a version known here");
        }

        var sealedUnder = KeyId.Read(bytes.AsSpan(8));
        if (sealedUnder != master)
        {
            throw new WrongMasterKeyException(sealedUnder, master);
        }

        var body = bytes.AsSpan(0, length - MacBytes);
        Span<byte> mac = stackalloc byte[MacBytes];
        HMACSHA256.HashData(macKey, body, mac);
        var count = BinaryPrimitives.ReadInt32LittleEndian(body[36..]);
        if (
            !CryptographicOperations.FixedTimeEquals(mac, bytes.AsSpan(length - MacBytes, MacBytes))
            || BinaryPrimitives.ReadInt32LittleEndian(body[32..]) != number
            || body.Length != HeaderBytes + (count * SlotBytes)
        )
        {
            throw new SealBrokenException($"{name} of the keyring was changed or damaged: restore it from a backup");
        }

        var segment = new KeyRingSegment(number)
        {
            Generation = BinaryPrimitives.ReadInt64LittleEndian(body[24..]),
            SparesFrom = BinaryPrimitives.ReadInt32LittleEndian(body[40..]),
            Count = count,
        };
        body[HeaderBytes..].CopyTo(segment._slots);
        return segment;
    }

    private Span<byte> Slot(int slot) => _slots.AsSpan(slot * SlotBytes, SlotBytes);
}
