using System.Globalization;
using Leadglass.Sealing;

namespace Leadglass.Archive.Packs;

/// <summary>
/// The files of the packs folder and the handles for reading them. A large pack is named <c>.part</c> until its commit
/// record is durable and <c>.large</c> some time after; both names are looked for.
/// </summary>
internal sealed class PackFolder(IDurableFolder folder) : IDisposable
{
    // A bound on file descriptors, not on packs.
    private const int OpenFilesMax = 256;
    private const string LogSuffix = ".pack";
    private const string LargeSuffix = ".large";
    private const string PartSuffix = ".part";

    private readonly Lock _gate = new();
    private readonly Dictionary<int, OpenPack> _open = [];
    private long _uses;
    private bool _disposed;

    public IDurableFolder Folder => folder;

    public static string LogName(int number) => $"{number:D8}{LogSuffix}";

    public static string LargeName(int number) => $"{number:D8}{LargeSuffix}";

    public static string PartName(int number) => $"{number:D8}{PartSuffix}";

    /// <summary>The numbers of log packs, of large packs and of large packs not yet known to be committed; each ascending.</summary>
    public (List<int> Logs, List<int> Larges, List<int> Parts) List()
    {
        var (logs, larges, parts) = (new List<int>(), new List<int>(), new List<int>());
        foreach (var name in folder.List())
        {
            if (!int.TryParse(Path.GetFileNameWithoutExtension(name), NumberStyles.None, null, out var number))
            {
                continue;
            }

            switch (Path.GetExtension(name))
            {
                case LogSuffix:
                    logs.Add(number);
                    break;
                case LargeSuffix:
                    larges.Add(number);
                    break;
                case PartSuffix:
                    parts.Add(number);
                    break;
            }
        }

        logs.Sort();
        return (logs, larges, parts);
    }

    /// <summary>Reads from a pack; null where there is no such pack.</summary>
    public int? Read(int number, long offset, Span<byte> buffer)
    {
        if (Take(number) is not { } pack)
        {
            return null;
        }

        try
        {
            return pack.File.Read(offset, buffer);
        }
        finally
        {
            Return(pack);
        }
    }

    /// <summary>Length of a pack in bytes; null where there is no such pack.</summary>
    public long? LengthOf(int number)
    {
        if (Take(number) is not { } pack)
        {
            return null;
        }

        try
        {
            return pack.File.Length;
        }
        finally
        {
            Return(pack);
        }
    }

    /// <summary>Forgets the handle of a pack that is about to be removed.</summary>
    public void Forget(int number)
    {
        lock (_gate)
        {
            if (_open.Remove(number, out var pack))
            {
                pack.IsForgotten = true;
                if (pack.Readers == 0)
                {
                    pack.File.Dispose();
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var number in _open.Keys.ToArray())
            {
                Forget(number);
            }
        }
    }

    private OpenPack? Take(int number)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_open.TryGetValue(number, out var pack))
            {
                if (OpenAny(number) is not { } file)
                {
                    return null;
                }

                pack = new OpenPack(file);
                CloseIdlest();
                _open.Add(number, pack);
            }

            pack.Readers++;
            pack.LastUse = ++_uses;
            return pack;
        }
    }

    private void Return(OpenPack pack)
    {
        lock (_gate)
        {
            pack.Readers--;
            if (pack is { IsForgotten: true, Readers: 0 })
            {
                pack.File.Dispose();
            }
        }
    }

    private void CloseIdlest()
    {
        if (_open.Count >= OpenFilesMax)
        {
            Forget(_open.MinBy(entry => entry.Value.LastUse).Key);
        }
    }

    private IDurableFile? OpenAny(int number)
    {
        // The large name is asked for again at the end, because a part may be renamed between two questions.
        foreach (
            var name in (ReadOnlySpan<string>)[LogName(number), LargeName(number), PartName(number), LargeName(number)]
        )
        {
            try
            {
                return folder.Open(name, FileAccess.Read);
            }
            catch (DurableIOException missing) when (missing.Errno == Errnos.NoEntry)
            {
                // The next name.
            }
        }

        return null;
    }

    private sealed class OpenPack(IDurableFile file)
    {
        public IDurableFile File => file;
        public int Readers { get; set; }
        public long LastUse { get; set; }
        public bool IsForgotten { get; set; }
    }
}
