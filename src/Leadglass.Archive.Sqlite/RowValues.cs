using System.Buffers.Binary;
using Leadglass.Sealing;
using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Sqlite;

/// <summary>Tokens, keys and digests as SQLite keeps them: big-endian bytes.</summary>
internal static class RowValues
{
    public static byte[] ToBytes(this Token token) => token.ToArray();

    public static byte[] ToBytes(this KeyId key)
    {
        var bytes = new byte[KeyId.Size];
        key.Write(bytes);
        return bytes;
    }

    public static byte[] ToBytes(this ContentDigest digest)
    {
        var bytes = new byte[2 * Token.Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, digest.Attributes);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(Token.Size), digest.PixelData);
        return bytes;
    }

    public static Token GetToken(this SqliteDataReader reader, int column) =>
        Token.Read(reader.GetBlobOf(column, Token.Size));

    public static KeyId GetKey(this SqliteDataReader reader, int column) =>
        KeyId.Read(reader.GetBlobOf(column, KeyId.Size));

    private static byte[] GetBlobOf(this SqliteDataReader reader, int column, int length)
    {
        var bytes = reader.GetBlob(column);
        return bytes.Length == length
            ? bytes
            : throw new IndexDamagedException($"{bytes.Length} bytes instead of {length} in column {column}");
    }

    public static byte[] GetBlob(this SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    public static StudyRow ReadStudy(SqliteDataReader reader) =>
        new(reader.GetToken(0), reader.GetToken(1), reader.GetKey(2), reader.GetBlob(3))
        {
            SeriesCount = reader.GetInt32(4),
            InstanceCount = reader.GetInt32(5),
        };

    public static SeriesRow ReadSeries(SqliteDataReader reader) =>
        new(reader.GetToken(0), reader.GetToken(1), reader.GetBlob(2))
        {
            InstanceCount = reader.GetInt32(3),
            Changes = reader.GetInt64(4),
        };

    public static InstanceRow ReadInstance(SqliteDataReader reader) =>
        new(
            reader.GetToken(0),
            reader.GetToken(1),
            reader.GetToken(2),
            ReadDigest(reader.GetBlob(3), reader.GetInt32(4)),
            new BlobLocation(reader.GetInt32(5), reader.GetInt64(6), reader.GetInt64(7)),
            reader.GetBlob(8)
        )
        {
            Rejected = reader.GetByte(9) is var reason and not 0 ? (RejectionReason)reason : null,
        };

    public static DecisionRow ReadDecision(SqliteDataReader reader) =>
        new(
            reader.GetToken(0),
            (DecisionKind)reader.GetByte(1),
            reader.GetToken(2),
            reader.GetKey(3),
            reader.GetBlob(4)
        );

    public static MetadataRow ReadMetadata(SqliteDataReader reader) =>
        new(reader.GetToken(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetBlob(4));

    public static QuarantineRow ReadQuarantined(SqliteDataReader reader) =>
        new(
            reader.GetToken(0),
            reader.GetToken(1),
            reader.GetToken(2),
            (ConflictReason)reader.GetByte(3),
            reader.GetKey(4),
            new BlobLocation(reader.GetInt32(5), reader.GetInt64(6), reader.GetInt64(7)),
            reader.GetBlob(8)
        );

    private static ContentDigest ReadDigest(byte[] bytes, int form) =>
        bytes.Length == 2 * Token.Size
            ? new ContentDigest(
                BinaryPrimitives.ReadUInt128BigEndian(bytes),
                BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(Token.Size)),
                form
            )
            : throw new IndexDamagedException($"a digest of {bytes.Length} bytes");
}
