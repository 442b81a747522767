namespace Leadglass.Cli.Doctor;

/// <summary>A mounted file system, told by its device number.</summary>
/// <param name="Device">Major and minor number.</param>
/// <param name="MountPoint">Where it is mounted.</param>
internal sealed record Volume(string Device, string MountPoint)
{
    private const string MountTable = "/proc/self/mountinfo";

    /// <summary>The volume on which a path lies; null where the system does not tell.</summary>
    public static Volume? Of(string path) => File.Exists(MountTable) ? Of(path, File.ReadLines(MountTable)) : null;

    /// <summary>The volume on which a path lies, by lines of proc(5) mountinfo.</summary>
    internal static Volume? Of(string path, IEnumerable<string> mounts)
    {
        var full = Path.GetFullPath(path);
        Volume? found = null;
        foreach (var line in mounts)
        {
            // 36 35 98:0 /mnt1 /mnt2 rw,noatime ...: the third is the device, the fifth the mount point.
            if (line.Split(' ') is [_, _, var device, _, var escaped, ..])
            {
                var mountPoint = escaped.Replace("\\040", " ", StringComparison.Ordinal);
                if (Contains(mountPoint, full) && mountPoint.Length >= (found?.MountPoint.Length ?? 0))
                {
                    found = new Volume(device, mountPoint);
                }
            }
        }

        return found;
    }

    /// <summary>One device may be mounted at several places.</summary>
    public bool Equals(Volume? other) => other is not null && Device == other.Device;

    /// <inheritdoc/>
    public override int GetHashCode() => Device.GetHashCode(StringComparison.Ordinal);

    private static bool Contains(string mountPoint, string path) =>
        mountPoint == "/" || path == mountPoint || path.StartsWith(mountPoint + "/", StringComparison.Ordinal);
}
