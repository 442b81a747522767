using Leadglass.Sealing;

namespace Leadglass.Testing;

/// <summary>A folder on a <see cref="FaultyDisk"/>, as one process sees it.</summary>
public sealed class FaultyDurableFolder : IDurableFolder
{
    private readonly FaultyDisk _disk;
    private readonly FaultyFolderNode _node;
    private readonly string _name;
    private readonly int _process;

    internal FaultyDurableFolder(FaultyDisk disk, FaultyFolderNode node, string name)
    {
        _disk = disk;
        _node = node;
        _name = name;
        _process = disk.Process;
    }

    /// <inheritdoc/>
    public VolumeSpace Space
    {
        get
        {
            lock (_disk.Gate)
            {
                return new VolumeSpace(_disk.CapacityBytes - _disk.UsedBytes, _disk.CapacityBytes);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        lock (_disk.Gate)
        {
            _disk.ThrowIfDead(_process);
            return [.. _node.Current.Keys];
        }
    }

    /// <inheritdoc/>
    public bool Exists(string name)
    {
        lock (_disk.Gate)
        {
            _disk.ThrowIfDead(_process);
            return _node.Current.TryGetValue(name, out var node) && node is FaultyFileNode;
        }
    }

    /// <inheritdoc/>
    public IDurableFile Create(string name)
    {
        lock (_disk.Gate)
        {
            var file = new FaultyFileNode();
            Do(
                "create",
                name,
                () =>
                {
                    if (_node.Current.ContainsKey(name))
                    {
                        throw FaultyDisk.Failure("open", name, Errnos.Exists);
                    }

                    _node.Change(removed: null, name, file);
                }
            );
            return new FaultyDurableFile(_disk, file, name, isWritable: true);
        }
    }

    /// <inheritdoc/>
    public IDurableFile Open(string name, FileAccess access)
    {
        lock (_disk.Gate)
        {
            _disk.ThrowIfDead(_process);
            return new FaultyDurableFile(_disk, (FaultyFileNode)Find(name), name, access != FileAccess.Read);
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        lock (_disk.Gate)
        {
            Do("rename", from, () => _node.Change(from, to, Find(from)));
        }
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        lock (_disk.Gate)
        {
            Do(
                "unlink",
                name,
                () =>
                {
                    if (Find(name) is FaultyFolderNode { Current.Count: > 0 })
                    {
                        throw FaultyDisk.Failure("rmdir", name, Errnos.NotEmpty);
                    }

                    _node.Change(name, added: null, Find(name));
                }
            );
        }
    }

    /// <inheritdoc/>
    public void Sync()
    {
        lock (_disk.Gate)
        {
            _disk.ThrowIfDead(_process);
            if (_disk.Step("fsync", _name))
            {
                throw _disk.TurnOff();
            }

            _node.Sync();
        }
    }

    /// <inheritdoc/>
    public IDurableFolder Folder(string name)
    {
        lock (_disk.Gate)
        {
            _disk.ThrowIfDead(_process);
            if (!_node.Current.TryGetValue(name, out var node))
            {
                node = new FaultyFolderNode();
                Do("mkdir", name, () => _node.Change(removed: null, name, node));
            }

            Sync();

            return new FaultyDurableFolder(_disk, (FaultyFolderNode)node, name);
        }
    }

    private FaultyNode Find(string name) =>
        _node.Current.TryGetValue(name, out var node) ? node : throw FaultyDisk.Failure("open", name, Errnos.NoEntry);

    /// <summary>A change of names during which the power may go: then it is pending, like any that was not flushed.</summary>
    private void Do(string operation, string name, Action change)
    {
        _disk.ThrowIfDead(_process);
        var isLast = _disk.Step(operation, name);
        change();
        if (isLast)
        {
            throw _disk.TurnOff();
        }
    }
}

/// <summary>A file on a <see cref="FaultyDisk"/>, as one process sees it.</summary>
internal sealed class FaultyDurableFile(FaultyDisk disk, FaultyFileNode node, string name, bool isWritable)
    : IDurableFile
{
    private const int BadDescriptor = 9;
    private const int PieceBytes = 2 * BlockBuffer.BlockBytes;
    private readonly int _process = disk.Process;
    private bool _isPoisoned;
    private bool _isDisposed;

    public long Length
    {
        get
        {
            lock (disk.Gate)
            {
                disk.ThrowIfDead(_process);
                return node.Current.Length;
            }
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        lock (disk.Gate)
        {
            ThrowUnlessWritable();
            var part = data.Length;
            var growth = Math.Max(0, offset + data.Length - node.Current.Length);
            if (growth > disk.CapacityBytes - disk.UsedBytes)
            {
                node.Write(offset, data[..(int)Math.Max(0, data.Length - growth)]);
                throw FaultyDisk.Failure("write", name, Errnos.NoSpace);
            }

            try
            {
                if (disk.Step("write", name))
                {
                    node.Write(offset, data);
                    throw disk.TurnOff();
                }
            }
            catch (DurableIOException)
            {
                node.Write(offset, data[..disk.PartOf(part)]);
                throw;
            }

            node.Write(offset, data);
        }
    }

    public void WriteBlocks(long offset, ReadOnlySpan<byte> blocks)
    {
        if (offset % BlockBuffer.BlockBytes != 0 || blocks.Length % BlockBuffer.BlockBytes != 0)
        {
            throw new ArgumentException("blocks have their places");
        }

        // In several steps, for the power may go within one call.
        for (var done = 0; done < blocks.Length; done += PieceBytes)
        {
            Write(offset + done, blocks.Slice(done, Math.Min(PieceBytes, blocks.Length - done)));
        }
    }

    public int Read(long offset, Span<byte> buffer)
    {
        lock (disk.Gate)
        {
            disk.ThrowIfDead(_process);
            var count = (int)Math.Clamp(node.Current.Length - offset, 0, buffer.Length);
            node.Current.Bytes.AsSpan((int)Math.Min(offset, node.Current.Length), count).CopyTo(buffer);
            return count;
        }
    }

    public void Truncate(long length)
    {
        lock (disk.Gate)
        {
            ThrowUnlessWritable();
            var isLast = disk.Step("ftruncate", name);
            node.Truncate(length);
            if (isLast)
            {
                throw disk.TurnOff();
            }
        }
    }

    public void Sync()
    {
        lock (disk.Gate)
        {
            disk.ThrowIfDead(_process);
            if (_isPoisoned)
            {
                throw new PoisonedFileException(name);
            }

            try
            {
                if (disk.Step("fdatasync", name))
                {
                    throw disk.TurnOff();
                }
            }
            catch (DurableIOException)
            {
                // As on Linux: the pages count as clean from now on, whether they reached the disk or not.
                _isPoisoned = true;
                disk.Persist(node);
                throw;
            }

            node.Sync();
        }
    }

    public void Dispose() => _isDisposed = true;

    private void ThrowUnlessWritable()
    {
        disk.ThrowIfDead(_process);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!isWritable)
        {
            throw FaultyDisk.Failure("write", name, BadDescriptor);
        }

        if (_isPoisoned)
        {
            throw new PoisonedFileException(name);
        }
    }
}
