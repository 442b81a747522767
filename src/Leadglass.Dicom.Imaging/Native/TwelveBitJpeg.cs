using System.Runtime.InteropServices;
using JpegLibrary;

namespace Leadglass.Dicom.Imaging.Native;

/// <summary>JPEG of 12 bits with discrete cosine transform, by JpegLibrary.</summary>
internal static class TwelveBitJpeg
{
    private const int Precision = 12;
    private const int BlockSide = 8;

    public static void Decode(NativeFrame frame, ReadOnlyMemory<byte> encoded, Span<byte> native)
    {
        var samples = new ushort[frame.Rows * frame.Columns * frame.Samples];
        try
        {
            var decoder = new JpegDecoder();
            decoder.SetInput(encoded);
            decoder.Identify();
            if (
                decoder.Width != frame.Columns
                || decoder.Height != frame.Rows
                || decoder.NumberOfComponents != frame.Samples
                || decoder.Precision != Precision
                || frame.SampleBytes != 2
            )
            {
                throw PixelDataException.Malformed("JpegLibrary reads another frame than was announced.");
            }

            decoder.SetOutputWriter(new Output(frame, samples));
            decoder.Decode();
        }
        catch (Exception problem) when (problem is not PixelDataException and not OutOfMemoryException)
        {
            // It is foreign code on hostile input: whatever it throws means that there is no picture.
            throw new PixelDataException(
                PixelDataProblem.Malformed,
                "JpegLibrary cannot decode the codestream.",
                problem
            );
        }

        MemoryMarshal.AsBytes(samples.AsSpan()).CopyTo(native);
    }

    private sealed class Output(NativeFrame frame, ushort[] samples) : JpegBlockOutputWriter
    {
        public override void WriteBlock(ref short blockRef, int componentIndex, int x, int y)
        {
            var block = MemoryMarshal.CreateReadOnlySpan(ref blockRef, BlockSide * BlockSide);
            var rows = Math.Min(BlockSide, frame.Rows - y);
            var columns = Math.Min(BlockSide, frame.Columns - x);
            for (var row = 0; row < rows; row++)
            {
                var to = (((y + row) * frame.Columns) + x) * frame.Samples + componentIndex;
                foreach (var value in block.Slice(row * BlockSide, Math.Max(0, columns)))
                {
                    // The transform overshoots at edges; the library leaves that as it is.
                    samples[to] = (ushort)Math.Clamp(value, (short)0, (short)((1 << Precision) - 1));
                    to += frame.Samples;
                }
            }
        }
    }
}
