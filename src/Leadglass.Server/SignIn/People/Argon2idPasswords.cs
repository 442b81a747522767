using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Leadglass.Server.SignIn.People;

/// <summary>
/// Slow hashes of passwords: Argon2id (RFC 9106) with 32 MiB and three passes, above the floor that OWASP names. Written as
/// <c>$argon2id$v=19$m=32768,t=3,p=1$salt$hash</c>, so that the cost can be raised later and old hashes still say theirs.
/// </summary>
internal static class Argon2idPasswords
{
    /// <summary>The most characters of a password; more would be work for nothing.</summary>
    public const int PasswordLengthMax = 1_024;

    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private const int HashTextLengthMax = 200;

    private static readonly Cost Present = new(MemoryKiB: 32 * 1024, Passes: 3);

    /// <summary>Nobody's: compared where there is none, so that the work is the same.</summary>
    private static readonly string Nobody = Write(
        RandomNumberGenerator.GetBytes(SaltBytes),
        RandomNumberGenerator.GetBytes(HashBytes)
    );

    /// <summary>Hashes a password with a new salt.</summary>
    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return Write(salt, Derive(password, salt, Present));
    }

    /// <summary>Whether it is the password; also how long it takes says nothing about the hash.</summary>
    public static bool Verify(string? kept, string password)
    {
        var (cost, salt, hash) = Read(kept ?? Nobody);
        var matches = CryptographicOperations.FixedTimeEquals(Derive(password, salt, cost), hash);
        return matches && kept is not null && password.Length <= PasswordLengthMax;
    }

    /// <summary>Whether the hash was made at less than today's cost.</summary>
    public static bool IsOutdated(string kept) => Read(kept).Cost != Present;

    private static byte[] Derive(string password, ReadOnlySpan<byte> salt, Cost cost)
    {
        var algorithm = new Argon2id(
            new Argon2Parameters
            {
                DegreeOfParallelism = 1,
                MemorySize = cost.MemoryKiB,
                NumberOfPasses = cost.Passes,
            }
        );
        var bytes = Encoding.UTF8.GetBytes(password.Length <= PasswordLengthMax ? password : string.Empty);
        try
        {
            return algorithm.DeriveBytes(bytes, salt, HashBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static (Cost Cost, byte[] Salt, byte[] Hash) Read(string kept)
    {
        if (
            kept.Length <= HashTextLengthMax
            && kept.Split('$') is ["", "argon2id", "v=19", var cost, var salt, var hash]
        )
        {
            var parts = cost.Split(',', '=');
            if (
                parts is ["m", var memory, "t", var passes, "p", "1"]
                && int.TryParse(memory, NumberStyles.None, CultureInfo.InvariantCulture, out var memoryKiB)
                && int.TryParse(passes, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && memoryKiB is >= 8 and <= 1024 * 1024
                && count is >= 1 and <= 16
            )
            {
                return (new Cost(memoryKiB, count), Decode(salt), Decode(hash));
            }
        }

        throw new FormatException("A kept password hash is not one of Argon2id.");
    }

    private static string Write(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> hash) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"$argon2id$v=19$m={Present.MemoryKiB},t={Present.Passes},p=1${Encode(salt)}${Encode(hash)}"
        );

    private static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] Decode(string text) =>
        Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));

    private readonly record struct Cost(int MemoryKiB, int Passes);
}
