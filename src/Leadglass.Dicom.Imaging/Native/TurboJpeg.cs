using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Native;

/// <summary>JPEG of 8 bits with discrete cosine transform, by libturbojpeg 2.</summary>
internal static unsafe partial class TurboJpeg
{
    public const string Library = "libturbojpeg.so.0";

    private const int FormatRgb = 0;
    private const int FormatGray = 6;

    // TJFLAG_STOPONWARNING and TJFLAG_LIMITSCANS: what is damaged is refused, not guessed.
    private const int Flags = 8192 | 32768;

    public static void Decode(NativeFrame frame, ReadOnlySpan<byte> encoded, Span<byte> native)
    {
        var decoder = InitDecompress();
        if (decoder == 0)
        {
            throw PixelDataException.TooLarge("There is no memory for a decoder.");
        }

        try
        {
            fixed (byte* source = encoded)
            fixed (byte* target = native)
            {
                Require(
                    DecompressHeader(
                        decoder,
                        source,
                        (nuint)encoded.Length,
                        out var width,
                        out var height,
                        out _,
                        out _
                    )
                );
                if (width != frame.Columns || height != frame.Rows || native.Length < frame.Bytes)
                {
                    throw PixelDataException.Malformed("libjpeg-turbo reads another frame than was announced.");
                }

                Require(
                    Decompress(
                        decoder,
                        source,
                        (nuint)encoded.Length,
                        target,
                        width,
                        width * frame.Samples,
                        height,
                        frame.Samples == 1 ? FormatGray : FormatRgb,
                        Flags
                    )
                );
            }
        }
        finally
        {
            _ = Destroy(decoder);
        }
    }

    private static void Require(int error)
    {
        if (error != 0)
        {
            throw PixelDataException.Malformed("libjpeg-turbo cannot decode the codestream.");
        }
    }

    [LibraryImport(Library, EntryPoint = "tjInitDecompress")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint InitDecompress();

    [LibraryImport(Library, EntryPoint = "tjDecompressHeader3")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DecompressHeader(
        nint decoder,
        byte* source,
        nuint length,
        out int width,
        out int height,
        out int subsampling,
        out int colorspace
    );

    [LibraryImport(Library, EntryPoint = "tjDecompress2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Decompress(
        nint decoder,
        byte* source,
        nuint length,
        byte* target,
        int width,
        int pitch,
        int height,
        int pixelFormat,
        int flags
    );

    [LibraryImport(Library, EntryPoint = "tjDestroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Destroy(nint decoder);
}
