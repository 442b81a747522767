namespace Leadglass.Dicom.Imaging;

/// <summary>What a frame may ask of this machine. Checked before memory is taken; no option removes one.</summary>
public static class PixelLimits
{
    /// <summary>
    /// Bytes of one native frame: 256 MiB. The largest mammograms and radiographs have 60 MiB, tiles of a slide less than 1.
    /// </summary>
    public const int FrameBytesMax = 256 << 20;

    /// <summary>Bytes of one encoded frame: 256 MiB, since no useful codestream is larger than what it encodes.</summary>
    public const int EncodedFrameBytesMax = 256 << 20;

    /// <summary>Rows and columns each: what VR US holds (PS3.3 C.7.6.3).</summary>
    public const int SideMax = 65_535;

    /// <summary>Samples of a pixel: 4 (CMYK and ARGB are retired and still found).</summary>
    public const int SamplesPerPixelMax = 4;

    /// <summary>Bytes that frames being decoded hold together in one process: 640 MiB; others wait.</summary>
    public const long BytesInFlightMax = 640L << 20;

    /// <summary>How long a frame waits for memory and a processor: 30 s.</summary>
    public static TimeSpan WaitingTimeMax { get; } = TimeSpan.FromSeconds(30);

    /// <summary>One frame's decoding: 30 s; a mammogram of 60 MiB takes 2.</summary>
    public static TimeSpan DecodingTimeMax { get; } = TimeSpan.FromSeconds(30);
}
