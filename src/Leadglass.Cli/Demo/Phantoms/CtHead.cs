using static Leadglass.Cli.Demo.Phantoms.Tissue;

namespace Leadglass.Cli.Demo.Phantoms;

/// <summary>Paints an axial CT of a head in Hounsfield units, from the skull base upwards.</summary>
internal static class CtHead
{
    public const int Size = 256;
    public const int Slices = 24;
    public const double PixelSpacing = 0.92;
    public const double SliceSpacing = 5;

    /// <summary>One slice, row by row, in Hounsfield units.</summary>
    public static short[] Paint(int slice, int seed)
    {
        var pixels = new short[Size * Size];
        var z = (slice + 2.0) / (Slices + 1);
        Parallel.For(
            0,
            Size,
            row =>
            {
                for (var column = 0; column < Size; column++)
                {
                    var x = (column - (Size / 2.0)) * PixelSpacing;
                    var y = (row - (Size / 2.0)) * PixelSpacing;
                    var value = Head(x, y, z, seed) + (3.2 * Grain(column, row, slice, seed));
                    pixels[(row * Size) + column] = (short)Math.Clamp(Math.Round(value), -1024, 3071);
                }
            }
        );
        return pixels;
    }

    private static double Head(double x, double y, double z, int seed)
    {
        // The vault closes towards the vertex like a dome; the base is a little narrower than the widest level.
        var dome = Math.Sqrt(Math.Max(0.02, 1 - Square((z - 0.38) / 0.68)));
        var wobble = 1.2 * Noise(x / 40, y / 40, z * 3, seed);
        var narrowing = 1 - (0.10 * Math.Clamp(-y / 90, 0, 1));
        var outer = Ellipse(x / narrowing, y, 0, 2, 74 * dome, 92 * dome) + wobble;

        var value = Table(x, y);
        if (outer > 4 && z >= 0.3)
        {
            return value;
        }

        value = Over(value, -70 + (20 * Noise(x / 6, y / 6, z * 9, seed + 1)), Inside(outer, 1.2));
        value = Over(value, 45, Inside(Math.Abs(outer + 0.9) - 0.9, 1));
        var skull = outer + 5.5;
        value = Over(value, 1250, Inside(skull, 1.1));
        var diploe = Math.Abs(skull + 3.6) - (0.9 + (0.5 * Noise(x / 18, y / 18, z * 6, seed + 2)));
        value = Over(value, 480, Inside(diploe, 1.6) * Math.Clamp(z * 3, 0.2, 1));
        var inner = skull + 7 - (2.4 * Math.Clamp((0.25 - z) * 4, 0, 1));
        value = Over(value, Brain(x, y, z, inner, dome, seed), Inside(inner, 1.1));
        return z < 0.3 ? Base(x, y, z, value, seed) : value;
    }

    private static double Table(double x, double y)
    {
        var arc = Math.Sqrt(Square(x) + Square(y + 140)) - 252;
        return y > 80 ? Over(-1000, -640, Inside(Math.Abs(arc) - 1.1, 1.5)) : -1000;
    }

    private static double Brain(double x, double y, double z, double inner, double dome, int seed)
    {
        var folds = Clouds(x / 15, y / 15, z * 7, 3, seed + 3);
        var ridge = Math.Abs(Noise((x / 9) + (folds * 1.3), (y / 9) - (folds * 1.3), z * 10, seed + 4));
        var depth = -inner;

        // Cerebrospinal fluid between bone and cortex, and down into the sulci.
        var cortex = depth - 2.2;
        var value = 9.0;
        value = Over(value, 41, Inside(-cortex, 1.5));
        var sulcus = Inside(ridge - 0.085, 0.09) * Inside(depth - 17 - (5 * folds), 5) * 0.85;
        value = Over(value, 13, sulcus);
        var white = 9.5 + (4.5 * folds) + (3.2 * Noise(x / 7, y / 7, z * 9, seed + 5));
        value = Over(value, 27, Inside(white - depth, 2.4));

        value = Midline(x, y, z, depth, value);
        value = DeepStructures(x, y, z, dome, value);
        return value;
    }

    private static double Midline(double x, double y, double z, double depth, double value)
    {
        var fissure = Math.Abs(x + (0.8 * Math.Sin(y / 17))) - 1.1;
        var outsideCore = Math.Clamp((Math.Abs(y + 2) - 30) / 6, 0, 1);
        if (z > 0.72)
        {
            outsideCore = 1;
        }

        value = Over(value, 12, Inside(fissure - 0.6, 1.4) * outsideCore * 0.8);
        return Over(value, 62, Inside(fissure + 0.4, 1) * outsideCore * Inside(16 - depth, 30));
    }

