using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Leadglass.Archive;

/// <summary>
/// A place in the order of changes: pack and offset in the log, with a keyed check, so that only places that the archive
/// gave out are taken. It is not encrypted: whoever gets one can read from it how much is stored, of all patients.
/// </summary>
public readonly record struct ChangePosition
{
    private const int MarkBytes = 12;
    private const int CheckBytes = 12;

    private ChangePosition(string text) => Text = text;

    /// <summary>Before the first change.</summary>
    public static ChangePosition Beginning => default;

    /// <summary>32 characters that may stand in a URL; empty for the beginning.</summary>
    public string Text
    {
        get => field ?? "";
    }

    /// <summary>A position as a consumer kept it; whether it is one, <see cref="ChangeFeed"/> tells.</summary>
    public static ChangePosition Parse(string? text) => new(text ?? "");

    /// <summary>The position itself.</summary>
    public override string ToString() => Text;

    internal static ChangePosition Of(BlobMark mark, ArchiveKeys keys)
    {
        Span<byte> bytes = stackalloc byte[MarkBytes + CheckBytes];
        BinaryPrimitives.WriteInt32BigEndian(bytes, mark.Pack);
        BinaryPrimitives.WriteInt64BigEndian(bytes[4..], mark.Offset);
        Check(bytes[..MarkBytes], keys, bytes[MarkBytes..]);
        return new ChangePosition(Base64Url.EncodeToString(bytes));
    }

    /// <summary>Null: the archive never gave this out.</summary>
    internal BlobMark? ToMark(ArchiveKeys keys)
    {
        if (Text.Length == 0)
        {
            return default(BlobMark);
        }

        Span<byte> bytes = stackalloc byte[MarkBytes + CheckBytes + 3];
        if (
            Text.Length != Base64Url.GetEncodedLength(MarkBytes + CheckBytes)
            || !Base64Url.TryDecodeFromChars(Text, bytes, out var count)
            || count != MarkBytes + CheckBytes
        )
        {
            return null;
        }

        Span<byte> check = stackalloc byte[CheckBytes];
        Check(bytes[..MarkBytes], keys, check);
        return CryptographicOperations.FixedTimeEquals(check, bytes.Slice(MarkBytes, CheckBytes))
            ? new BlobMark(BinaryPrimitives.ReadInt32BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[4..]))
            : null;
    }

    private static void Check(ReadOnlySpan<byte> mark, ArchiveKeys keys, Span<byte> check)
    {
        using var digest = keys.BeginDigest();
        digest.AppendData("position of a change"u8);
        digest.AppendData(mark);
        digest.GetHashAndReset().AsSpan(0, CheckBytes).CopyTo(check);
    }
}
