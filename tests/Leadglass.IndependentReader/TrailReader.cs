using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.IndependentReader;

/// <summary>The trail of docs/storage-format.md, "Trail".</summary>
public static class TrailReader
{
    /// <summary>Every event of a trail folder in order, as JSON.</summary>
    /// <exception cref="InvalidDataException">The chain is broken.</exception>
    public static IEnumerable<string> ReadEvents(string trailFolder, KeysReader keys)
    {
        var previous = new byte[32];
        ulong sequence = 0;
        foreach (var path in Directory.EnumerateFiles(trailFolder, "*.trail").Order(StringComparer.Ordinal))
        {
            var file = uint.Parse(
                Path.GetFileNameWithoutExtension(path),
                System.Globalization.CultureInfo.InvariantCulture
            );
            var bytes = File.ReadAllBytes(path);
            if (
                !bytes.AsSpan(0, 8).SequenceEqual("LGTRAIL1"u8)
                || !bytes.AsSpan(24, 32).SequenceEqual(previous)
                || !Chain(keys, file, bytes.AsSpan(0, 56)).AsSpan().SequenceEqual(bytes.AsSpan(56, 32))
            )
            {
                throw new InvalidDataException($"file {file} does not follow the one before");
            }

            // Zeros behind the last entry are room taken ahead.
            for (var offset = 88; bytes.AsSpan(offset).ContainsAnyExcept((byte)0); )
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(offset + 4));
                var entry = bytes.AsSpan(offset, length);
                var chain = Chain(keys, file, entry[..^32]);
                if (
                    !entry[..4].SequenceEqual("LGtr"u8)
                    || BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]) != ++sequence
                    || !entry.Slice(24, 32).SequenceEqual(previous)
                    || !chain.AsSpan().SequenceEqual(entry[^32..])
                )
                {
                    throw new InvalidDataException($"entry {sequence} does not follow the one before");
                }

                var row = entry[56..^32];
                yield return Encoding.UTF8.GetString(
                    Gcm.Open(keys.TrailRowKey, row[..12].ToArray(), row[12..], entry.Slice(8, 8))
                );
                previous = chain;
                offset += length;
            }
        }
    }

    private static byte[] Chain(KeysReader keys, uint file, ReadOnlySpan<byte> bytes)
    {
        var message = new byte[4 + bytes.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(message, file);
        bytes.CopyTo(message.AsSpan(4));
        return HMACSHA256.HashData(keys.TrailChainKey, message);
    }
}
