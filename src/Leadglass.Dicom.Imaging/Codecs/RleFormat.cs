using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>
/// RLE Lossless (PS3.5 G): every byte of every sample is a plane of its own, the most significant first, packed as runs.
/// </summary>
internal sealed class RleFormat : IFrameFormat
{
    private const int HeaderLength = 64;
    private const int SegmentsMax = 15;

    public NativeCodec? Native => null;

    public PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded)
    {
        if (stored.Photometric.IsSubsampledBy2)
        {
            throw PixelDataException.NotSupported("RLE of subsampled colour is not defined (PS3.5 8.2.2).");
        }

        var expected = stored.SamplesPerPixel * stored.SampleBytes;
        if (expected > SegmentsMax)
        {
            throw PixelDataException.NotSupported($"RLE holds {SegmentsMax} bytes per pixel at most (PS3.5 G.5).");
        }

        if (encoded.Length < HeaderLength)
        {
            throw PixelDataException.Malformed(
                $"An RLE frame of {encoded.Length} bytes has no room for its header (PS3.5 G.5)."
            );
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(encoded);
        return count == expected
            ? stored
            : throw PixelDataException.Malformed($"An RLE frame has {count} segments where {expected} are needed.");
    }

    public ValueTask DecodeAsync(FrameWork work, CancellationToken cancellationToken)
    {
        Decode(work.Decoded, work.Encoded.Span, work.Target.Span, cancellationToken);
        return ValueTask.CompletedTask;
    }

    private static void Decode(
        PixelDescription decoded,
        ReadOnlySpan<byte> encoded,
        Span<byte> native,
        CancellationToken cancellationToken
    )
    {
        var sampleBytes = decoded.SampleBytes;
        var samples = decoded.SamplesPerPixel;
        var planeLength = decoded.BitsAllocated == 1 ? decoded.FrameBytes / samples : (int)decoded.PixelCount;
        var (stride, sampleStep) = decoded.IsPlanar
            ? (sampleBytes, planeLength * sampleBytes)
            : (sampleBytes * samples, sampleBytes);
        for (var sample = 0; sample < samples; sample++)
        {
            for (var place = 0; place < sampleBytes; place++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var segment = Segment(encoded, (sample * sampleBytes) + place, samples * sampleBytes);
                var start = (sample * sampleStep) + (sampleBytes - 1 - place);
                Unpack(segment, native[start..], stride, planeLength);
            }
        }
    }

    private static ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> encoded, int index, int count)
    {
        var start = BinaryPrimitives.ReadUInt32LittleEndian(encoded[(4 + (index * 4))..]);
        var end =
            index + 1 < count
                ? BinaryPrimitives.ReadUInt32LittleEndian(encoded[(8 + (index * 4))..])
                : (uint)encoded.Length;
        return start >= HeaderLength && start <= end && end <= encoded.Length
            ? encoded[(int)start..(int)end]
            : throw PixelDataException.Malformed($"RLE segment {index} lies outside of its frame (PS3.5 G.5).");
    }

    // PS3.5 G.3.2: a count byte n, then n + 1 literal bytes, or one byte 1 - n times; -128 does nothing.
    private static void Unpack(ReadOnlySpan<byte> packed, Span<byte> target, int stride, int length)
    {
        var (at, done) = (0, 0);
        while (done < length)
        {
            if (at + 1 >= packed.Length)
            {
                throw PixelDataException.Malformed($"An RLE segment ends after {done} of {length} bytes (PS3.5 G.3).");
            }

            var n = (sbyte)packed[at++];
            if (n == -128)
            {
                continue;
            }

            if (n >= 0)
            {
                // Bytes beyond the plane are padding of careless encoders.
                var run = Math.Min(Math.Min(n + 1, packed.Length - at), length - done);
                Copy(packed.Slice(at, run), target, stride, done);
                at += n + 1;
                done += run;
            }
            else
            {
                var run = Math.Min(1 - n, length - done);
                Fill(packed[at++], target, stride, done, run);
                done += run;
            }
        }
    }

    private static void Copy(ReadOnlySpan<byte> source, Span<byte> target, int stride, int from)
    {
        if (stride == 1)
        {
            source.CopyTo(target[from..]);
            return;
        }

        var to = from * stride;
        foreach (var value in source)
        {
            target[to] = value;
            to += stride;
        }
    }

    private static void Fill(byte value, Span<byte> target, int stride, int from, int run)
    {
        if (stride == 1)
        {
            target.Slice(from, run).Fill(value);
            return;
        }

        var end = (from + run) * stride;
        for (var to = from * stride; to < end; to += stride)
        {
            target[to] = value;
        }
    }
}
