using System.Globalization;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>The memory of a process that stands still, as the kernel shows it.</summary>
public static class ProcessMemory
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Gets ready to stop a process at a moment's notice.</summary>
    public static ProcessFreezer Freezer(int processId) => new(processId);

    /// <summary>Lets it go on.</summary>
    public static Task ThawAsync(int processId) => Tool.RunAsync("kill", ["-CONT", $"{processId}"]);

    /// <summary>Whether it stands still and still has its memory.</summary>
    public static bool IsFrozen(int processId) => State(processId) == 'T';

    /// <summary>Whether it has ended, collected or not.</summary>
    public static bool HasEnded(int processId) => State(processId) is 'Z' or 'X';

    /// <summary>
    /// Looks for byte patterns in every readable page, private and shared, but not in files that are only mapped.
    /// </summary>
    /// <returns>what was found, and how many bytes were looked at</returns>
    public static (IReadOnlyList<string> Found, long Bytes) Search(
        int processId,
        IReadOnlyList<(string What, byte[] Bytes)> needles
    )
    {
        List<string> found = [];
        long total = 0;
        var overlap = needles.Max(n => n.Bytes.Length) - 1;
        using var memory = new FileStream(
            $"/proc/{processId}/mem",
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite,
            bufferSize: 0
        );
        var chunk = new byte[ChunkBytes + overlap];
        foreach (var (start, end, name) in Regions(processId))
        {
            for (var at = start; at < end; at += ChunkBytes)
            {
                var length = (int)Math.Min(end - at, chunk.Length);
                var got = ReadAt(memory, chunk.AsSpan(0, length), at);
                total += Math.Min(got, ChunkBytes);
                foreach (var (what, bytes) in needles)
                {
                    if (chunk.AsSpan(0, got).IndexOf(bytes) is >= 0 and var offset)
                    {
                        found.Add(string.Create(CultureInfo.InvariantCulture, $"{what} at {at + offset:x} in {name}"));
                    }
                }
            }
        }

        return (found, total);
    }

    /// <summary>The peak of its resident memory in KiB; null where it has ended.</summary>
    public static long? PeakKibibytes(int processId)
    {
        try
        {
            var line = File.ReadLines($"/proc/{processId}/status")
                .FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null
                ? null
                : long.Parse(
                    line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
                    CultureInfo.InvariantCulture
                );
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static IEnumerable<(long Start, long End, string Name)> Regions(int processId)
    {
        foreach (var line in File.ReadAllLines($"/proc/{processId}/maps"))
        {
            var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            var name = fields.Length > 5 ? fields[5].Trim() : "memory of its own";
            var isReadable = fields[1][0] == 'r';
            var isFile =
                name.StartsWith('/') && !name.StartsWith("/memfd:", StringComparison.Ordinal) && fields[1][1] != 'w';
            if (isReadable && !isFile && name is not ("[vvar]" or "[vsyscall]" or "[vvar_vclock]"))
            {
                var range = fields[0].Split('-');
                yield return (
                    long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    name
                );
            }
        }
    }

    private static int ReadAt(FileStream memory, Span<byte> chunk, long at)
    {
        try
        {
            return RandomAccess.Read(memory.SafeFileHandle, chunk, at);
        }
        catch (IOException)
        {
            // Reserved and never touched: there is nothing to read.
            return 0;
        }
    }

    private static char State(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return 'X';
        }
    }
}

/// <summary>
/// Stops a process where it stands (SIGSTOP), at once: the shell that sends the signal is started before it is needed.
/// </summary>
public sealed class ProcessFreezer : IDisposable
{
    private readonly System.Diagnostics.Process shell;
    private readonly int processId;

    internal ProcessFreezer(int processId)
    {
        this.processId = processId;
        var start = Tool.StartInfo("sh", ["-c", "read go; kill -STOP \"$0\"", $"{processId}"], null, null);
        start.RedirectStandardInput = true;
        shell = Tool.Start(start);
    }

    /// <summary>Stops it; returns false where it had ended before.</summary>
    public async Task<bool> FreezeAsync()
    {
        shell.StandardInput.Write('\n');
        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        while (!ProcessMemory.IsFrozen(processId))
        {
            if (ProcessMemory.HasEnded(processId))
            {
                return false;
            }

            await Task.Delay(1);
        }

        return true;
    }

    public void Dispose()
    {
        if (!shell.HasExited)
        {
            shell.Kill();
        }

        shell.Dispose();
    }
}
