using Leadglass.Sealing;

namespace Leadglass.Testing;

/// <summary>The power is gone: nothing more happens on this machine. Not an I/O error, so nobody handles it.</summary>
public sealed class PowerCutException() : Exception("the power is gone");

/// <summary>
/// A disk in memory that keeps no promise it did not make: until a file is flushed, any sectors of its unflushed writes
/// may be lost, torn or kept in any order; until a folder is flushed, names created, renamed and deleted may be lost. It
/// can fail any step with an errno, and lose power at any step. Repeatable by its seed.
/// </summary>
public sealed class FaultyDisk
{
    private readonly Random _random;
    private readonly FaultyFolderNode _root = new();

    /// <summary>An empty disk.</summary>
    public FaultyDisk(int seed) => _random = new Random(seed);

    /// <summary>Sector size in bytes: what the device writes at once.</summary>
    public int SectorBytes { get; init; } = 512;

    /// <summary>Whether a torn sector also loses bytes in it that an earlier flush had made durable.</summary>
    public bool TearsNeighbours { get; init; }

    /// <summary>Room for the contents of all files, in bytes.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Changing operations so far: writes, truncations, flushes, names.</summary>
    public int Steps { get; private set; }

    /// <summary>The power goes during this step.</summary>
    public int? CutAtStep { get; set; }

    /// <summary>The errno with which a step fails, if it shall: given its number and its operation.</summary>
    public Func<int, string, int?> Fault { get; set; } = (_, _) => null;

    /// <summary>Whether the power is gone.</summary>
    public bool IsOff { get; private set; }

    internal Lock Gate { get; } = new();

    /// <summary>Rises with every start: handles of an earlier process are dead.</summary>
    internal int Process { get; private set; }

    /// <summary>The folder at the top, for the process that runs now.</summary>
    public IDurableFolder Root => new FaultyDurableFolder(this, _root, "/");

    /// <summary>
    /// Takes the power away and gives it back: what remains is what was flushed, and of the rest whatever the disk likes.
    /// </summary>
    public void CutPower()
    {
        lock (Gate)
        {
            _root.LosePower(this, _random);
            Start();
        }
    }

    /// <summary>Kills the process and starts it again: the page cache survives, so nothing is lost, nothing is durable.</summary>
    public void KillProcess()
    {
        lock (Gate)
        {
            Start();
        }
    }

    /// <summary>Flips bits of a file's contents, as rot would: in the page cache and on the disk.</summary>
    public void Rot(string name, long offset, byte mask)
    {
        lock (Gate)
        {
            var file = (FaultyFileNode)_root.Current[name];
            file.Current.Bytes[offset] ^= mask;
            file.Durable.Bytes[offset] ^= mask;
        }
    }

    internal long UsedBytes => _root.Used;

    /// <summary>Counts a step. True where the power goes during it; throws where it shall fail.</summary>
    internal bool Step(string operation, string name)
    {
        Steps++;
        if (Steps == CutAtStep)
        {
            return true;
        }

        return Fault(Steps, operation) is { } errno ? throw Failure(operation, name, errno) : false;
    }

    internal static DurableIOException Failure(string operation, string name, int errno) =>
        errno is Errnos.NoSpace or Errnos.QuotaExceeded
            ? new DiskFullException(operation, name, errno)
            : new DurableIOException(operation, name, errno);

    internal void ThrowIfDead(int process)
    {
        if (IsOff || process != Process)
        {
            throw new PowerCutException();
        }
    }

    internal PowerCutException TurnOff()
    {
        IsOff = true;
        return new PowerCutException();
    }

    /// <summary>Some part of a file's unflushed changes reaches the disk.</summary>
    internal void Persist(FaultyFileNode file) => file.PersistSome(this, _random);

    /// <summary>How much of a write that finds no room is done.</summary>
    internal int PartOf(int length) => _random.Next(length + 1);

    private void Start()
    {
        IsOff = false;
        CutAtStep = null;
        Process++;
    }
}

/// <summary>The contents of a file, growing as needed.</summary>
internal sealed class FaultyContent
{
    public byte[] Bytes { get; private set; } = [];

    public long Length { get; private set; }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        Extend(offset + data.Length);
        data.CopyTo(Bytes.AsSpan((int)offset));
    }

    public void Extend(long length)
    {
        if (length > Bytes.Length)
        {
            var larger = new byte[Math.Max(length, Bytes.Length * 2L)];
            Bytes.AsSpan(0, (int)Length).CopyTo(larger);
            Bytes = larger;
        }

        Length = Math.Max(Length, length);
    }

    public void Truncate(long length)
    {
        Extend(length);
        Bytes.AsSpan((int)length).Clear();
        Length = length;
    }

    public void CopyFrom(FaultyContent other)
    {
        Bytes = other.Bytes.AsSpan(0, (int)other.Length).ToArray();
        Length = other.Length;
    }
}

