using Leadglass.Sealing;
using Leadglass.Server.Data;

namespace Leadglass.Server.SignIn.Secrets;

/// <summary>The small secrets of the web in <c>state/</c>, each a file sealed under the master key.</summary>
internal sealed class SealedSecrets(IDurableFolder state, MasterKey master)
{
    /// <summary>Those of an open archive.</summary>
    public static SealedSecrets Of(ArchiveHost host) => new(DurableFolder.Open(host.Folder.State), host.Master);

    /// <summary>The content of a file; null: there is none.</summary>
    /// <remarks>Who asks, Data Protection and options, cannot wait; nor is there anything to wait for in a local file.</remarks>
    /// <exception cref="SealingException">The file is damaged or of another master key.</exception>
    public byte[]? Read(string name)
    {
        var reading = SealedFile.ReadAsync(state, name, master, CancellationToken.None);
        return reading.IsCompleted ? reading.GetAwaiter().GetResult() : reading.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Replaces the content of a file durably.</summary>
    /// <exception cref="DurableIOException">It could not be written; what was there is still there.</exception>
    public void Write(string name, ReadOnlySpan<byte> content) => SealedFile.Write(state, name, master, content);
}
