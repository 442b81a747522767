using System.Buffers;
using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Native;

/// <summary>JPEG-LS by libcharls 2 (ISO/IEC 14495-1).</summary>
internal static unsafe partial class CharLs
{
    public const string Library = "libcharls.so.2";

    private const int InterleaveNone = 0;
    private const int NoMarkerFound = 12;

    [StructLayout(LayoutKind.Sequential)]
    private struct FrameInfo
    {
        public uint Width;
        public uint Height;
        public int BitsPerSample;
        public int ComponentCount;
    }

    public static void Decode(NativeFrame frame, ReadOnlySpan<byte> encoded, Span<byte> native)
    {
        var error = TryDecode(frame, encoded, native);
        if (error == NoMarkerFound)
        {
            // Some encoders put zeros between the last scan and the end of the image.
            error = TryDecode(frame, WithoutZerosAtEnd(encoded), native);
        }

        if (error != 0)
        {
            throw PixelDataException.Malformed($"CharLS refuses the codestream with error {error}.");
        }
    }

    private static byte[] WithoutZerosAtEnd(ReadOnlySpan<byte> encoded)
    {
        ReadOnlySpan<byte> end = [0xFF, 0xD9];
        var scans = encoded[..Math.Max(0, encoded.LastIndexOf(end))].TrimEnd((byte)0);
        return [.. scans, .. end];
    }

    private static int TryDecode(NativeFrame frame, ReadOnlySpan<byte> encoded, Span<byte> native)
    {
        var decoder = Create();
        if (decoder == 0)
        {
            throw PixelDataException.TooLarge("There is no memory for a decoder.");
        }

        try
        {
            fixed (byte* source = encoded)
            {
                var (info, mode) = (default(FrameInfo), InterleaveNone);
                int error;
                if (
                    (error = SetSource(decoder, source, (nuint)encoded.Length)) != 0
                    || (error = ReadHeader(decoder)) != 0
                    || (error = GetFrameInfo(decoder, out info)) != 0
                    || (error = GetInterleaveMode(decoder, out mode)) != 0
                )
                {
                    return error;
                }

                RequireAgreement(frame, info);
                return mode == InterleaveNone && frame.Samples > 1
                    ? DecodePlanes(decoder, frame, native)
                    : DecodeTo(decoder, native);
            }
        }
        finally
        {
            Destroy(decoder);
        }
    }

    private static void RequireAgreement(NativeFrame frame, FrameInfo info)
    {
        if (
            info.Width != frame.Columns
            || info.Height != frame.Rows
            || info.ComponentCount != frame.Samples
            || (info.BitsPerSample + 7) / 8 != frame.SampleBytes
        )
        {
            throw PixelDataException.Malformed("CharLS reads another frame than was announced.");
        }
    }

    private static int DecodePlanes(nint decoder, NativeFrame frame, Span<byte> native)
    {
        var planes = ArrayPool<byte>.Shared.Rent(native.Length);
        try
        {
            var error = DecodeTo(decoder, planes.AsSpan(0, native.Length));
            if (error == 0)
            {
                Samples.Interleave(planes.AsSpan(0, native.Length), native, frame.Samples, frame.SampleBytes);
            }

            return error;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(planes);
        }
    }

    private static int DecodeTo(nint decoder, Span<byte> target)
    {
        var error = GetDestinationSize(decoder, 0, out var size);
        if (error != 0)
        {
            return error;
        }

        if (size > (nuint)target.Length)
        {
            throw PixelDataException.Malformed("CharLS would write more than was announced.");
        }

        fixed (byte* destination = target)
        {
            return DecodeToBuffer(decoder, destination, (nuint)target.Length, 0);
        }
    }

    [LibraryImport(Library, EntryPoint = "charls_jpegls_decoder_create")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Create();

    [LibraryImport(Library, EntryPoint = "charls_jpegls_decoder_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Destroy(nint decoder);

    [LibraryImport(Library, EntryPoint = "charls_jpegls_decoder_set_source_buffer")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetSource(nint decoder, byte* source, nuint length);

    [LibraryImport(Library, EntryPoint = "charls_jpegls_decoder_read_header")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ReadHeader(nint decoder);

    [LibraryImport(Library, EntryPoint = "charls_jpegls_decoder_get_frame_info")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetFrameInfo(nint decoder, out FrameInfo info);

    [LibraryImport(Library, EntryPoint = "charls_jpegls_decoder_get_interleave_mode")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetInterleaveMode(nint decoder, out int mode);

    [LibraryImport(Library, EntryPoint = "charls_jpegls_decoder_get_destination_size")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetDestinationSize(nint decoder, uint stride, out nuint size);

    [LibraryImport(Library, EntryPoint = "charls_jpegls_decoder_decode_to_buffer")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DecodeToBuffer(nint decoder, byte* destination, nuint length, uint stride);
}
