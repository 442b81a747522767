using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Leadglass.Dicom.Imaging;

/// <summary>
/// Gives an encapsulated instance, or a frame of it, in Explicit VR Little Endian. One frame at a time is in memory,
/// whatever their number.
/// </summary>
public sealed class InstanceTranscoder(FrameDecoder decoder)
{
    /// <summary>Decodes one frame.</summary>
    /// <param name="number">Counted from 1.</param>
    /// <exception cref="PixelDataException">It cannot be decoded.</exception>
    public async ValueTask<DecodedFrame> DecodeFrameAsync(
        EncapsulatedInstance instance,
        int number,
        CancellationToken cancellationToken
    )
    {
        if (decoder.WhyNot(instance.TransferSyntax) is { } problem)
        {
            throw problem;
        }

        var stored = PixelDescription.Of(instance.Header);
        using var encoded = await EncodedFrame.ReadAsync(instance.Frames, number, cancellationToken);
        return await decoder.DecodeAsync(instance.TransferSyntax, stored, encoded.Memory, cancellationToken);
    }

    /// <summary>
    /// Writes the data set without file meta information. Nothing is written before the first frame is decoded, so that most
    /// failures come in time for another answer.
    /// </summary>
    /// <exception cref="PixelDataException">
    /// It cannot be decoded, or its native form is longer than the 4 GiB that an element holds (PS3.5 7.1.1).
    /// </exception>
    public async Task WriteAsync(EncapsulatedInstance instance, PipeWriter output, CancellationToken cancellationToken)
    {
        if (decoder.WhyNot(instance.TransferSyntax) is { } problem)
        {
            throw problem;
        }

        var stored = PixelDescription.Of(instance.Header);
        var count = instance.Frames.FrameCount;
        if (count != stored.FrameCount)
        {
            throw PixelDataException.Malformed(
                $"The instance has {count} frames, its header says {stored.FrameCount} (PS3.3 C.7.6.6)."
            );
        }

        var frame = await DecodeFrameAsync(instance, 1, cancellationToken);
        try
        {
            var length = PixelDataLength(frame.Description, count);
            var nested = new NestedPixels(decoder, instance.TransferSyntax);
            var header = TranscodedHeader.Of(
                await nested.DecodeAsync(instance.Header, cancellationToken),
                stored,
                frame.Description
            );
            var target = new DataSetOutput(output, instance.LongValues);
            if (!await target.WriteAsync(header, DicomTag.PixelData, cancellationToken))
            {
                return;
            }

            var expected = frame.Description;
            DataSetOutput.WriteLongHeader(output, DicomTag.PixelData, TranscodedHeader.PixelDataVr(expected), length);
            var packer = new FramePacker(output);
            for (var number = 1; ; )
            {
                if (!await packer.WriteAsync(frame, cancellationToken))
                {
                    return;
                }

                frame.Dispose();
                if (++number > count)
                {
                    break;
                }

                frame = await DecodeFrameAsync(instance, number, cancellationToken);
                if (frame.Description != expected)
                {
                    throw PixelDataException.Malformed($"Frame {number} is encoded in another way than the first.");
                }
            }

            packer.Complete();
            await target.WriteRestAsync(instance.Trailer, cancellationToken);
        }
        finally
        {
            frame.Dispose();
        }
    }

    private static uint PixelDataLength(PixelDescription description, int count)
    {
        var bytes = ((description.FrameBits * count) + 7) / 8;
        var even = bytes + (bytes & 1);
        return even < uint.MaxValue
            ? (uint)even
            : throw PixelDataException.TooLarge(
                $"Native pixel data of {count} frames has {even} bytes; an element holds less than 4 GiB (PS3.5 7.1.1). "
                    + "Retrieve frames, or the instance as it is stored."
            );
    }
}
