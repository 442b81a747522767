using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Sealing;

/// <summary>The master key as a file of its own in the keys folder, which belongs on another volume than the data.</summary>
public static class MasterKeyFile
{
    /// <summary>The file's name in the keys folder.</summary>
    public const string Name = "master.key";

    private const string FirstLine = "leadglass master key 1";
    private const int FileBytesMax = 1024;

    /// <summary>Writes a new master key file (0600), durably.</summary>
    /// <exception cref="DurableIOException">There is one already, or it cannot be written.</exception>
    public static void Write(IDurableFolder keys, MasterKey master)
    {
        var secret = Convert.ToHexStringLower(master.Secret);
        var text = Encoding.ASCII.GetBytes($"{FirstLine}\nid {master.Id}\nkey {secret}\n");
        try
        {
            using (var file = keys.Create(Name))
            {
                file.Write(0, text);
                file.Sync();
            }

            keys.Sync();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Reads the master key, or gives null where the folder holds none.</summary>
    /// <exception cref="SealedFormatException">The file is not a master key file, or was changed.</exception>
    public static MasterKey? Read(IDurableFolder keys)
    {
        if (!keys.Exists(Name))
        {
            return null;
        }

        var bytes = new byte[FileBytesMax];
        using var file = keys.Open(Name, FileAccess.Read);
        var count = file.Read(0, bytes);
        try
        {
            return Parse(Encoding.ASCII.GetString(bytes, 0, count));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static MasterKey Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (
            lines is not [FirstLine, ['i', 'd', ' ', .. var idText], ['k', 'e', 'y', ' ', .. var keyText]]
            || keyText.Length != MasterKey.SizeBytes * 2
            || !UInt128.TryParse(idText, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
        )
        {
            throw new SealedFormatException($"{Name} is not a master key file of a version known here");
        }

        Span<byte> secret = stackalloc byte[MasterKey.SizeBytes];
        if (Convert.FromHexString(keyText, secret, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            throw new SealedFormatException($"{Name}: the key is not hexadecimal");
        }

        var master = new MasterKey(secret);
        CryptographicOperations.ZeroMemory(secret);
        if (master.Id.Value == id)
        {
            return master;
        }

        master.Dispose();
        throw new SealedFormatException(
            $"{Name}: the key does not belong to its id; restore the file or use the recovery key"
        );
    }
}
