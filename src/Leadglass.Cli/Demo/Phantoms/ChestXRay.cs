using static Leadglass.Cli.Demo.Phantoms.Tissue;

namespace Leadglass.Cli.Demo.Phantoms;

/// <summary>Paints a posterior-anterior chest radiograph: what weakens the beam adds up, as in a real projection.</summary>
internal static class ChestXRay
{
    public const int Size = 1024;
    public const double PixelSpacing = 0.4;

    /// <summary>The image, row by row, 12 bits, dense tissue bright (MONOCHROME2).</summary>
    public static ushort[] Paint(int seed)
    {
        var vessels = Vessels(seed);
        var pixels = new ushort[Size * Size];
        Parallel.For(
            0,
            Size,
            row =>
            {
                for (var column = 0; column < Size; column++)
                {
                    var x = (column - (Size / 2.0)) * PixelSpacing;
                    var y = (row - (Size / 2.0)) * PixelSpacing;
                    var density = Density(x, y, seed) + (vessels[(row * Size) + column] * LungCover(x, y));
                    var bright = 1 - Math.Exp(-Math.Max(0, density) * 0.9);
                    var value = 120 + (3700 * Math.Pow(bright, 1.25)) + (16 * Grain(column, row, 0, seed));
                    pixels[(row * Size) + column] = (ushort)Math.Clamp(Math.Round(value), 0, 4095);
                }
            }
        );
        return pixels;
    }

    private static double Density(double x, double y, int seed)
    {
        var side = Math.Abs(x);
        var waist = 166 + (6 * Math.Sin(y / 90)) + (90 * Math.Clamp((-96 - y) / 50, 0, 1));
        var body = Inside(side - waist, 14);
        var neck = Inside(side - 50 - (40 * Math.Clamp((y + 200) / 26, 0, 1)), 12) * Inside(y + 150, 12);
        var shoulders = Inside(-186 - y + (0.0015 * Square(side)), 10);
        var outline = Math.Max(body * shoulders, Math.Max(neck, Arms(side, y)));
        var density = outline * (1.02 + (0.05 * Clouds(x / 50, y / 50, 0, 3, seed)));

        density -= LungCover(x, y) * (0.70 - (0.05 * Clouds(x / 26, y / 26, 4, 3, seed + 1)));
        density += Mediastinum(x, y, seed);
        density += Bones(x, y, side, seed) * outline;
        density -= 0.5 * Inside(Ellipse(x, y, 74, 158, 26, 17) + (3 * Noise(x / 13, y / 13, 1, seed + 2)), 8);
        return density;
    }

    private static double Arms(double side, double y) => Inside(Segment(side, y, 150, -130, 232, -40) - 36, 12);

    /// <summary>How much aerated lung the ray meets, 0 to 1: two domed fields that end at the diaphragm.</summary>
    private static double LungCover(double x, double y)
    {
        var right = x < 0;
        var side = Math.Abs(x);
        var apex = Ellipse(side, y, 66, -6, 58 + (20 * Math.Clamp((y + 150) / 260, 0, 1)), 168, -0.07);
        var dome = right ? 88 : 100;
        var floor = y - dome - (0.0068 * Square(side - 62));
        var medial = 19 - side + (7 * Math.Exp(-Square((y + 95) / 40)));
        return Inside(apex, 9) * Inside(floor, 5) * Inside(medial, 6);
    }

    private static double Mediastinum(double x, double y, int seed)
    {
        var heart = Math.Min(Ellipse(x, y, 26, 62, 64, 44, 0.62), Ellipse(x, y, -8, 58, 39, 48, -0.1));
        var density = 0.62 * Inside(heart + (1.5 * Noise(x / 30, y / 30, 2, seed + 3)), 7);
        var shadow = Inside(Math.Abs(x) - 25 - (4 * Math.Sin(y / 33)), 8) * Inside(y - 120, 30);
        density = Math.Max(density, 0.5 * shadow);
        density = Math.Max(density, 0.58 * Inside(Ellipse(x, y, 25, -52, 18, 19), 6));
        density = Math.Max(density, 0.5 * Inside(Ellipse(x, y, 31, -18, 17, 15), 7));

        // Air in the windpipe and its two branches.
        density -= 0.24 * Inside(Math.Abs(x - 1) - 8, 4) * Inside(-y - 190, 12) * Inside(y + 36, 6);
        density -= 0.14 * Inside(Segment(x, y, 0, -38, -30, -12) - 6, 4);
        density -= 0.14 * Inside(Segment(x, y, 0, -38, 36, -6) - 5, 4);
        return density;
    }

