using System.Buffers.Binary;
using System.Security.Cryptography;
using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>
/// Where the trail ended when that was last noted: at closing, at each new file and every minute of writing. The chain
/// itself cannot tell that its last entries were taken away; this sealed note can, up to the moment of the note. What was
/// taken away together with a younger note is told only by a copy elsewhere.
/// </summary>
internal sealed record TrailEnd(long Sequence, byte[] Chain)
{
    /// <summary>The sealed file's name in the trail folder.</summary>
    public const string FileName = "end";

    public static async ValueTask<TrailEnd?> ReadAsync(
        IDurableFolder folder,
        MasterKey master,
        CancellationToken cancellationToken
    )
    {
        var content = await SealedFile.ReadAsync(folder, FileName, master, cancellationToken);
        if (content is null)
        {
            return null;
        }
        return content.Length == 8 + TrailFormat.ChainBytes
            ? new TrailEnd(BinaryPrimitives.ReadInt64LittleEndian(content), content[8..])
            : throw new SealedFormatException("the note of the trail's end is of an unknown form");
    }

    public void Write(IDurableFolder folder, MasterKey master)
    {
        var content = new byte[8 + TrailFormat.ChainBytes];
        BinaryPrimitives.WriteInt64LittleEndian(content, Sequence);
        Chain.CopyTo(content.AsSpan(8));
        SealedFile.Write(folder, FileName, master, content);
    }

    /// <summary>Whether an entry of this sequence has this chain value.</summary>
    public bool IsAt(long sequence, ReadOnlySpan<byte> chain) =>
        Sequence == sequence && CryptographicOperations.FixedTimeEquals(Chain, chain);
}
