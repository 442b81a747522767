using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Tests.Codecs;

/// <summary>An encoder of PS3.5 G that takes literal and repeated runs by chance, and puts in bytes that say nothing.</summary>
internal static class RleEncoder
{
    public static byte[] Encode(byte[] native, PixelDescription description, Random random)
    {
        var (samples, size) = (description.SamplesPerPixel, description.BitsAllocated / 8);
        var pixels = (int)description.PixelCount;
        var segments = new List<byte[]>();
        for (var sample = 0; sample < samples; sample++)
        {
            for (var place = size - 1; place >= 0; place--)
            {
                var plane = new byte[pixels];
                for (var i = 0; i < pixels; i++)
                {
                    var index = description.IsPlanar ? (sample * pixels) + i : (i * samples) + sample;
                    plane[i] = native[(index * size) + place];
                }

                segments.Add(Pack(plane, random));
            }
        }

        var header = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)segments.Count);
        var offset = (uint)header.Length;
        for (var i = 0; i < segments.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4 + (4 * i)), offset);
            offset += (uint)segments[i].Length;
        }

        return [.. header, .. segments.SelectMany(segment => segment)];
    }

    private static byte[] Pack(byte[] plane, Random random)
    {
        var packed = new List<byte>();
        for (var at = 0; at < plane.Length; )
        {
            var same = 1;
            while (same < 128 && at + same < plane.Length && plane[at + same] == plane[at])
            {
                same++;
            }

            if (random.Next(20) == 0)
            {
                packed.Add(0x80);
            }

            if (same > 1 && random.Next(8) > 0)
            {
                packed.AddRange([(byte)(1 - same), plane[at]]);
                at += same;
            }
            else
            {
                var run = Math.Min(random.Next(1, 129), plane.Length - at);
                packed.Add((byte)(run - 1));
                packed.AddRange(plane.AsSpan(at, run));
                at += run;
            }
        }

        if ((packed.Count & 1) == 1)
        {
            packed.Add(0);
        }

        return [.. packed];
    }
}
