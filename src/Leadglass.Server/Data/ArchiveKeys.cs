using Leadglass.Sealing;

namespace Leadglass.Server.Data;

/// <summary>Finds and opens an archive's master key.</summary>
internal static class ArchiveKeys
{
    /// <summary>Opens the master key in the folder of keys.</summary>
    /// <exception cref="ArchiveUnavailableException">It is not there, or it is damaged.</exception>
    public static MasterKey Open(string keysFolder)
    {
        try
        {
            if (Directory.Exists(keysFolder) && MasterKeyFile.Read(DurableFolder.Open(keysFolder)) is { } master)
            {
                return master;
            }
        }
        catch (Exception failure) when (failure is SealingException or IOException or UnauthorizedAccessException)
        {
            throw new ArchiveUnavailableException(
                $"cannot open the master key in {keysFolder}: {failure.Message.TrimEnd('.')}",
                failure
            );
        }

        throw new ArchiveUnavailableException(
            $"no master key in {keysFolder}: name the folder that holds it with --keys DIR"
        );
    }

    /// <summary>Makes a master key in a folder that holds none yet.</summary>
    /// <exception cref="ArchiveUnavailableException">One is there already, or it cannot be written.</exception>
    public static MasterKey Create(string keysFolder)
    {
        DataFolder.CreatePrivateFolder(keysFolder);
        var folder = DurableFolder.Open(keysFolder);
        if (folder.Exists(MasterKeyFile.Name))
        {
            throw new ArchiveUnavailableException(
                $"{keysFolder} holds the master key of another archive: name an empty folder with --keys DIR"
            );
        }

        var master = MasterKey.Create();
        try
        {
            MasterKeyFile.Write(folder, master);
            return master;
        }
        catch (IOException failure)
        {
            master.Dispose();
            throw new ArchiveUnavailableException(
                $"cannot write the master key into {keysFolder}: {failure.Message.TrimEnd('.')}",
                failure
            );
        }
    }
}
