using System.Text;

namespace Leadglass.Interop.Tests;

/// <summary>Looks for texts and byte patterns in every encoding in which they might lie on a disk.</summary>
public sealed class CanarySearch
{
    private readonly List<(string What, byte[] Bytes)> needles = [];

    /// <summary>Adds a text: as it is, in both cases, in Unicode encodings, as hexadecimal digits and as Base64.</summary>
    public CanarySearch AddText(string name, string text)
    {
        foreach (var form in (string[])[text, text.ToUpperInvariant(), text.ToLowerInvariant()])
        {
            Add($"{name} in UTF-16", Encoding.Unicode.GetBytes(form));
            Add($"{name} in UTF-16 BE", Encoding.BigEndianUnicode.GetBytes(form));
            Add($"{name} in UTF-32", Encoding.UTF32.GetBytes(form));
            AddBytes(name, Encoding.UTF8.GetBytes(form));
            AddBytes($"{name} in Latin-1", Encoding.Latin1.GetBytes(form));
        }

        return this;
    }

    /// <summary>Adds bytes: as they are, swapped in pairs, reversed, as hexadecimal digits and as Base64.</summary>
    public CanarySearch AddBytes(string name, byte[] bytes)
    {
        Add(name, bytes);
        Add($"{name} reversed", [.. bytes.AsEnumerable().Reverse()]);
        Add($"{name} swapped", Swapped(bytes));
        Add($"{name} in hex", Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));
        Add($"{name} in hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        for (var shift = 0; shift < 3; shift++)
        {
            Add($"{name} in Base64", Encoding.ASCII.GetBytes(Base64Middle(bytes, shift)));
        }

        return this;
    }

    /// <summary>What was found in files and file names below the folders, and in further texts.</summary>
    public IReadOnlyList<string> Find(IEnumerable<string> folders, params IEnumerable<string> texts)
    {
        List<string> found = [];
        foreach (
            var path in folders.SelectMany(f =>
                Directory.EnumerateFileSystemEntries(f, "*", SearchOption.AllDirectories)
            )
        )
        {
            Look(path, Encoding.UTF8.GetBytes(path), "the name of ");
            if (IsRegularFile(path))
            {
                Look(path, ReadShared(path), "");
            }
        }

        foreach (var text in texts)
        {
            Look("the log", Encoding.UTF8.GetBytes(text), "");
        }

        return found;

        void Look(string path, byte[] bytes, string where)
        {
            foreach (var (what, needle) in needles)
            {
                if (bytes.AsSpan().IndexOf(needle) is >= 0 and var at)
                {
                    found.Add($"{what} at {at} in {where}{path}");
                }
            }
        }
    }

    private static bool IsRegularFile(string path) =>
        File.Exists(path) && File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserRead) && new FileInfo(path).Length > 0;

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }

    private void Add(string what, byte[] bytes)
    {
        if (bytes.Length >= 6 && !needles.Exists(n => n.Bytes.AsSpan().SequenceEqual(bytes)))
        {
            needles.Add((what, bytes));
        }
    }

    private static byte[] Swapped(byte[] bytes)
    {
        var swapped = (byte[])bytes.Clone();
        for (var i = 0; i + 1 < swapped.Length; i += 2)
        {
            (swapped[i], swapped[i + 1]) = (swapped[i + 1], swapped[i]);
        }

        return swapped;
    }

    /// <summary>The Base64 digits that do not depend on what stands before and after the bytes.</summary>
    private static string Base64Middle(byte[] bytes, int shift)
    {
        var digits = Convert.ToBase64String([.. new byte[shift], .. bytes]);
        var start = shift switch
        {
            0 => 0,
            1 => 2,
            _ => 3,
        };
        var whole = (shift + bytes.Length) / 3 * 4;
        return digits[start..whole];
    }
}
