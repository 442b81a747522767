using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Native;

/// <summary>Calls the foreign decoders where it stands; in the product that is only ever a worker process.</summary>
internal static class NativeDecoding
{
    /// <summary>The library that a codec needs; null for one that comes with the program.</summary>
    public static (string File, string Package)? LibraryOf(NativeCodec codec) =>
        codec switch
        {
            NativeCodec.JpegLs => (CharLs.Library, "libcharls2"),
            NativeCodec.Jpeg2000 => (OpenJpeg.Library, "libopenjp2-7"),
            NativeCodec.Jpeg => (TurboJpeg.Library, "libturbojpeg0"),
            _ => null,
        };

    /// <summary>Loads a codec's library; false where it is not installed.</summary>
    public static bool TryLoad(NativeCodec codec) =>
        LibraryOf(codec) is not { } library
        || NativeLibrary.TryLoad(
            library.File,
            typeof(NativeDecoding).Assembly,
            DllImportSearchPath.SafeDirectories,
            out _
        );

    /// <exception cref="PixelDataException">The codestream is damaged.</exception>
    public static void Decode(NativeFrame frame, ReadOnlyMemory<byte> encoded, Span<byte> native)
    {
        switch (frame.Codec)
        {
            case NativeCodec.JpegLs:
                CharLs.Decode(frame, encoded.Span, native);
                break;
            case NativeCodec.Jpeg2000:
                OpenJpeg.Decode(frame, encoded.Span, native);
                break;
            case NativeCodec.Jpeg:
                TurboJpeg.Decode(frame, encoded.Span, native);
                break;
            case NativeCodec.JpegTwelveBits:
                TwelveBitJpeg.Decode(frame, encoded, native);
                break;
            default:
                throw PixelDataException.NotSupported($"There is no foreign decoder {(byte)frame.Codec}.");
        }
    }
}
