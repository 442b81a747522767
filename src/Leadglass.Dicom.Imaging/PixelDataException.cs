namespace Leadglass.Dicom.Imaging;

/// <summary>Why a frame cannot be given decoded.</summary>
public enum PixelDataProblem
{
    /// <summary>The codestream or the attributes that describe it are damaged or contradict each other.</summary>
    Malformed,

    /// <summary>It asks for more than <see cref="PixelLimits"/> allow.</summary>
    ExceedsLimit,

    /// <summary>No decoder here knows this transfer syntax, or this variant of it.</summary>
    NotSupported,

    /// <summary>The decoder needs a library that is not installed, or a process that cannot be run; the message says which.</summary>
    LibraryMissing,

    /// <summary>Decoding took longer than <see cref="PixelLimits.DecodingTimeMax"/>.</summary>
    TimedOut,

    /// <summary>Too much is being decoded at this moment; the same request later may succeed.</summary>
    Busy,
}

/// <summary>Pixel data that cannot be decoded. The message names positions and sizes, never a value of the patient's.</summary>
public sealed class PixelDataException(PixelDataProblem problem, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public PixelDataProblem Problem { get; } = problem;

    internal static PixelDataException Malformed(string what) => new(PixelDataProblem.Malformed, what);

    internal static PixelDataException TooLarge(string what) => new(PixelDataProblem.ExceedsLimit, what);

    internal static PixelDataException NotSupported(string what) => new(PixelDataProblem.NotSupported, what);
}
