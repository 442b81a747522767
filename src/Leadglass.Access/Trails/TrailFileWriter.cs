using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>
/// One trail file open for appending, with a stretch of zeros ahead of its entries: room that is already taken, so that a
/// full disk stops storing, but not reading, which has to be recorded.
/// </summary>
internal sealed class TrailFileWriter : IDisposable
{
    /// <summary>Room kept ahead: some two thousand records.</summary>
    internal const int ReserveBytes = 1024 * 1024;

    private const int RefillBelowBytes = ReserveBytes / 2;
    private const int RefillAgainBytes = 16 * 1024;

    private static readonly byte[] Zeros = new byte[ReserveBytes];

    private readonly IDurableFile _file;
    private long _taken;
    private long _refillFrom;

    private TrailFileWriter(IDurableFile file, uint number, DateOnly day, long length, long taken)
    {
        _file = file;
        Number = number;
        Day = day;
        Length = length;
        _taken = taken;
    }

    public uint Number { get; }

    public DateOnly Day { get; }

    /// <summary>Where the next entry goes.</summary>
    public long Length { get; private set; }

    /// <summary>A write or flush failed: nobody knows what of it is on the disk, and nothing more is written here.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Makes a file; its header is durable when this returns.</summary>
    /// <exception cref="DurableIOException">It cannot be made; nothing of it is left.</exception>
    public static TrailFileWriter Begin(
        IDurableFolder folder,
        TrailSeal seal,
        uint number,
        DateOnly day,
        long firstSequence,
        byte[] chain
    )
    {
        var file = folder.Create(TrailFormat.NameOf(number));
        try
        {
            file.Write(0, TrailFormat.WriteHeader(seal, number, firstSequence, chain));
            file.Sync();
            folder.Sync();
        }
        catch
        {
            file.Dispose();
            Discard(folder, number);
            throw;
        }
        var begun = new TrailFileWriter(file, number, day, TrailFormat.HeaderBytes, TrailFormat.HeaderBytes);
        begun.Refill();
        return begun;
    }

    /// <summary>Opens a file that is there, cut where it is torn; all of it is durable when this returns.</summary>
    /// <exception cref="DurableIOException">It cannot be opened or made durable.</exception>
    public static TrailFileWriter Continue(IDurableFolder folder, TrailFile found, int? torn, DateOnly day)
    {
        var file = folder.Open(TrailFormat.NameOf(found.Number), FileAccess.ReadWrite);
        try
        {
            if (torn is { } length)
            {
                file.Truncate(length);
            }
            // What was read may have lain in the page cache only; nothing is built on it before it is durable.
            file.Sync();
            folder.Sync();
            return new TrailFileWriter(file, found.Number, day, torn ?? found.EntriesEnd, file.Length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends one batch, durable when this returns.</summary>
    /// <exception cref="DiskFullException">There is no room for it; nothing of it was written, the file goes on.</exception>
    /// <exception cref="IOException">It is not durable; see <see cref="IsSpent"/>.</exception>
    public void Append(ReadOnlySpan<byte> batch)
    {
        Take(Length + batch.Length);
        try
        {
            _file.Write(Length, batch);
            _file.Sync();
        }
        catch
        {
            IsSpent = true;
            throw;
        }
        Length += batch.Length;
        Refill();
    }

    /// <summary>Gives the room ahead back; another file goes on.</summary>
    public void Finish()
    {
        try
        {
            _file.Truncate(Length);
            _file.Sync();
        }
        catch (IOException)
        {
            // Zeros behind the last entry say nothing and are skipped wherever the trail is read.
        }
        Dispose();
    }

    public void Dispose() => _file.Dispose();

    private static void Discard(IDurableFolder folder, uint number)
    {
        try
        {
            folder.Delete(TrailFormat.NameOf(number));
        }
        catch (IOException)
        {
            // It is skipped as unbegun wherever the trail is read.
        }
    }

    /// <summary>Takes room by zeros before a batch is written into it, so that a full disk never holds half a batch.</summary>
    private void Take(long until)
    {
        while (_taken < until)
        {
            var step = (int)Math.Min(until - _taken, Zeros.Length);
            _file.Write(_taken, Zeros.AsSpan(0, step));
            _taken += step;
        }
    }

    private void Refill()
    {
        if (_taken - Length >= RefillBelowBytes || Length < _refillFrom)
        {
            return;
        }
        try
        {
            Take(Length + ReserveBytes);
        }
        catch (IOException)
        {
            // The disk is full. What is taken serves; a little later it is tried again.
            _refillFrom = Length + RefillAgainBytes;
        }
    }
}
