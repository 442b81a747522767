using System.Text;
using Leadglass.Server.SignIn.Secrets;

namespace Leadglass.Server.SignIn.Provider;

/// <summary>The secret with which the archive proves itself at the hospital's provider: sealed, in no configuration.</summary>
internal sealed class ProviderSecret(SealedSecrets secrets)
{
    /// <summary>The file's name in the state folder.</summary>
    public const string FileName = "provider-secret";

    /// <summary>The most characters of one.</summary>
    public const int LengthMax = 1_024;

    /// <summary>The secret; null: none was given, and the archive is a public client with PKCE.</summary>
    public string? Read() =>
        secrets.Read(FileName) is { Length: > 0 } content ? Encoding.UTF8.GetString(content) : null;

    /// <summary>Replaces it; empty takes it away.</summary>
    public void Write(string secret) => secrets.Write(FileName, Encoding.UTF8.GetBytes(secret));
}
