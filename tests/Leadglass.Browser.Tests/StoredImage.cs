using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Browser.Tests;

/// <summary>A real grey image, decoded by DCMTK, and its values between the pixels.</summary>
internal sealed class StoredImage
{
    private readonly ushort[] values;

    private StoredImage(RawFile file, byte[] pixels)
    {
        StudyUid = file.StudyInstanceUid!;
        Rows = Number(file, 0x00280010);
        Columns = Number(file, 0x00280011);
        values = new ushort[Rows * Columns];
        Buffer.BlockCopy(pixels, 0, values, 0, values.Length * 2);
    }

    public string StudyUid { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Decodes a lossless JPEG of one frame, 16 bits allocated, unsigned, no rescaling.</summary>
    public static async Task<StoredImage> DecodeAsync(string path)
    {
        using var scratch = new ScratchFolder("decoded");
        var plain = scratch.File("plain.dcm");
        var result = await Dcmtk.RunAsync("dcmdjpeg", [path, plain]);
        Assert.True(result.ExitCode == 0, result.ToString());
        var file = RawFile.TryRead(plain)!;
        var pixels = RawElements
            .Walk(file.DataSet, isExplicit: true, before: uint.MaxValue)
            .Single(element => element.Tag == 0x7FE00010);
        return new StoredImage(file, file.DataSet.AsSpan(pixels.ValueOffset, pixels.ValueLength).ToArray());
    }

    /// <summary>Between pixels, as a graphics processor interpolates: linearly in both directions.</summary>
    public double Value(double x, double y)
    {
        var (left, top) = ((int)x, (int)y);
        var (right, bottom) = (Math.Min(left + 1, Columns - 1), Math.Min(top + 1, Rows - 1));
        var (across, along) = (x - left, y - top);
        var above = (At(left, top) * (1 - across)) + (At(right, top) * across);
        var below = (At(left, bottom) * (1 - across)) + (At(right, bottom) * across);
        return (above * (1 - along)) + (below * along);
    }

    private double At(int x, int y) => values[(y * Columns) + x];

    private static int Number(RawFile file, uint tag)
    {
        var element = file.Elements.Single(e => e.Tag == tag);
        return BitConverter.ToUInt16(file.DataSet, element.ValueOffset);
    }
}
