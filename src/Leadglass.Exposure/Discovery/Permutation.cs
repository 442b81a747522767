using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Leadglass.Exposure;

/// <summary>
/// A permutation of 0 to N-1 that needs no memory: a Feistel network over the next even number of bits, walked along its
/// cycle until it falls below N (three times on average at most). It spreads load; it keeps no secret.
/// </summary>
internal sealed class Permutation
{
    /// <summary>Length of a seed, bytes.</summary>
    public const int SeedBytes = 32;

    /// <summary>Largest size.</summary>
    public const ulong SizeMax = 1UL << 62;

    private const int Rounds = 6;

    private readonly ulong[] _keys = new ulong[Rounds];
    private readonly int _halfBits;
    private readonly ulong _mask;

    /// <param name="size">How many, 1 to 2^62.</param>
    /// <param name="seed">Which permutation, 32 bytes.</param>
    /// <param name="purpose">Keeps apart permutations of one seed.</param>
    public Permutation(ulong size, ReadOnlySpan<byte> seed, byte purpose)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, SizeMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(seed.Length, SeedBytes);
        Size = size;
        var bits = 64 - BitOperations.LeadingZeroCount(size - 1);
        _halfBits = Math.Max(1, (bits + 1) / 2);
        _mask = (1UL << _halfBits) - 1;
        Span<byte> keyed = stackalloc byte[SeedBytes + 2];
        seed.CopyTo(keyed);
        keyed[^2] = purpose;
        for (var round = 0; round < Rounds; round++)
        {
            keyed[^1] = (byte)round;
            _keys[round] = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(keyed));
        }
    }

    /// <summary>How many.</summary>
    public ulong Size { get; }

    /// <summary>What stands at a place.</summary>
    /// <param name="place">0 to <see cref="Size"/> - 1.</param>
    public ulong At(ulong place)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, Size);
        do
        {
            place = Step(place);
        } while (place >= Size);
        return place;
    }

    private ulong Step(ulong value)
    {
        var left = value >> _halfBits;
        var right = value & _mask;
        foreach (var key in _keys)
        {
            (left, right) = (right, left ^ (Mix(right, key) & _mask));
        }
        return (left << _halfBits) | right;
    }

    // A multiply and shift mixer: every bit of the half reaches every bit of the result.
    private static ulong Mix(ulong value, ulong key)
    {
        value ^= key;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
