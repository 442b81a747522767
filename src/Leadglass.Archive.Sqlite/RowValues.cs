using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Sqlite;

/// <summary>Tokens, keys and digests as SQLite keeps them: big-endian bytes.</summary>
internal static class RowValues
{
    public static byte[] ToBytes(this IndexToken token) => ToBytes(token.Value);

    public static byte[] ToBytes(this UInt128 value)
    {
        var bytes = new byte[IndexToken.LengthBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] ToBytes(this ContentDigest digest)
    {
        var bytes = new byte[2 * IndexToken.LengthBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, digest.Attributes);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(IndexToken.LengthBytes), digest.PixelData);
        return bytes;
    }

    public static UInt128 GetUInt128(this SqliteDataReader reader, int column)
    {
        var bytes = reader.GetFieldValue<byte[]>(column);
        return bytes.Length == IndexToken.LengthBytes
            ? BinaryPrimitives.ReadUInt128BigEndian(bytes)
            : throw new IndexDamagedException($"a token of {bytes.Length} bytes in column {column}");
    }

    public static IndexToken GetToken(this SqliteDataReader reader, int column) => new(reader.GetUInt128(column));

    public static byte[] GetBlob(this SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    public static StudyRow ReadStudy(SqliteDataReader reader) =>
        new(reader.GetToken(0), reader.GetToken(1), reader.GetUInt128(2), reader.GetBlob(3))
        {
            SeriesCount = reader.GetInt32(4),
            InstanceCount = reader.GetInt32(5),
        };

    public static SeriesRow ReadSeries(SqliteDataReader reader) =>
        new(reader.GetToken(0), reader.GetToken(1), reader.GetBlob(2)) { InstanceCount = reader.GetInt32(3) };

    public static InstanceRow ReadInstance(SqliteDataReader reader) =>
        new(
            reader.GetToken(0),
            reader.GetToken(1),
            reader.GetToken(2),
            ReadDigest(reader.GetBlob(3), reader.GetInt32(4)),
            new BlobLocation(reader.GetInt32(5), reader.GetInt64(6), reader.GetInt64(7)),
            reader.GetBlob(8)
        );

    public static QuarantineRow ReadQuarantined(SqliteDataReader reader) =>
        new(
            reader.GetToken(0),
            reader.GetToken(1),
            reader.GetToken(2),
            (ConflictReason)reader.GetByte(3),
            reader.GetUInt128(4),
            new BlobLocation(reader.GetInt32(5), reader.GetInt64(6), reader.GetInt64(7)),
            reader.GetBlob(8)
        );

    private static ContentDigest ReadDigest(byte[] bytes, int form) =>
        bytes.Length == 2 * IndexToken.LengthBytes
            ? new ContentDigest(
                BinaryPrimitives.ReadUInt128BigEndian(bytes),
                BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(IndexToken.LengthBytes)),
                form
            )
            : throw new IndexDamagedException($"a digest of {bytes.Length} bytes");
}
