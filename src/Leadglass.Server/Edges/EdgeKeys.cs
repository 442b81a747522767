using System.Security.Cryptography;
using System.Text;
using Leadglass.Sealing;
using Leadglass.Server.Data;

namespace Leadglass.Server.Edges;

/// <summary>
/// The key pair to which edges seal what they queue. The private half lies in <c>state/</c>, sealed under the master key, so
/// that a backup has it and a stolen copy of the data does not.
/// </summary>
internal static class EdgeKeys
{
    /// <summary>The file's name in the state folder.</summary>
    public const string FileName = "edge-key";

    /// <summary>Opens the pair of an archive, or makes it where there is none yet.</summary>
    /// <exception cref="SealingException">The file is damaged or of another master key.</exception>
    /// <exception cref="DurableIOException">It could not be written.</exception>
    public static async Task<RecipientKeyPair> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        CancellationToken cancellationToken
    )
    {
        if (await SealedFile.ReadAsync(state, FileName, master, cancellationToken) is { } stored)
        {
            try
            {
                return RecipientKeyPair.Import(stored);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(stored);
            }
        }

        var made = RecipientKeyPair.Create();
        var content = made.Export();
        SealedFile.Write(state, FileName, master, content);
        CryptographicOperations.ZeroMemory(content);
        return made;
    }

    /// <summary>The id that envelopes for an archive are bound to.</summary>
    public static Guid ArchiveId(ArchiveIdentity identity) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"leadglass archive {identity.Id}")).AsSpan(0, 16), bigEndian: true);
}