    private static double Bones(double x, double y, double side, int seed)
    {
        var trabecula = 1 + (0.12 * Noise(x / 2.2, y / 2.2, 3, seed + 4));
        var density = Spine(x, y) + Clavicles(side, y) + ShoulderBlades(side, y);
        for (var rib = 0; rib < 10; rib++)
        {
            var top = -172 + (rib * 25.5);
            var reach = 62 + (64 * Math.Sqrt(Math.Min(1, (rib + 0.6) / 4.2)));

            // Behind: from the spine outwards and down; in front: thinner, steeper, towards the breastbone.
            var t = Math.Clamp(side / reach, 0, 1);
            var behind = top + (30 * t * t) - (16 * t) + (9 * Math.Pow(t, 6) * 2);
            density += 0.15 * Rib(y - behind, 5.6) * Inside(side - reach, 4) * Inside(13 - side, 8);
            var front = top + 62 + (44 * (1 - t)) - (30 * Square(1 - t)) - (34 * Math.Pow(t, 5));
            var end = 42 + (3.2 * rib);
            density +=
                0.10 * Rib(y - front, 6.6) * Inside(side - reach, 4) * Inside(end - side, 10) * (rib < 8 ? 1 : 0);
        }

        return density * trabecula;
    }

    /// <summary>A tube of bone across the beam: bright rims, fainter marrow.</summary>
    private static double Rib(double offset, double half)
    {
        var inside = Inside(Math.Abs(offset) - half, 2.4);
        var rim = Math.Exp(-Square((Math.Abs(offset) - half + 1) / 1.3));
        return inside * (0.62 + (0.75 * rim));
    }

    private static double Spine(double x, double y)
    {
        var level = (((y + 220) % 23.5) + 23.5) % 23.5;
        var waist = 15.5 - (2.2 * Math.Sin(level / 23.5 * Math.PI));
        var gap = Inside(Math.Abs(level - 11.75) - 9.6, 2.5);
        var body = Inside(Math.Abs(x) - waist, 3) * (0.13 + (0.11 * gap));
        var pedicles = Math.Exp(-Square(Ellipse(Math.Abs(x), level, 9.5, 8, 2.6, 3.8) / 1.2)) * 0.10;
        var process = Inside(Ellipse(x, level, 0, 15, 2, 4.5), 2) * 0.10;
        return body + pedicles + process;
    }

    private static double Clavicles(double side, double y)
    {
        var course = -152 - (0.12 * (side - 14)) - (7 * Math.Sin((side - 14) / 26));
        return 0.24 * Rib(y - course, 6.2) * Inside(side - 142, 5) * Inside(13 - side, 4);
    }

    private static double ShoulderBlades(double side, double y)
    {
        var blade = Math.Max(Ellipse(side, y, 152, -92, 26, 74, 0.22), 126 - side - ((y + 92) * 0.2));
        var rim = Math.Exp(-Square(blade / 2.2));
        var head = Ellipse(side, y, 178, -142, 19, 20);
        return (0.09 * Inside(blade, 4)) + (0.11 * rim * Inside(blade - 4, 3)) + (0.26 * Inside(head, 4));
    }

    /// <summary>Lung vessels that branch from both hila; drawn once into a map of densities.</summary>
    private static float[] Vessels(int seed)
    {
        var map = new float[Size * Size];
        for (var side = -1; side <= 1; side += 2)
        {
            for (var trunk = 0; trunk < 9; trunk++)
            {
                var angle = (side < 0 ? Math.PI : 0) + (side * (-1.25 + (trunk * 0.31)));
                var thick = 3.5 + (0.9 * Noise(trunk * 3.7, side, 5, seed + 5));
                Branch(map, side * 36, -10 + (trunk * 2.2), angle, thick, 34, seed + (trunk * 131) + side);
            }
        }

        return map;
    }

    private static void Branch(float[] map, double x, double y, double angle, double thick, double length, int seed)
    {
        if (thick < 0.42)
        {
            return;
        }

        for (double walked = 0; walked < length; walked += 0.5)
        {
            angle += 0.022 * Noise(walked / 5, thick * 9, 6, seed);
            x += Math.Cos(angle) * 0.5;
            y += Math.Sin(angle) * 0.5;
            Dab(map, x, y, thick * (1 - (0.25 * walked / length)));
        }

        var fork = 0.34 + (0.12 * Noise(seed % 97, 2, 7, seed));
        Branch(map, x, y, angle + fork, thick * 0.72, length * 0.8, (seed * 31) + 1);
        Branch(map, x, y, angle - fork, thick * 0.68, length * 0.78, (seed * 37) + 2);
    }

    private static void Dab(float[] map, double x, double y, double thick)
    {
        var reach = (int)Math.Ceiling(thick * 1.6 / PixelSpacing);
        int centreColumn = (int)((x / PixelSpacing) + (Size / 2.0)),
            centreRow = (int)((y / PixelSpacing) + (Size / 2.0));
        for (var row = Math.Max(0, centreRow - reach); row <= Math.Min(Size - 1, centreRow + reach); row++)
        {
            for (
                var column = Math.Max(0, centreColumn - reach);
                column <= Math.Min(Size - 1, centreColumn + reach);
                column++
            )
            {
                var away =
                    Square((column - (Size / 2.0)) * PixelSpacing - x)
                    + Square((row - (Size / 2.0)) * PixelSpacing - y);
                var density = (float)(0.052 * thick * Math.Exp(-away / Square(thick * 0.75)));
                ref var here = ref map[(row * Size) + column];
                here = Math.Max(here, density);
            }
        }
    }
}
