namespace Leadglass.Server.Data;

/// <summary>
/// Where an archive's master key lies: outside the data folder, so that a copy of the data is worth nothing.
/// </summary>
public static class KeysFolder
{
    /// <summary>
    /// The folder named now, or the one named when the archive was made, or the default: /etc/leadglass/ID for root, else
    /// below the user's configuration folder.
    /// </summary>
    public static string Resolve(ArchiveIdentity identity, string? named, HostEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(environment);
        if (named is not null)
        {
            return Path.GetFullPath(named);
        }

        return identity.Keys
            ?? Path.Combine(
                environment.IsRoot ? "/etc" : environment.Folder("XDG_CONFIG_HOME", ".config"),
                "leadglass",
                identity.Id
            );
    }
}
