using System.Buffers.Binary;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Where the fragments of encapsulated pixel data lie, noted at ingest in a run of its own (docs/storage-format.md), so that
/// a frame of a clip without an offset table is found without going through all before it.
/// </summary>
internal static class FragmentTable
{
    /// <summary>A table is written for more fragments than this: one is found at once without it.</summary>
    public const int FragmentsMin = 2;

    private const int EntryBytes = 12;
    private const int ItemHeaderBytes = 8;

    /// <summary>The run's content: for each fragment its offset in the pixel data run and its length.</summary>
    /// <param name="layout">Complete.</param>
    public static byte[] ToBytes(PixelDataLayout layout)
    {
        var bytes = new byte[layout.Fragments.Count * EntryBytes];
        var entry = bytes.AsSpan();
        foreach (var fragment in layout.Fragments)
        {
            BinaryPrimitives.WriteInt64LittleEndian(entry, fragment.Offset - layout.Offset);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], fragment.Length);
            entry = entry[EntryBytes..];
        }

        return bytes;
    }

    /// <summary>Whether an instance gets a table.</summary>
    public static bool IsFor(PixelDataLayout? layout) =>
        layout is { IsEncapsulated: true, Fragments.Count: >= FragmentsMin and <= FragmentScan.FragmentsMax };

    /// <summary>The Basic Offset Table and the fragments, counted from its item; null where none were noted.</summary>
    /// <param name="items">The pixel data from the Basic Offset Table's item on.</param>
    public static async ValueTask<(byte[] OffsetTable, IReadOnlyList<FragmentRange> Fragments)?> ReadAsync(
        RecordOpener record,
        RunPixelSource items,
        CancellationToken cancellationToken
    )
    {
        if (!record.HasRun(RecordRun.Extra))
        {
            return null;
        }

        var bytes = await record.ReadRunAsync(
            RecordRun.Extra,
            FragmentScan.FragmentsMax * EntryBytes,
            cancellationToken
        );
        var fragments = new FragmentRange[bytes.Length / EntryBytes];
        for (var i = 0; i < fragments.Length; i++)
        {
            var entry = bytes.AsSpan(i * EntryBytes);
            fragments[i] = new FragmentRange(
                BinaryPrimitives.ReadInt64LittleEndian(entry) - items.Start,
                BinaryPrimitives.ReadUInt32LittleEndian(entry[8..])
            );
        }

        // Between its own header and that of the first fragment lies the Basic Offset Table.
        var table =
            fragments.Length == 0
                ? []
                : await FragmentScan.TableAsync(
                    items,
                    ItemHeaderBytes,
                    (uint)Math.Max(0, fragments[0].Offset - (2 * ItemHeaderBytes)),
                    cancellationToken
                );
        return (table, fragments);
    }
}
