using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>A run: a part of a record that is read by itself.</summary>
public enum RecordRun
{
    /// <summary>What the archive must know of the record: small; usually written last.</summary>
    Descriptor = 0,

    /// <summary>The attributes: everything before the pixel data.</summary>
    Attributes = 1,

    /// <summary>The pixel data and what follows it.</summary>
    PixelData = 2,

    /// <summary>A run for a use to come.</summary>
    Extra = 3,
}

/// <summary>The clear start of a record.</summary>
/// <param name="KeyId">The data key that the record's own key is derived from.</param>
/// <param name="RecordId">The record.</param>
public sealed record RecordHeader(KeyId KeyId, RecordId RecordId)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = RecordFormat.HeaderBytes;

    /// <summary>Reads a header.</summary>
    /// <exception cref="SealedFormatException">It is none, or of an unknown version.</exception>
    public static RecordHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size || !bytes[..4].SequenceEqual(RecordFormat.Magic))
        {
            throw new SealedFormatException("no sealed record starts here");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        if (version != RecordFormat.Version || flags != 0)
        {
            throw new SealedFormatException($"sealed record of version {version} with flags {flags:x4}: unknown here");
        }

        return new RecordHeader(KeyId.Read(bytes[8..]), RecordId.Read(bytes[24..]));
    }
}

/// <summary>The numbers of docs/storage-format.md, "Records".</summary>
internal static class RecordFormat
{
    public const ushort Version = 1;
    public const int SaltOffset = 40;
    public const int CommitmentOffset = 72;
    public const int HeaderBytes = 104;
    public const int ChunkBytes = 64 * 1024;
    public const int TagBytes = 16;
    public const int SealedChunkBytes = ChunkBytes + TagBytes;
    public const int RunsMax = 4;
    public const int TrailerRun = 255;
    public const int TrailerPlainBytes = Token.Size + (RunsMax * 16);
    public const int TrailerBytes = TrailerPlainBytes + TagBytes;
    public const int AssociatedBytes = 72;

    /// <summary>A run has at most 16 TiB, so that no sum overflows.</summary>
    public const long RunBytesMax = 1L << 44;

    private const int InfoBytes = 8 + KeyId.Size + RecordId.Size;

    public static ReadOnlySpan<byte> Magic => "LGRC"u8;

    public static long ChunkCount(long runBytes) => Math.Max(1, (runBytes + ChunkBytes - 1) / ChunkBytes);

    public static long SealedRunBytes(long runBytes) => runBytes + (ChunkCount(runBytes) * TagBytes);

    /// <summary>Writes magic, version, ids and salt; the commitment follows from the key.</summary>
    public static void WriteHeaderStart(Span<byte> header, KeyId key, RecordId record, ReadOnlySpan<byte> salt)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 0);
        key.Write(header[8..]);
        record.Write(header[24..]);
        salt.CopyTo(header[SaltOffset..]);
    }

    /// <summary>HKDF(data key, salt) gives the record's key and its commitment, 32 bytes each.</summary>
    public static void DeriveRecordKey(DataKey key, ReadOnlySpan<byte> header, Span<byte> keyAndCommitment)
    {
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            key.Secret,
            keyAndCommitment,
            header.Slice(SaltOffset, 32),
            header[..InfoBytes]
        );
    }

    /// <summary>What does not change within a record: format, key id, record id, instance.</summary>
    public static void WriteAssociatedStart(Span<byte> associated, ReadOnlySpan<byte> header, Token instance)
    {
        header[..InfoBytes].CopyTo(associated);
        instance.Write(associated[InfoBytes..]);
    }

    /// <summary>What changes: run and chunk index.</summary>
    public static void WriteAssociatedEnd(Span<byte> associated, int run, long index)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(associated[56..], (ulong)run);
        BinaryPrimitives.WriteUInt64LittleEndian(associated[64..], (ulong)index);
    }

    /// <summary>Run, last-chunk flag, two zeros and the chunk index: never twice under one record key.</summary>
    public static void WriteNonce(Span<byte> nonce, int run, long index, bool last)
    {
        nonce[0] = (byte)run;
        nonce[1] = last ? (byte)1 : (byte)0;
        nonce[2] = 0;
        nonce[3] = 0;
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], (ulong)index);
    }
}
