using System.IO.Compression;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>Native frames in fragments (PS3.5 A.4.11), for pixel data beyond 4 GiB.</summary>
internal sealed class UncompressedFormat : IFrameFormat
{
    public NativeCodec? Native => null;

    public PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded) =>
        encoded.Length >= stored.FrameBytes
            ? stored
            : throw PixelDataException.Malformed(
                $"An uncompressed frame has {encoded.Length} bytes where {stored.FrameBytes} are needed (PS3.5 A.4.11)."
            );

    public ValueTask DecodeAsync(FrameWork work, CancellationToken cancellationToken)
    {
        work.Encoded[..work.Target.Length].CopyTo(work.Target);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Each frame a DEFLATE stream of its own (PS3.5 A.4.13, RFC 1951).</summary>
internal sealed class DeflatedFormat : IFrameFormat
{
    public NativeCodec? Native => null;

    public PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded) => stored;

    public async ValueTask DecodeAsync(FrameWork work, CancellationToken cancellationToken)
    {
        using var source = new MemoryStream(work.Encoded.ToArray(), writable: false);
        using var inflater = new DeflateStream(source, CompressionMode.Decompress);
        try
        {
            await inflater.ReadExactlyAsync(work.Target, cancellationToken);
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException)
        {
            throw new PixelDataException(
                PixelDataProblem.Malformed,
                $"A deflated frame does not give the {work.Target.Length} bytes that it should (PS3.5 A.4.13).",
                problem
            );
        }
    }
}
