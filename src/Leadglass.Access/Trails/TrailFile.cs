using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>One trail file as it was found: its entries in order and what lies between and behind them.</summary>
internal sealed class TrailFile
{
    // A file is rolled well before; what is longer was not written by us.
    internal const long FileBytesMax = 64 * 1024 * 1024;

    private TrailFile(uint number, byte[] bytes)
    {
        Number = number;
        Bytes = bytes;
    }

    public uint Number { get; }

    public byte[] Bytes { get; }

    public bool HasHeader { get; private init; }

    /// <summary>It was made, but its header never became durable, so nothing in it was acknowledged.</summary>
    public bool IsUnbegun => !HasHeader && Bytes.Length <= TrailFormat.HeaderBytes;

    public long FirstSequence { get; private init; }

    public byte[] HeaderPrevious { get; private init; } = [];

    /// <summary>Checked entries with their offsets, in the order in which they lie.</summary>
    public List<(int Offset, TrailFormat.RawEntry Entry)> Entries { get; } = [];

    /// <summary>Stretches that are no entries, between entries or behind the last one, zeros at the end aside.</summary>
    public List<(int Offset, int Length)> Gaps { get; } = [];

    /// <summary>Where the entries end and the room ahead of them, zeros, begins.</summary>
    public int EntriesEnd { get; private set; }

    /// <exception cref="DurableIOException">It cannot be read.</exception>
    public static TrailFile Read(IDurableFolder folder, uint number, TrailSeal seal)
    {
        using var file = folder.Open(TrailFormat.NameOf(number), FileAccess.Read);
        var bytes = new byte[Math.Min(file.Length, FileBytesMax)];
        var read = file.Read(0, bytes);
        return Parse(number, bytes[..read], seal);
    }

    public static TrailFile Parse(uint number, byte[] bytes, TrailSeal seal)
    {
        var header = bytes.AsSpan(0, Math.Min(bytes.Length, TrailFormat.HeaderBytes));
        var hasHeader = TrailFormat.TryReadHeader(seal, number, header, out var first, out var previous);
        var parsed = new TrailFile(number, bytes)
        {
            HasHeader = hasHeader,
            FirstSequence = first,
            HeaderPrevious = previous,
        };
        parsed.Scan(seal, Math.Min(bytes.Length, TrailFormat.HeaderBytes));
        return parsed;
    }

    /// <summary>
    /// Whether what follows the last entry may be a tail that a power cut tore: nothing behind it was flushed. Only then
    /// may it be cut off. Gaps before an entry are torn only if that entry is of the same batch as what is missing.
    /// </summary>
    public int? TornAt(long expectedSequence)
    {
        if (Gaps.Count == 0)
        {
            return null;
        }
        var at = Gaps[0].Offset;
        var before = Entries.LastOrDefault(entry => entry.Offset < at);
        var missing = before.Entry.Length == 0 ? expectedSequence : before.Entry.Sequence + 1;
        var laterFlush = Entries.Exists(entry => entry.Offset > at && entry.Entry.BatchFirst > missing);
        return laterFlush ? null : at;
    }

    private void Scan(TrailSeal seal, int offset)
    {
        var gapFrom = -1;
        while (offset < Bytes.Length)
        {
            if (TrailFormat.TryReadEntry(seal, Number, Bytes.AsSpan(offset), out var entry))
            {
                CloseGap(ref gapFrom, offset);
                Entries.Add((offset, entry));
                offset += entry.Length;
                continue;
            }
            if (gapFrom < 0)
            {
                gapFrom = offset;
            }
            offset = NextMarker(offset + 1);
        }
        CloseTail(gapFrom);
    }

    /// <summary>Zeros at the end are room that was taken ahead; what is not zero behind the last entry is a gap.</summary>
    private void CloseTail(int gapFrom)
    {
        EntriesEnd = Bytes.Length;
        if (gapFrom >= 0)
        {
            EntriesEnd = Math.Max(gapFrom, Bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1);
            CloseGap(ref gapFrom, EntriesEnd);
        }
    }

    private void CloseGap(ref int from, int until)
    {
        if (from >= 0 && until > from)
        {
            Gaps.Add((from, until - from));
            from = -1;
        }
    }

    private int NextMarker(int from)
    {
        Span<byte> marker = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(marker, TrailFormat.EntryMarker);
        var found = from >= Bytes.Length ? -1 : Bytes.AsSpan(from).IndexOf(marker);
        return found < 0 ? Bytes.Length : from + found;
    }
}
