using System.Buffers.Binary;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Goes from item to item of encapsulated pixel data (PS3.5 A.4) and opens only the chunks that they begin in.</summary>
internal static class FragmentScan
{
    /// <summary>More are not noted.</summary>
    public const int FragmentsMax = 1_000_000;

    private const int ItemHeaderBytes = 8;
    private const uint Item = 0xFFFEE000;

    /// <summary>The Basic Offset Table and the fragments after it, counted from the table's item.</summary>
    /// <exception cref="FrameUnavailableException">These are no items, or too many.</exception>
    public static async ValueTask<(byte[] OffsetTable, IReadOnlyList<FragmentRange> Fragments)> RunAsync(
        IPixelSource items,
        CancellationToken cancellationToken
    )
    {
        var header = new byte[ItemHeaderBytes];
        byte[]? table = null;
        List<FragmentRange> fragments = [];
        for (long offset = 0; offset + ItemHeaderBytes <= items.Length; )
        {
            await items.ReadAsync(offset, header, cancellationToken);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4));
            if (!IsItem(header))
            {
                break;
            }

            offset += ItemHeaderBytes;
            if (offset + length > items.Length || fragments.Count >= FragmentsMax)
            {
                throw new FrameUnavailableException("the fragments are longer than the pixel data, or too many");
            }

            if (table is null)
            {
                table = await TableAsync(items, offset, length, cancellationToken);
            }
            else
            {
                fragments.Add(new FragmentRange(offset, length));
            }

            offset += length;
        }

        return (table ?? [], fragments);
    }

    /// <summary>The Basic Offset Table alone, and where the first fragment's item begins.</summary>
    public static async ValueTask<byte[]> TableAsync(
        IPixelSource items,
        long offset,
        uint length,
        CancellationToken cancellationToken
    )
    {
        if (length > FragmentsMax * sizeof(uint))
        {
            throw new FrameUnavailableException("the offset table is too long");
        }

        var table = new byte[length];
        await items.ReadAsync(offset, table, cancellationToken);
        return table;
    }

    private static bool IsItem(ReadOnlySpan<byte> header) =>
        (
            (uint)BinaryPrimitives.ReadUInt16LittleEndian(header) << 16
            | BinaryPrimitives.ReadUInt16LittleEndian(header[2..])
        ) == Item;
}
