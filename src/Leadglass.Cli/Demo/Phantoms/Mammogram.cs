using static Leadglass.Cli.Demo.Phantoms.Tissue;

namespace Leadglass.Cli.Demo.Phantoms;

/// <summary>Paints a mediolateral oblique mammogram of a left breast: pectoral muscle, glandular tree, fine calcifications.</summary>
internal static class Mammogram
{
    public const int Columns = 832;
    public const int Rows = 1024;
    public const double PixelSpacing = 0.2;

    /// <summary>The image, row by row, 12 bits, dense tissue bright (MONOCHROME2).</summary>
    public static ushort[] Paint(int seed)
    {
        var pixels = new ushort[Columns * Rows];
        Parallel.For(
            0,
            Rows,
            row =>
            {
                for (var column = 0; column < Columns; column++)
                {
                    double x = column * PixelSpacing,
                        y = row * PixelSpacing;
                    var value = Brightness(x, y, seed) + (14 * Grain(column, row, 0, seed));
                    pixels[(row * Columns) + column] = (ushort)Math.Clamp(Math.Round(value), 0, 4095);
                }
            }
        );
        return pixels;
    }

    private static double Brightness(double x, double y, int seed)
    {
        const double nippleX = 128,
            nippleY = 118;

        // The outline bulges most at the nipple and hangs a little; above it runs out into the armpit.
        var below = y > nippleY;
        var reach = below
            ? nippleX * Math.Sqrt(Math.Max(0, 1 - Square((y - nippleY) / 72)))
            : 52 + ((nippleX - 52) * Math.Sqrt(Math.Max(0, 1 - Square((nippleY - y) / 122))));
        var depth = reach - x;
        var nipple = Ellipse(x, y, nippleX + 1, nippleY, 6, 5.5);
        var skin = Math.Min(-depth * 0.8, nipple);
        var inside = Inside(skin, 1);
        var thick = Math.Clamp(depth / 26, 0, 1);
        var density = 0.16 + (0.30 * Math.Pow(thick, 0.6));
        density += 0.26 * Math.Exp(-Square((skin + 1.1) / 0.8));
        density += 0.16 * Inside(nipple, 2.5);

        density += Glands(x, y, depth, nippleX, nippleY, seed);
        density += Pectoral(x, y, seed);
        density += Findings(x, y, seed);
        return 60 + (inside * 3600 * (1 - Math.Exp(-1.35 * density)));
    }

    private static double Glands(double x, double y, double depth, double nippleX, double nippleY, int seed)
    {
        // Ducts and lobes fan out from the nipple: noise in polar coordinates, stretched along the radius.
        double dx = nippleX - x,
            dy = y - nippleY;
        var radius = Math.Sqrt(Square(dx) + Square(dy));
        var angle = Math.Atan2(dy, Math.Max(1, dx));
        var swirl = 2.2 * Clouds(x / 22, y / 22, 1, 3, seed);
        var strands = Clouds((angle * 9) + swirl, (radius / 24) + swirl, 2, 5, seed + 1);
        var lobes = Clouds(x / 17, y / 17, 3, 5, seed + 2);
        var disc = Inside(Ellipse(x, y, 70, 106, 48, 45, 0.35) + (13 * lobes), 26) * Math.Clamp(depth / 18, 0, 1);
        var tissue = disc * Math.Max(0, 0.50 + (0.85 * lobes) + (0.7 * strands));
        var ligaments = Math.Pow(Math.Max(0, 1 - (5.5 * Math.Abs(Clouds(x / 26, y / 26, 4, 4, seed + 3)))), 3);
        var ducts = Math.Pow(Math.Max(0, 1 - (4 * Math.Abs(strands))), 4) * Math.Exp(-Square(radius / 46));
        return (0.50 * tissue) + (0.10 * ligaments * Math.Clamp(depth / 14, 0, 1)) + (0.12 * ducts);
    }

    private static double Pectoral(double x, double y, int seed)
    {
        var edge = (x * 1.75) + y - 112 + (4 * Math.Sin(y / 24));
        var fibres = 0.045 * Noise(((x * 0.9) + (y * 0.5)) / 2.6, ((y * 0.9) - (x * 0.5)) / 40, 5, seed + 4);
        return Inside(edge, 5) * (0.40 + fibres);
    }

    private static double Findings(double x, double y, int seed)
    {
        var density =
            0.30 * Inside(Ellipse(x, y, 84, 84, 5.2, 4.4, 0.5) + (0.8 * Noise(x / 3, y / 3, 6, seed + 5)), 2.4);
        for (var grain = 0; grain < 11; grain++)
        {
            var gx = 58 + (5.5 * Noise(grain * 7.3, 0.5, 7, seed + 6));
            var gy = 131 + (5.5 * Noise(0.5, grain * 5.1, 8, seed + 7));
            density += 0.9 * Math.Exp(-(Square(x - gx) + Square(y - gy)) / (0.045 + (0.02 * (grain % 3))));
        }

        var vessel = Math.Abs(y - 52 - (0.42 * x) - (4 * Math.Sin(x / 13))) - 0.9;
        return density + (0.12 * Inside(vessel, 1.6) * Inside(x - 96, 20));
    }
}