    private static double DeepStructures(double x, double y, double z, double dome, double value)
    {
        var side = Math.Abs(x);
        var level = Inside(Math.Abs(z - 0.52) - 0.16, 0.12);
        if (level > 0)
        {
            value = Over(value, 41, level * Inside(Ellipse(side, y, 11, 8, 7.5, 13, 0.35), 2.5));
            value = Over(value, 42, level * Inside(Ellipse(side, y, 21, -6, 5, 15, -0.25), 2.5));
            value = Over(value, 41, level * Inside(Ellipse(side, y, 9.5, -20, 4.2, 8, -0.2), 2));
            var insula = Math.Abs(side - 33 - (0.003 * Square(y + 4))) - 1.3;
            value = Over(value, 11, level * Inside(insula, 1.6) * Inside(Math.Abs(y + 4) - 19, 6));
        }

        // Lateral ventricles: frontal horns, bodies and occipital horns, wider apart to the back.
        var ventricles = Inside(Math.Abs(z - 0.58) - 0.11, 0.1);
        if (ventricles > 0)
        {
            value = Over(value, 6, ventricles * Inside(Ellipse(side, y, 7, -23, 4.4, 12, 0.33), 1.8));
            value = Over(value, 6, ventricles * Inside(Ellipse(side, y, 9.5, 4, 3.6, 20, -0.22), 1.8) * 0.95);
            value = Over(value, 7, ventricles * Inside(Ellipse(side, y, 20, 34, 4.6, 15, -0.28), 1.8));
            value = Over(value, 150, Inside(Ellipse(side, y, 18.5, 30, 1.5, 2.6) + (30 * Math.Abs(z - 0.56)), 1.2));
        }

        var third = Inside(Math.Abs(z - 0.47) - 0.06, 0.06);
        value = Over(value, 7, third * Inside(Ellipse(x, y, 0, 3, 1.7, 12), 1.4));
        value = Over(value, 260, Inside(Ellipse(x, y, 0.5, 21, 1.6, 2) + (40 * Math.Abs(z - 0.49)), 1));

        // Brain stem, cerebellum's folia and fourth ventricle in the lowest slices.
        var low = Inside(z - 0.3, 0.08);
        value = Over(value, 33, low * Inside(Ellipse(x, y, 0, 12, 14, 12), 2));
        var folia = 34 + (5 * Math.Sin((Ellipse(side, y, 0, 40, 36 * dome, 28) * 1.5) + (x / 14)));
        value = Over(value, folia, low * Inside(Ellipse(side, y, 18, 44, 25, 21), 2.5));
        return Over(value, 7, low * Inside(Ellipse(x, y, 0, 27, 5, 3.4 + (12 * Math.Max(0, 0.2 - z))), 1.6));
    }

    private static double Base(double x, double y, double z, double value, int seed)
    {
        var side = Math.Abs(x);
        var low = Inside(z - 0.22, 0.09);

        // Petrous pyramids with air cells, then orbits with their globes, then the paranasal sinuses.
        var petrous = Ellipse(side, y, 36, 16, 25, 7, 0.55) + (1.6 * Noise(x / 6, y / 6, z * 20, seed + 6));
        value = Over(value, 1050, low * Inside(petrous, 1.8));
        var cells = Noise(x / 2.6, y / 2.6, z * 30, seed + 7);
        value = Over(value, -650, low * Inside(petrous + 4, 2) * Inside(0.25 - cells, 0.2) * Inside(44 - side, 8));
        var sphenoid = Ellipse(side, y, 30, -24, 26, 3, -0.6);
        value = Over(value, 800, low * Inside(sphenoid, 1.8));

        // The orbits close upwards like a ball, so that higher slices show their roofs only.
        low = z < 0.24 ? 1 : low;
        var orbit = Ellipse(side, y, 31, -50, 19, 21, -0.25) + (140 * Math.Max(0, z - 0.12));
        value = Over(value, 900, low * Inside(orbit - 2.2, 1.5) * Inside(y + 34, 6));
        value = Over(value, -85, low * Inside(orbit, 1.5));
        value = Over(value, 18, low * Inside(Ellipse(side, y, 32, -60, 12, 12.5), 1.2));
        value = Over(value, 95, low * Inside(Ellipse(side, y, 32, -67, 5, 2.4), 1));
        value = Over(value, 48, low * Inside(Segment(side, y, 28, -48, 15, -26) - 2, 1.4));
        value = Over(value, 55, low * Inside(Segment(side, y, 43, -56, 22, -30) - 1.5, 1.4));

        var sinus = Inside(Math.Abs(x) - 9, 3) * Inside(Math.Abs(y + 50) - 19, 3);
        var septa = Inside(Math.Abs((Math.Abs(x) % 5.2) - 2.6) - 0.45, 0.8);
        return Over(value, Over(-930, 350, septa), low * sinus);
    }
}
