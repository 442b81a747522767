using System.Globalization;

namespace Leadglass.Dicom.Imaging.Tests.Peers;

/// <summary>Native pixel data, sample by sample, whatever its container.</summary>
internal static class NativePixels
{
    /// <summary><c>equal</c>, or what differs.</summary>
    public static string Compare(DataSet ours, DataSet peers)
    {
        // GDCM writes the bits that the codestream has, not those that the header says.
        var bits = Math.Min(PixelDescription.Of(ours).BitsStored, PixelDescription.Of(peers).BitsStored);
        var (our, their) = (Of(ours, bits), Of(peers, bits));
        if (our.Photometric != their.Photometric)
        {
            return $"{our.Photometric}, the peer says {their.Photometric}";
        }

        if (our.Samples.Length != their.Samples.Length)
        {
            return $"{our.Samples.Length} samples, the peer has {their.Samples.Length}";
        }

        var (count, largest) = (0, 0L);
        for (var i = 0; i < our.Samples.Length; i++)
        {
            var difference = Math.Abs((long)our.Samples[i] - their.Samples[i]);
            count += difference == 0 ? 0 : 1;
            largest = Math.Max(largest, difference);
        }

        return count == 0
            ? "equal"
            : string.Create(CultureInfo.InvariantCulture, $"{count} samples differ by up to {largest}");
    }

    private static (string? Photometric, uint[] Samples) Of(DataSet dataSet, int bits)
    {
        var description = PixelDescription.Of(dataSet);
        var bytes = dataSet.GetBytes(DicomTag.PixelData)!.Value.ToArray();
        var size = Math.Max(1, description.BitsAllocated / 8);
        var frames = (int)(bytes.LongLength * 8 / description.FrameBits);
        var samples = new uint[bytes.Length / size];
        var perFrame = (int)(description.PixelCount * description.SamplesPerPixel);
        for (var i = 0; i < samples.Length; i++)
        {
            uint sample = 0;
            for (var place = size - 1; place >= 0; place--)
            {
                sample = (sample << 8) | bytes[(i * size) + place];
            }

            samples[Place(i, perFrame, description, frames)] = sample & Mask(description, bits);
        }

        return (dataSet.GetString(DicomTag.PhotometricInterpretation), samples);
    }

    // Samples that stand by planes are put where they would stand by pixels.
    private static int Place(int index, int perFrame, PixelDescription description, int frames)
    {
        var frame = index / perFrame;
        if (!description.IsPlanar || frame >= frames)
        {
            return index;
        }

        var inFrame = index % perFrame;
        var pixels = (int)description.PixelCount;
        return (frame * perFrame) + (inFrame % pixels * description.SamplesPerPixel) + (inFrame / pixels);
    }

    // What stands above the stored bits says nothing (PS3.5 8.1.1).
    private static uint Mask(PixelDescription description, int bits) =>
        description.BitsAllocated == 1 || bits >= 32 ? uint.MaxValue : (1u << bits) - 1;
}
