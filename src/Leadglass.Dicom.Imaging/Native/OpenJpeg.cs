using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Native;

/// <summary>JPEG 2000 and HTJ2K by libopenjp2 2.5 (ISO/IEC 15444-1, 15444-15).</summary>
internal static unsafe partial class OpenJpeg
{
    public const string Library = "libopenjp2.so.7";

    private const int CodestreamFormat = 0;

    // opj_dparameters_t has 8,250 bytes or so, two paths among them; the library fills it in.
    private const int ParametersLength = 16 * 1024;
    private const int StreamBufferLength = 64 * 1024;

    [StructLayout(LayoutKind.Sequential)]
    private struct Image
    {
        public uint X0;
        public uint Y0;
        public uint X1;
        public uint Y1;
        public uint ComponentCount;
        public int ColorSpace;
        public Component* Components;
        public byte* IccProfile;
        public uint IccProfileLength;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Component
    {
        public uint Dx;
        public uint Dy;
        public uint Width;
        public uint Height;
        public uint X0;
        public uint Y0;
        public uint Precision;
        public uint BitsPerPixel;
        public uint IsSigned;
        public uint ResolutionsDecoded;
        public uint Factor;
        public int* Data;
        public ushort Alpha;
    }

    private struct Source
    {
        public byte* Bytes;
        public nuint Length;
        public nuint Position;
    }

    public static void Decode(NativeFrame frame, ReadOnlySpan<byte> encoded, Span<byte> native)
    {
        nint codec = 0;
        nint stream = 0;
        Image* image = null;
        fixed (byte* bytes = encoded)
        {
            var source = new Source { Bytes = bytes, Length = (nuint)encoded.Length };
            try
            {
                codec = CreateCodec();
                stream = CreateStream(&source);
                Require(ReadHeader(stream, codec, out image), "refuses the header");
                RequireAgreement(frame, image);
                Require(DecodeImage(codec, stream, image), "cannot decode the codestream");
                // The end of codestream marker is often missing; every sample is there all the same.
                _ = EndDecompress(codec, stream);
                Copy(frame, image, native);
            }
            finally
            {
                DestroyImage(image);
                DestroyStream(stream);
                DestroyCodec(codec);
            }
        }
    }

    private static nint CreateCodec()
    {
        var codec = CreateDecompress(CodestreamFormat);
        Require(codec == 0 ? 0 : 1, "cannot be set up");
        Span<byte> parameters = stackalloc byte[ParametersLength];
        parameters.Clear();
        fixed (byte* pointer = parameters)
        {
            SetDefaultParameters(pointer);
            Require(SetupDecoder(codec, pointer), "cannot be set up");
        }

        // A codestream that ends too early is an error, not a picture with holes.
        Require(SetStrictMode(codec, 1), "cannot be set up");
        return codec;
    }

    private static nint CreateStream(Source* source)
    {
        var stream = StreamCreate(StreamBufferLength, 1);
        Require(stream == 0 ? 0 : 1, "cannot be set up");
        SetReadFunction(stream, &Read);
        SetSkipFunction(stream, &Skip);
        SetSeekFunction(stream, &Seek);
        SetUserData(stream, source, null);
        SetUserDataLength(stream, source->Length);
        return stream;
    }

    private static void RequireAgreement(NativeFrame frame, Image* image)
    {
        var agrees = image->ComponentCount == frame.Samples;
        for (var i = 0; agrees && i < frame.Samples; i++)
        {
            var component = image->Components[i];
            agrees =
                component is { Dx: 1, Dy: 1 }
                && component.Width == frame.Columns
                && component.Height == frame.Rows
                && component.Precision <= frame.SampleBytes * 8;
        }

        Require(agrees ? 1 : 0, "reads another frame than was announced");
    }

