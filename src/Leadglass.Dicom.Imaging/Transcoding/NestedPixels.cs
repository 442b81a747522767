namespace Leadglass.Dicom.Imaging;

/// <summary>
/// Pixel data within items, such as icons (PS3.3 C.7.6.1.1.6), which beside native pixel data must be native too (PS3.5
/// A.4). What cannot be decoded is left out with its sequence: an icon is made for convenience and says nothing new.
/// </summary>
internal sealed class NestedPixels(FrameDecoder decoder, TransferSyntax syntax)
{
    private const int ImagesMax = 64;
    private const int FrameBytesMax = 4 << 20;
    private const int DepthMax = 16;

    private int _images;

    /// <summary>The data set itself, or where something had to be decoded a copy.</summary>
    public ValueTask<DataSet> DecodeAsync(DataSet dataSet, CancellationToken cancellationToken) =>
        DecodeAsync(dataSet, DepthMax, cancellationToken);

    private static bool IsTouched(DataSet dataSet, int depth) =>
        depth > 0
        && dataSet
            .OfType<SequenceElement>()
            .Any(sequence =>
                sequence.Items.Any(item => item.OfType<FragmentsElement>().Any() || IsTouched(item, depth - 1))
            );

    private async ValueTask<DataSet> DecodeAsync(DataSet dataSet, int depth, CancellationToken cancellationToken)
    {
        if (!IsTouched(dataSet, depth))
        {
            return dataSet;
        }

        var copy = new DataSet();
        foreach (var element in dataSet)
        {
            if (element is not SequenceElement sequence)
            {
                copy.Set(element);
            }
            else if (await DecodeItemsAsync(sequence, depth - 1, cancellationToken) is { } items)
            {
                copy.Set(items);
            }
        }

        return copy;
    }

    private async ValueTask<SequenceElement?> DecodeItemsAsync(
        SequenceElement sequence,
        int depth,
        CancellationToken cancellationToken
    )
    {
        var items = new List<DataSet>(sequence.Items.Count);
        foreach (var item in sequence.Items)
        {
            var inner = await DecodeAsync(item, depth, cancellationToken);
            if (inner.OfType<FragmentsElement>().FirstOrDefault() is { } pixels)
            {
                if (await TryDecodeImageAsync(inner, pixels, cancellationToken) is not { } image)
                {
                    return null;
                }

                inner = image;
            }

            items.Add(inner);
        }

        return items.SequenceEqual(sequence.Items) ? sequence : new SequenceElement(sequence.Tag, items);
    }

    private async ValueTask<DataSet?> TryDecodeImageAsync(
        DataSet item,
        FragmentsElement pixels,
        CancellationToken cancellationToken
    )
    {
        if (pixels.Tag != DicomTag.PixelData || ++_images > ImagesMax)
        {
            return null;
        }

        try
        {
            var stored = PixelDescription.Of(item);
            if (stored.FrameBytes > FrameBytesMax || stored.FrameCount > 1)
            {
                return null;
            }

            var encoded = pixels.Fragments.SelectMany(fragment => fragment.ToArray()).ToArray();
            using var frame = await decoder.DecodeAsync(syntax, stored, encoded, cancellationToken);
            var image = TranscodedHeader.Of(item, stored, frame.Description);
            image.SetBytes(DicomTag.PixelData, TranscodedHeader.PixelDataVr(frame.Description), frame.Bytes.ToArray());
            return image;
        }
        catch (PixelDataException)
        {
            return null;
        }
    }
}
