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
        var master = MasterKey.Create();
        try
        {
            Write(keysFolder, master);
            return master;
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>Writes a master key into a folder that holds none yet.</summary>
    /// <exception cref="ArchiveUnavailableException">One is there already, or it cannot be written.</exception>
    public static void Write(string keysFolder, MasterKey master)
    {
        DataFolder.CreatePrivateFolder(keysFolder);
        var folder = DurableFolder.Open(keysFolder);
        if (folder.Exists(MasterKeyFile.Name))
        {
            throw new ArchiveUnavailableException(
                $"{keysFolder} holds a master key already: name an empty folder with --keys DIR"
            );
        }

        try
        {
            MasterKeyFile.Write(folder, master);
        }
        catch (IOException failure)
        {
            throw new ArchiveUnavailableException(
                $"cannot write the master key into {keysFolder}: {failure.Message.TrimEnd('.')}",
                failure
            );
        }
    }
}
