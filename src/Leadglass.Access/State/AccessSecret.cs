using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Access;

/// <summary>
/// Secrets that the archive makes: of sessions, links and programs. They have 256 random bits, so that a plain digest of
/// one tells nobody what it is.
/// </summary>
public static class AccessSecret
{
    /// <summary>Length of a secret in random bytes.</summary>
    public const int SecretBytes = 32;

    /// <summary>The most characters of a secret that is looked at.</summary>
    public const int LengthMax = 256;

    // No letter or digit that is taken for another when it is read out.
    private const string CodeAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>A new secret: 43 characters that stand in URLs and headers as they are.</summary>
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>What is kept of a secret: 64 lower-case hexadecimal digits of its SHA-256.</summary>
    public static string DigestOf(string secret) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether this is the secret of a digest; takes as long whichever it is.</summary>
    public static bool Matches(string digest, string? shown) =>
        shown is { Length: > 0 and <= LengthMax }
        && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(digest),
            Encoding.ASCII.GetBytes(DigestOf(shown))
        );

    /// <summary>A code that a person types: ten characters, 49 bits, to be kept by a slow hash and tried a few times only.</summary>
    public static string CreateCode() => RandomNumberGenerator.GetString(CodeAlphabet, 10);

    /// <summary>A code as it was meant: capitals, without spaces and hyphens.</summary>
    public static string NormalizeCode(string code) =>
        new([.. code.Where(c => c is not (' ' or '-')).Select(char.ToUpperInvariant)]);

    /// <summary>A random id that names a record and is no secret: 32 hexadecimal digits.</summary>
    public static string NewId() => Guid.NewGuid().ToString("N");
}

/// <summary>A slow hash for what people choose or type (Argon2id); the server has it.</summary>
public interface ISlowHash
{
    /// <summary>The hash of a text, with salt and parameters in it.</summary>
    string Hash(string text);

    /// <summary>Whether this is the text of a hash.</summary>
    bool Verify(string hash, string text);
}
