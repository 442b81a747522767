using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Browser.Tests;

/// <summary>An authenticator app: time-based one-time passwords of RFC 6238, six digits every 30 s.</summary>
internal static class Totp
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <param name="key">the key as a person types it: base 32, with blanks or without</param>
    /// <param name="steps">0 is now, 1 the code after this one</param>
    public static string Code(string key, int steps = 0)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(
            counter,
            (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 30) + steps
        );
#pragma warning disable CA5350 // RFC 6238 and every authenticator app mean SHA-1.
        var digest = HMACSHA1.HashData(Decode(key), counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadUInt32BigEndian(digest.AsSpan(digest[^1] & 0xF)) & 0x7FFFFFFF;
        return $"{number % 1_000_000:000000}";
    }

    private static byte[] Decode(string key)
    {
        var bytes = new List<byte>();
        int buffer = 0,
            bits = 0;
        foreach (var letter in key.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit))
        {
            buffer = (buffer << 5) | Alphabet.IndexOf(letter, StringComparison.Ordinal);
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(buffer >> bits));
                buffer &= (1 << bits) - 1;
            }
        }

        return [.. bytes];
    }
}
