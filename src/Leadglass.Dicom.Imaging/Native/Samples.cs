using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Native;

/// <summary>Moves samples between containers.</summary>
internal static class Samples
{
    /// <summary>From planes, one after another, to pixels.</summary>
    public static void Interleave(ReadOnlySpan<byte> planes, Span<byte> pixels, int samples, int sampleBytes)
    {
        if (sampleBytes == 1)
        {
            Interleave(planes, pixels, samples);
        }
        else
        {
            Interleave(MemoryMarshal.Cast<byte, ushort>(planes), MemoryMarshal.Cast<byte, ushort>(pixels), samples);
        }
    }

    /// <summary>Bytes into the larger samples that are allocated, from the end on, so that both may share memory.</summary>
    public static void Widen(Span<byte> native, int count, int from, int to)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            for (var place = to - 1; place >= 0; place--)
            {
                native[(i * to) + place] = place < from ? native[(i * from) + place] : (byte)0;
            }
        }
    }

    /// <summary>Bytes of 0 or not into bits, the first in the lowest (PS3.5 8.1.1).</summary>
    public static void PackBits(ReadOnlySpan<byte> samples, Span<byte> bits)
    {
        bits.Clear();
        for (var i = 0; i < samples.Length; i++)
        {
            if (samples[i] != 0)
            {
                bits[i >> 3] |= (byte)(1 << (i & 7));
            }
        }
    }

    private static void Interleave<T>(ReadOnlySpan<T> planes, Span<T> pixels, int samples)
    {
        var count = planes.Length / samples;
        for (var sample = 0; sample < samples; sample++)
        {
            var plane = planes.Slice(sample * count, count);
            for (int i = 0, to = sample; i < plane.Length; i++, to += samples)
            {
                pixels[to] = plane[i];
            }
        }
    }
}
