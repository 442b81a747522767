using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Server.SignIn.People;

/// <summary>
/// Time-based one-time passwords (RFC 6238): HMAC-SHA-1, six digits, steps of 30 s, as every authenticator app does it. One
/// step to either side counts, for clocks that are off.
/// </summary>
internal static class OneTimePassword
{
    public const int Digits = 6;

    private const int StepSeconds = 30;
    private const int KeyBytes = 20;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>A new secret in Base32 (RFC 4648 6), 32 characters.</summary>
    public static string NewKey()
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        var text = new StringBuilder(KeyBytes * 8 / 5);
        for (var bit = 0; bit < KeyBytes * 8; bit += 5)
        {
            var two = (key[bit / 8] << 8) | (bit / 8 + 1 < KeyBytes ? key[bit / 8 + 1] : 0);
            text.Append(Alphabet[(two >> (11 - (bit % 8))) & 31]);
        }

        return text.ToString();
    }

    /// <summary>Which step the code is of, when it is of one that counts now; null: it is wrong.</summary>
    public static long? FindStep(string key, string code, DateTimeOffset now)
    {
        var digits = code.Where(character => !char.IsWhiteSpace(character)).Take(Digits + 1).ToArray();
        var present = now.ToUnixTimeSeconds() / StepSeconds;
        var secret = Decode(key);
        long? found = null;
        for (var step = present - 1; step <= present + 1; step++)
        {
            // All three are computed, so that time does not tell which one it was.
            if (
                CryptographicOperations.FixedTimeEquals(
                    Encoding.ASCII.GetBytes(Compute(secret, step)),
                    Encoding.UTF8.GetBytes(digits)
                )
            )
            {
                found = step;
            }
        }

        return found;
    }

    /// <summary>The code at a time.</summary>
    internal static string At(string key, DateTimeOffset when) =>
        Compute(Decode(key), when.ToUnixTimeSeconds() / StepSeconds);

    /// <summary>What an authenticator app scans (Key URI Format).</summary>
    public static string Uri(string key, string issuer, string account) =>
        $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(account)}"
        + $"?secret={key}&issuer={System.Uri.EscapeDataString(issuer)}";

    private static string Compute(byte[] secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
        Hash(secret, counter, mac);
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 15)..]) & 0x7fffffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    private static byte[] Decode(string key)
    {
        var bytes = new byte[key.Length * 5 / 8];
        var (value, bits, count) = (0, 0, 0);
        foreach (var character in key)
        {
            var digit = Alphabet.IndexOf(character, StringComparison.Ordinal);
            value = ((value << 5) | (digit >= 0 ? digit : throw new FormatException("Not Base32."))) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[count++] = (byte)(value >> bits);
            }
        }

        return bytes;
    }

#pragma warning disable CA5350 // RFC 6238 says HMAC-SHA-1, and authenticator apps know no other; HMAC does not rest on collisions.
    private static void Hash(byte[] secret, ReadOnlySpan<byte> counter, Span<byte> mac) =>
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
}
