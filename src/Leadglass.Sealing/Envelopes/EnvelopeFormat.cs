using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>What an envelope is bound to; random numbers that say nothing of what is inside.</summary>
/// <param name="Archive">The archive that it is for.</param>
/// <param name="Sender">The edge that sealed it.</param>
/// <param name="Envelope">The envelope itself.</param>
public sealed record EnvelopeIds(Guid Archive, Guid Sender, Guid Envelope);

/// <summary>The clear start of an envelope.</summary>
/// <param name="Ids">What it is bound to.</param>
/// <param name="Recipient">The key that opens it.</param>
public sealed record EnvelopeHeader(EnvelopeIds Ids, KeyId Recipient)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = EnvelopeFormat.HeaderBytes;

    /// <summary>Reads a header.</summary>
    /// <exception cref="SealedFormatException">It is none, or of an unknown version.</exception>
    public static EnvelopeHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size || !bytes[..4].SequenceEqual(EnvelopeFormat.Magic))
        {
            throw new SealedFormatException("no sealed envelope starts here");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        if (version != EnvelopeFormat.Version || flags != 0)
        {
            throw new SealedFormatException(
                $"sealed envelope of version {version} with flags {flags:x4}: unknown here"
            );
        }

        return new EnvelopeHeader(
            new EnvelopeIds(ReadId(bytes[8..]), ReadId(bytes[24..]), ReadId(bytes[40..])),
            KeyId.Read(bytes[56..])
        );
    }

    private static Guid ReadId(ReadOnlySpan<byte> bytes) => new(bytes[..16], bigEndian: true);
}

/// <summary>The numbers of docs/edge.md, "Envelopes".</summary>
internal static class EnvelopeFormat
{
    public const ushort Version = 1;
    public const int KeyBits = 256;
    public const int PointOffset = 72;
    public const int CommitmentOffset = 137;
    public const int HeaderBytes = 169;
    public const int ChunkBytes = RecordFormat.ChunkBytes;
    public const int TagBytes = RecordFormat.TagBytes;
    private const int CoordinateBytes = 32;

    public static ReadOnlySpan<byte> Magic => "LGEN"u8;

    /// <summary>Writes magic, version, ids and the ephemeral point; the commitment follows from the key.</summary>
    public static void WriteHeaderStart(Span<byte> header, EnvelopeIds ids, KeyId recipient, ECParameters ephemeral)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 0);
        WriteId(ids.Archive, header[8..]);
        WriteId(ids.Sender, header[24..]);
        WriteId(ids.Envelope, header[40..]);
        recipient.Write(header[56..]);

        // SEC 1 2.3.3: an uncompressed point.
        header[PointOffset] = 4;
        ephemeral.Q.X.CopyTo(header[(PointOffset + 1)..]);
        ephemeral.Q.Y.CopyTo(header[(PointOffset + 1 + CoordinateBytes)..]);
    }

    /// <summary>The sender's ephemeral key; the framework checks that the point lies on the curve.</summary>
    public static ECDiffieHellman ReadPoint(ReadOnlySpan<byte> header)
    {
        var point = header[PointOffset..CommitmentOffset];
        if (point[0] != 4)
        {
            throw new SealedFormatException("the envelope's point is not uncompressed");
        }

        try
        {
            return ECDiffieHellman.Create(
                new ECParameters
                {
                    Curve = ECCurve.NamedCurves.nistP256,
                    Q = new ECPoint
                    {
                        X = point.Slice(1, CoordinateBytes).ToArray(),
                        Y = point.Slice(1 + CoordinateBytes, CoordinateBytes).ToArray(),
                    },
                }
            );
        }
        catch (CryptographicException)
        {
            throw new SealedFormatException("the envelope's point does not lie on the curve");
        }
    }

    /// <summary>
    /// HKDF-SHA256 over the agreed secret; the whole clear header before the commitment is the information, so that the key
    /// belongs to this archive, sender, envelope and ephemeral key only. Gives key and commitment, 32 bytes each.
    /// </summary>
    public static void DeriveKey(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> header, Span<byte> keyAndCommitment) =>
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            secret,
            keyAndCommitment,
            "leadglass envelope 1"u8,
            header[..CommitmentOffset]
        );

    private static void WriteId(Guid id, Span<byte> destination) =>
        id.TryWriteBytes(destination, bigEndian: true, out _);
}