    private static void Copy(NativeFrame frame, Image* image, Span<byte> native)
    {
        RequireAgreement(frame, image);
        var count = frame.Rows * frame.Columns;
        for (var i = 0; i < frame.Samples; i++)
        {
            var data = image->Components[i].Data;
            Require(data == null ? 0 : 1, "left out a component");
            var plane = new ReadOnlySpan<int>(data, count);
            switch (frame.SampleBytes)
            {
                case 1:
                    Spread(plane, native, i, frame.Samples, static value => (byte)value);
                    break;
                case 2:
                    Spread(plane, MemoryMarshal.Cast<byte, ushort>(native), i, frame.Samples, static v => (ushort)v);
                    break;
                default:
                    Spread(plane, MemoryMarshal.Cast<byte, int>(native), i, frame.Samples, static value => value);
                    break;
            }
        }
    }

    private static void Spread<T>(ReadOnlySpan<int> plane, Span<T> native, int from, int step, Func<int, T> convert)
    {
        var to = from;
        foreach (var value in plane)
        {
            native[to] = convert(value);
            to += step;
        }
    }

    private static void Require(int isDone, string otherwise)
    {
        if (isDone == 0)
        {
            throw PixelDataException.Malformed($"OpenJPEG {otherwise}.");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Read(void* buffer, nuint count, void* user)
    {
        var source = (Source*)user;
        var rest = source->Length - source->Position;
        if (rest == 0)
        {
            return nuint.MaxValue;
        }

        var taken = count < rest ? count : rest;
        NativeMemory.Copy(source->Bytes + source->Position, buffer, taken);
        source->Position += taken;
        return taken;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Skip(long count, void* user)
    {
        var source = (Source*)user;
        if (count < 0 || (ulong)count > source->Length - source->Position)
        {
            return -1;
        }

        source->Position += (nuint)count;
        return count;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Seek(long position, void* user)
    {
        var source = (Source*)user;
        if (position < 0 || (ulong)position > source->Length)
        {
            return 0;
        }

        source->Position = (nuint)position;
        return 1;
    }

    [LibraryImport(Library, EntryPoint = "opj_create_decompress")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint CreateDecompress(int format);

    [LibraryImport(Library, EntryPoint = "opj_set_default_decoder_parameters")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetDefaultParameters(byte* parameters);

    [LibraryImport(Library, EntryPoint = "opj_setup_decoder")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetupDecoder(nint codec, byte* parameters);

    [LibraryImport(Library, EntryPoint = "opj_decoder_set_strict_mode")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetStrictMode(nint codec, int isStrict);

    [LibraryImport(Library, EntryPoint = "opj_stream_create")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint StreamCreate(nuint bufferLength, int isInput);

    [LibraryImport(Library, EntryPoint = "opj_stream_set_read_function")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetReadFunction(
        nint stream,
        delegate* unmanaged[Cdecl]<void*, nuint, void*, nuint> function
    );

    [LibraryImport(Library, EntryPoint = "opj_stream_set_skip_function")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetSkipFunction(nint stream, delegate* unmanaged[Cdecl]<long, void*, long> function);

    [LibraryImport(Library, EntryPoint = "opj_stream_set_seek_function")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetSeekFunction(nint stream, delegate* unmanaged[Cdecl]<long, void*, int> function);

    [LibraryImport(Library, EntryPoint = "opj_stream_set_user_data")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetUserData(nint stream, void* user, void* free);

    [LibraryImport(Library, EntryPoint = "opj_stream_set_user_data_length")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetUserDataLength(nint stream, ulong length);

    [LibraryImport(Library, EntryPoint = "opj_read_header")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ReadHeader(nint stream, nint codec, out Image* image);

    [LibraryImport(Library, EntryPoint = "opj_decode")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DecodeImage(nint codec, nint stream, Image* image);

    [LibraryImport(Library, EntryPoint = "opj_end_decompress")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EndDecompress(nint codec, nint stream);

    [LibraryImport(Library, EntryPoint = "opj_image_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void DestroyImage(Image* image);

    [LibraryImport(Library, EntryPoint = "opj_stream_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void DestroyStream(nint stream);

    [LibraryImport(Library, EntryPoint = "opj_destroy_codec")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void DestroyCodec(nint codec);
}