/// <summary>Something with a name in a folder.</summary>
internal abstract class FaultyNode
{
    public abstract long Used { get; }

    public abstract void LosePower(FaultyDisk disk, Random random);
}

/// <summary>A file: what the process sees, what is on the disk, and the changes between.</summary>
internal sealed class FaultyFileNode : FaultyNode
{
    private readonly List<(long Offset, byte[]? Data)> _pending = [];

    public FaultyContent Current { get; } = new();

    public FaultyContent Durable { get; } = new();

    public override long Used => Current.Length;

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        Current.Write(offset, data);
        _pending.Add((offset, data.ToArray()));
    }

    public void Truncate(long length)
    {
        Current.Truncate(length);
        _pending.Add((length, null));
    }

    public void Sync()
    {
        foreach (var (offset, data) in _pending)
        {
            Apply(offset, data);
        }

        _pending.Clear();
    }

    public override void LosePower(FaultyDisk disk, Random random)
    {
        PersistSome(disk, random);
        Current.CopyFrom(Durable);
    }

    /// <summary>None, all, the first few or any sectors of the pending changes reach the disk; the rest never will.</summary>
    public void PersistSome(FaultyDisk disk, Random random)
    {
        var mood = random.Next(4);
        var kept = mood switch
        {
            0 => 0,
            1 => _pending.Count,
            _ => random.Next(_pending.Count + 1),
        };
        for (var i = 0; i < _pending.Count; i++)
        {
            var (offset, data) = _pending[i];
            if (mood == 3 && data is not null)
            {
                PersistSectors(disk, random, offset, data);
            }
            else if (mood == 3 ? random.Next(2) == 0 : i < kept)
            {
                Apply(offset, data);
            }
        }

        _pending.Clear();
    }

    private void Apply(long offset, byte[]? data)
    {
        if (data is null)
        {
            Durable.Truncate(offset);
        }
        else
        {
            Durable.Write(offset, data);
        }
    }

    private void PersistSectors(FaultyDisk disk, Random random, long offset, byte[] data)
    {
        if (random.Next(3) == 0)
        {
            // The new length is there, the bytes are not.
            Durable.Extend(offset + data.Length);
        }

        var losses = random.Next(1, 6);
        for (var done = 0; done < data.Length; )
        {
            var taken = (int)Math.Min(disk.SectorBytes - ((offset + done) % disk.SectorBytes), data.Length - done);
            switch (random.Next(losses + 1))
            {
                case 0:
                    break;
                case 1 when random.Next(2) == 0:
                    Tear(disk, random, offset + done, data.AsSpan(done, taken));
                    break;
                default:
                    Durable.Write(offset + done, data.AsSpan(done, taken));
                    break;
            }

            done += taken;
        }
    }

    private void Tear(FaultyDisk disk, Random random, long offset, ReadOnlySpan<byte> data)
    {
        var garbage = new byte[data.Length];
        random.NextBytes(garbage);
        data[..random.Next(data.Length)].CopyTo(garbage);
        if (disk.TearsNeighbours)
        {
            var sector = offset - (offset % disk.SectorBytes);
            var lost = new byte[offset - sector];
            random.NextBytes(lost);
            Durable.Write(sector, lost);
        }

        Durable.Write(offset, garbage);
    }
}

/// <summary>A folder: the names the process sees, the names on the disk, and the changes between.</summary>
internal sealed class FaultyFolderNode : FaultyNode
{
    private readonly List<(string? Removed, string? Added, FaultyNode Node)> _pending = [];

    public SortedDictionary<string, FaultyNode> Current { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, FaultyNode> Durable { get; } = new(StringComparer.Ordinal);

    public override long Used => Current.Values.Sum(node => node.Used);

    /// <summary>One change of names, which happens whole or not at all.</summary>
    public void Change(string? removed, string? added, FaultyNode node)
    {
        Apply(Current, removed, added, node);
        _pending.Add((removed, added, node));
    }

    public void Sync()
    {
        foreach (var (removed, added, node) in _pending)
        {
            Apply(Durable, removed, added, node);
        }

        _pending.Clear();
    }

    public override void LosePower(FaultyDisk disk, Random random)
    {
        var inOrder = random.Next(2) == 0;
        var kept = random.Next(_pending.Count + 1);
        for (var i = 0; i < _pending.Count; i++)
        {
            if (inOrder ? i < kept : random.Next(2) == 0)
            {
                Apply(Durable, _pending[i].Removed, _pending[i].Added, _pending[i].Node);
            }
        }

        _pending.Clear();
        Current.Clear();
        foreach (var (name, node) in Durable)
        {
            Current.Add(name, node);
            node.LosePower(disk, random);
        }
    }

    private static void Apply(
        SortedDictionary<string, FaultyNode> names,
        string? removed,
        string? added,
        FaultyNode node
    )
    {
        if (removed is not null)
        {
            names.Remove(removed);
        }

        if (added is not null)
        {
            names[added] = node;
        }
    }
}
