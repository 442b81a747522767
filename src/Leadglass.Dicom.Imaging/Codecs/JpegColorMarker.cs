namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>
/// Tells a decoder what the components of a codestream mean: takes out what it would guess from, puts in an Adobe segment
/// that says it, and ends the codestream where its end is missing.
/// </summary>
internal static class JpegColorMarker
{
    // The length of the segment, "Adobe", version 100, two words of flags, and the transform.
    private static readonly byte[] AdobeSegment = [0xFF, JpegMarker.App14, 0, 14, .. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0];

    /// <summary>By how much the codestream may grow.</summary>
    public const int LengthAdded = 18;

    /// <summary>Writes the codestream anew and returns its length.</summary>
    public static int Rewrite(ReadOnlySpan<byte> codestream, Span<byte> target, bool isYcc)
    {
        codestream[..2].CopyTo(target);
        AdobeSegment.CopyTo(target[2..]);
        var length = 2 + AdobeSegment.Length;
        target[length - 1] = isYcc ? (byte)1 : (byte)0;
        var segments = new JpegSegments(codestream);
        var start = segments.Position;
        while (segments.TryRead(out var segment))
        {
            if (segment.Marker is not (JpegMarker.App0 or JpegMarker.App14))
            {
                var whole = codestream[start..segments.Position];
                whole.CopyTo(target[length..]);
                length += whole.Length;
            }

            start = segments.Position;
            if (segment.Marker == JpegMarker.StartOfScan)
            {
                break;
            }
        }

        var rest = codestream[start..];
        rest.CopyTo(target[length..]);
        length += rest.Length;
        if (rest.LastIndexOf([(byte)0xFF, JpegMarker.EndOfImage]) < 0)
        {
            target[length++] = 0xFF;
            target[length++] = JpegMarker.EndOfImage;
        }

        return length;
    }
}
