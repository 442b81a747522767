using System.Security.Cryptography;
using Leadglass.Sealing;
using Microsoft.IdentityModel.Tokens;

namespace Leadglass.Server.SignIn.Secrets;

/// <summary>
/// The keys that the OAuth 2.0 server asks for. Tokens given out are references and are neither signed nor encrypted, yet
/// nothing runs on a key that was made for development: these are random and lie sealed in <c>state/</c>.
/// </summary>
internal sealed class TokenServerKeys : IDisposable
{
    /// <summary>The file's name in the state folder.</summary>
    public const string FileName = "token-server-keys";

    private const int EncryptionKeyBytes = 32;

    private readonly ECDsa _signing;

    private TokenServerKeys(ECDsa signing, byte[] encryption)
    {
        _signing = signing;
        Signing = new ECDsaSecurityKey(signing);
        Encryption = new SymmetricSecurityKey(encryption);
    }

    /// <summary>ECDSA on P-256.</summary>
    public ECDsaSecurityKey Signing { get; }

    /// <summary>256 bits.</summary>
    public SymmetricSecurityKey Encryption { get; }

    /// <summary>Opens them, or makes them where there are none.</summary>
    /// <exception cref="SealingException">The file is damaged or of another master key.</exception>
    /// <exception cref="DurableIOException">They could not be written.</exception>
    public static TokenServerKeys Open(SealedSecrets secrets)
    {
        var content = secrets.Read(FileName) ?? Create(secrets);
        var signing = ECDsa.Create();
        try
        {
            signing.ImportPkcs8PrivateKey(content.AsSpan(EncryptionKeyBytes), out _);
            return new TokenServerKeys(signing, content[..EncryptionKeyBytes]);
        }
        catch
        {
            signing.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    public void Dispose() => _signing.Dispose();

    private static byte[] Create(SealedSecrets secrets)
    {
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] content = [.. RandomNumberGenerator.GetBytes(EncryptionKeyBytes), .. signing.ExportPkcs8PrivateKey()];
        secrets.Write(FileName, content);
        return content;
    }
}
