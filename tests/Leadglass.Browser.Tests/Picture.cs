using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>What stands in a canvas: red, green, blue and opacity of every pixel.</summary>
internal sealed class Picture
{
    private const string Read = """
        canvas => {
          const copy = document.createElement('canvas');
          copy.width = canvas.width;
          copy.height = canvas.height;
          const pen = copy.getContext('2d');
          pen.drawImage(canvas, 0, 0);
          const bytes = pen.getImageData(0, 0, copy.width, copy.height).data;
          let text = '';
          for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode.apply(null, bytes.subarray(i, i + 32768));
          return `${copy.width} ${copy.height} ${btoa(text)}`;
        }
        """;

    private readonly byte[] pixels;

    private Picture(int width, int height, byte[] pixels)
    {
        Width = width;
        Height = height;
        this.pixels = pixels;
    }

    public int Width { get; }

    public int Height { get; }

    public static async Task<Picture> OfAsync(ILocator canvas)
    {
        var parts = (await canvas.EvaluateAsync<string>(Read)).Split(' ');
        return new Picture(int.Parse(parts[0]), int.Parse(parts[1]), Convert.FromBase64String(parts[2]));
    }

    /// <summary>
    /// How far the picture is from an image of so many rows and columns that fills the height or width of the canvas: the
    /// mean distance of a channel in grey levels, over all pixels that lie inside. The canvas may count an image from the
    /// middle or from the edge of its outer pixels; whichever fits better counts.
    /// </summary>
    /// <param name="expected">grey levels of red, green and blue at a column and row of the image</param>
    public double DistanceFrom(int rows, int columns, Func<double, double, (double R, double G, double B)> expected) =>
        Math.Min(Distance(rows, columns, 0, expected), Distance(rows, columns, 1, expected));

    private double Distance(
        int rows,
        int columns,
        int lost,
        Func<double, double, (double R, double G, double B)> expected
    )
    {
        var scale = Math.Min((double)Height / (rows - lost), (double)Width / (columns - lost));
        double sum = 0;
        var count = 0;
        // Every third pixel in both directions is enough, and three times three quicker.
        for (var y = 0; y < Height; y += 3)
        {
            var row = ((y + 0.5 - (Height / 2.0)) / scale) + ((rows - 1) / 2.0);
            for (var x = 0; x < Width; x += 3)
            {
                var column = ((x + 0.5 - (Width / 2.0)) / scale) + ((columns - 1) / 2.0);
                if (row < 2 || column < 2 || row > rows - 3 || column > columns - 3)
                {
                    continue;
                }

                var (red, green, blue) = expected(column, row);
                var at = ((y * Width) + x) * 4;
                sum += Math.Abs(pixels[at] - red) + Math.Abs(pixels[at + 1] - green) + Math.Abs(pixels[at + 2] - blue);
                count += 3;
            }
        }

        return count == 0 ? double.PositiveInfinity : sum / count;
    }
}
