using Microsoft.Win32.SafeHandles;

namespace Leadglass.Sealing;

/// <summary>A folder on a disk of Linux: names 0600 and 0700, every flush checked.</summary>
public sealed class DurableFolder : IDurableFolder
{
    private readonly string _path;
    private readonly string _name;

    private DurableFolder(string path)
    {
        _path = path;
        _name = Path.GetFileName(path);
    }

    /// <inheritdoc/>
    public VolumeSpace Space
    {
        get
        {
            var volume = new DriveInfo(_path);
            return new VolumeSpace(volume.AvailableFreeSpace, volume.TotalSize);
        }
    }

    /// <summary>Opens the folder; makes it (0700) where its parent exists and it does not.</summary>
    /// <exception cref="DurableIOException">It can neither be opened nor made.</exception>
    public static DurableFolder Open(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parent = Path.GetDirectoryName(full);
        if (LinuxFiles.MakeFolder(full, Path.GetFileName(full)) && parent is not null)
        {
            new DurableFolder(parent).Sync();
        }

        return new DurableFolder(full);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        var names = new DirectoryInfo(_path).EnumerateFileSystemInfos().Select(entry => entry.Name).ToArray();
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public bool Exists(string name) => File.Exists(PathOf(name));

    /// <inheritdoc/>
    public IDurableFile Create(string name) =>
        new LinuxFile(
            LinuxFiles.Open(PathOf(name), name, LinuxFiles.ReadWrite | LinuxFiles.CreateNew),
            PathOf(name),
            name
        );

    /// <inheritdoc/>
    public IDurableFile Open(string name, FileAccess access) =>
        new LinuxFile(
            LinuxFiles.Open(PathOf(name), name, access == FileAccess.Read ? LinuxFiles.ReadOnly : LinuxFiles.ReadWrite),
            PathOf(name),
            name
        );

    /// <inheritdoc/>
    public void Rename(string from, string to) => LinuxFiles.Rename(PathOf(from), PathOf(to), from);

    /// <inheritdoc/>
    public void Delete(string name)
    {
        var path = PathOf(name);
        if (Directory.Exists(path))
        {
            LinuxFiles.RemoveFolder(path, name);
        }
        else
        {
            LinuxFiles.Unlink(path, name);
        }
    }

    /// <inheritdoc/>
    public void Sync()
    {
        using var folder = LinuxFiles.Open(_path, _name, LinuxFiles.ReadOnly);
        LinuxFiles.SyncFolder(folder, _name);
    }

    /// <inheritdoc/>
    public IDurableFolder Folder(string name)
    {
        var path = PathOf(name);
        LinuxFiles.MakeFolder(path, name);

        // Also when it was there: a process killed between making and flushing leaves a name that is not durable.
        Sync();
        return new DurableFolder(path);
    }

    private string PathOf(string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
        {
            throw new ArgumentException("a name inside a folder has no separator", nameof(name));
        }

        return Path.Combine(_path, name);
    }

    private sealed class LinuxFile(SafeFileHandle handle, string path, string name) : IDurableFile
    {
        private volatile bool _poisoned;
        private SafeFileHandle? _direct;
        private bool _isDirectRefused;

        public long Length => RandomAccess.GetLength(handle);

        public void Write(long offset, ReadOnlySpan<byte> data)
        {
            ThrowIfPoisoned();
            LinuxFiles.Write(handle, name, offset, data);
        }

        public void WriteBlocks(long offset, ReadOnlySpan<byte> blocks)
        {
            ThrowIfPoisoned();
            if (OpenDirect() is { } direct)
            {
                try
                {
                    LinuxFiles.Write(direct, name, offset, blocks);
                    return;
                }
                catch (DurableIOException refused) when (refused.Errno == Errnos.InvalidArgument)
                {
                    _isDirectRefused = true;
                }
            }

            LinuxFiles.Write(handle, name, offset, blocks);
        }

        public int Read(long offset, Span<byte> buffer) => LinuxFiles.Read(handle, name, offset, buffer);

        public void Truncate(long length)
        {
            ThrowIfPoisoned();
            LinuxFiles.Truncate(handle, name, length);
        }

        public void Sync()
        {
            ThrowIfPoisoned();
            try
            {
                LinuxFiles.SyncData(handle, name);
            }
            catch (DurableIOException)
            {
                _poisoned = true;
                throw;
            }
        }

        public void Dispose()
        {
            handle.Dispose();
            _direct?.Dispose();
        }

        private SafeFileHandle? OpenDirect()
        {
            if (_direct is null && !_isDirectRefused)
            {
                try
                {
                    _direct = LinuxFiles.Open(path, name, LinuxFiles.ReadWrite | LinuxFiles.Direct);
                }
                catch (DurableIOException)
                {
                    // tmpfs and some others cannot.
                    _isDirectRefused = true;
                }
            }

            return _isDirectRefused ? null : _direct;
        }

        private void ThrowIfPoisoned()
        {
            if (_poisoned)
            {
                throw new PoisonedFileException(name);
            }
        }
    }
}
