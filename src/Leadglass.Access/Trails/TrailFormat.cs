using System.Buffers.Binary;
using System.Security.Cryptography;
using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>
/// Bytes of a trail file. Numbers are little endian. A file is a header and entries; each carries the chain value of its
/// predecessor and ends with its own, an HMAC over everything before it in the entry, so that one entry can be checked
/// alone and a lost one shows in the next.
/// <code>
/// header: magic[8] file number u32, zero u32, first sequence u64, previous chain[32], chain[32]
/// entry:  marker u32, length u32, sequence u64, first sequence of its batch u64, previous chain[32], sealed event, chain[32]
/// </code>
/// A batch is what was written and flushed together. An entry of a later batch proves that every earlier batch was
/// flushed: this is how a tail torn by a power cut, which is cut off, is told from damage, which is reported. A sector
/// that is written again with the same bytes at its beginning is taken to keep them. Zeros behind the last entry are room
/// taken ahead.
/// </summary>
internal static class TrailFormat
{
    public const int HeaderBytes = 8 + 4 + 4 + 8 + ChainBytes + ChainBytes;
    public const int ChainBytes = 32;
    public const int EntryBytesMin = PrefixBytes + ChainBytes;
    public const int PrefixBytes = 4 + 4 + 8 + 8 + ChainBytes;

    /// <summary>No entry is longer: details are cut to size before they are sealed.</summary>
    public const int EntryBytesMax = 64 * 1024;

    /// <summary>"LGtr".</summary>
    public const uint EntryMarker = 0x7274474C;

    private static ReadOnlySpan<byte> Magic => "LGTRAIL1"u8;

    public static string NameOf(uint fileNumber) => $"{fileNumber:D8}.trail";

    public static bool TryParseName(string name, out uint fileNumber)
    {
        fileNumber = 0;
        return name.Length == 14
            && name.EndsWith(".trail", StringComparison.Ordinal)
            && uint.TryParse(name.AsSpan(0, 8), System.Globalization.NumberStyles.None, null, out fileNumber);
    }

    public static byte[] WriteHeader(TrailSeal seal, uint fileNumber, long firstSequence, ReadOnlySpan<byte> previous)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), fileNumber);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), firstSequence);
        previous.CopyTo(header.AsSpan(24));
        seal.Chain(fileNumber, header.AsSpan(0, 24 + ChainBytes), header.AsSpan(24 + ChainBytes));
        return header;
    }

    public static bool TryReadHeader(
        TrailSeal seal,
        uint fileNumber,
        ReadOnlySpan<byte> header,
        out long firstSequence,
        out byte[] previous
    )
    {
        firstSequence = 0;
        previous = [];
        Span<byte> expected = stackalloc byte[ChainBytes];
        if (
            header.Length != HeaderBytes
            || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) != fileNumber
        )
        {
            return false;
        }
        seal.Chain(fileNumber, header[..(24 + ChainBytes)], expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, header[(24 + ChainBytes)..]))
        {
            return false;
        }
        firstSequence = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        previous = header.Slice(24, ChainBytes).ToArray();
        return true;
    }

    /// <summary>Writes one entry and returns its chain value.</summary>
    public static byte[] WriteEntry(
        TrailSeal seal,
        MemoryStream output,
        uint fileNumber,
        long sequence,
        long batchFirst,
        ReadOnlySpan<byte> previous,
        ReadOnlySpan<byte> payload
    )
    {
        var entry = new byte[PrefixBytes + payload.Length + RowSealer.OverheadBytes + ChainBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, EntryMarker);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(4), entry.Length);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(8), sequence);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(16), batchFirst);
        previous.CopyTo(entry.AsSpan(24));
        seal.Seal(sequence, payload, entry.AsSpan(PrefixBytes, payload.Length + RowSealer.OverheadBytes));
        var chain = entry.AsSpan(entry.Length - ChainBytes);
        seal.Chain(fileNumber, entry.AsSpan(0, entry.Length - ChainBytes), chain);
        output.Write(entry);
        return chain.ToArray();
    }

    /// <summary>Reads the entry at the beginning of these bytes, if it is whole and its chain value is right.</summary>
    public static bool TryReadEntry(TrailSeal seal, uint fileNumber, ReadOnlySpan<byte> bytes, out RawEntry entry)
    {
        entry = default;
        if (bytes.Length < EntryBytesMin || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != EntryMarker)
        {
            return false;
        }
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (length < EntryBytesMin + RowSealer.OverheadBytes || length > EntryBytesMax || length > bytes.Length)
        {
            return false;
        }
        Span<byte> expected = stackalloc byte[ChainBytes];
        seal.Chain(fileNumber, bytes[..(length - ChainBytes)], expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, bytes[(length - ChainBytes)..length]))
        {
            return false;
        }
        entry = new RawEntry(
            length,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            bytes.Slice(24, ChainBytes).ToArray(),
            expected.ToArray()
        );
        return true;
    }

    /// <summary>The place and chain of an entry that has been checked.</summary>
    internal readonly record struct RawEntry(int Length, long Sequence, long BatchFirst, byte[] Previous, byte[] Chain);
}

/// <summary>The two keys of a trail: one seals what entries say, one chains them.</summary>
internal sealed class TrailSeal : IDisposable
{
    private readonly byte[] _chainKey = new byte[32];
    private readonly DataKey _dataKey;
    private readonly RowSealer _sealer;

    public TrailSeal(MasterKey master)
    {
        master.Derive(KeyPurpose.Trail, _chainKey);
        _dataKey = master.DeriveDataKey(KeyPurpose.Trail);
        _sealer = new RowSealer(_dataKey, "trail entries");
    }

    /// <summary>The chain value before the first entry of a trail.</summary>
    public static byte[] Origin => new byte[TrailFormat.ChainBytes];

    public void Chain(uint fileNumber, ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        Span<byte> file = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(file, fileNumber);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _chainKey);
        hmac.AppendData(file);
        hmac.AppendData(bytes);
        hmac.GetHashAndReset(destination);
    }

    public void Seal(long sequence, ReadOnlySpan<byte> payload, Span<byte> destination) =>
        _sealer.Seal(payload, Associated(sequence), destination);

    /// <exception cref="SealBrokenException">It is not as it was sealed.</exception>
    public byte[] Open(long sequence, ReadOnlySpan<byte> sealedPayload) =>
        _sealer.Open(sealedPayload, Associated(sequence));

    public void Dispose()
    {
        _sealer.Dispose();
        _dataKey.Dispose();
        CryptographicOperations.ZeroMemory(_chainKey);
    }

    private static byte[] Associated(long sequence)
    {
        var associated = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(associated, sequence);
        return associated;
    }
}
