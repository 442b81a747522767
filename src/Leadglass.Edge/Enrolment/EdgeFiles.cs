using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>Small files of the data folder, replaced whole: written beside, flushed, renamed, the folder flushed.</summary>
internal static class EdgeFiles
{
    private const int BytesMax = 4 * 1024 * 1024;
    private const string NewSuffix = ".new";

    public static void Replace(IDurableFolder folder, string name, ReadOnlySpan<byte> content)
    {
        var fresh = name + NewSuffix;
        if (folder.Exists(fresh))
        {
            folder.Delete(fresh);
        }

        using (var file = folder.Create(fresh))
        {
            file.Write(0, content);
            file.Sync();
        }

        folder.Rename(fresh, name);
        folder.Sync();
    }

    public static byte[]? Read(IDurableFolder folder, string name)
    {
        if (!folder.Exists(name))
        {
            return null;
        }

        using var file = folder.Open(name, FileAccess.Read);
        if (file.Length > BytesMax)
        {
            throw new EdgeConfigurationException($"{name} has {file.Length} bytes, which makes no sense");
        }

        var content = new byte[file.Length];
        var count = file.Read(0, content);
        return content[..count];
    }
}
