namespace Leadglass.Cli.Demo.Phantoms;

/// <summary>Seeded noise and soft-edged shapes from which the phantoms are painted; lengths are in millimetres.</summary>
internal static class Tissue
{
    /// <summary>1 well inside (negative distance), 0 well outside, with an edge as wide as <paramref name="edge"/>.</summary>
    public static double Inside(double distance, double edge)
    {
        var t = Math.Clamp(0.5 - (distance / edge), 0, 1);
        return t * t * (3 - (2 * t));
    }

    /// <summary>Paints <paramref name="value"/> over <paramref name="below"/> where a shape covers the point.</summary>
    public static double Over(double below, double value, double coverage) => below + ((value - below) * coverage);

    /// <summary>Approximate distance to an ellipse with semi-axes a and b about a centre, turned by an angle in radians.</summary>
    public static double Ellipse(
        double x,
        double y,
        double centreX,
        double centreY,
        double a,
        double b,
        double angle = 0
    )
    {
        var (sin, cos) = Math.SinCos(angle);
        double dx = x - centreX,
            dy = y - centreY;
        double u = ((dx * cos) + (dy * sin)) / a,
            v = ((dy * cos) - (dx * sin)) / b;
        var r = Math.Sqrt((u * u) + (v * v));
        return (r - 1) * Math.Min(a, b);
    }

    /// <summary>Distance to a box with rounded corners about a centre, turned by an angle in radians.</summary>
    public static double Box(
        double x,
        double y,
        (double X, double Y) centre,
        (double Width, double Height) size,
        double corner,
        double angle = 0
    )
    {
        var (sin, cos) = Math.SinCos(angle);
        double dx = x - centre.X,
            dy = y - centre.Y;
        var u = Math.Abs((dx * cos) + (dy * sin)) - (size.Width / 2) + corner;
        var v = Math.Abs((dy * cos) - (dx * sin)) - (size.Height / 2) + corner;
        var outside = Math.Sqrt((Math.Max(u, 0) * Math.Max(u, 0)) + (Math.Max(v, 0) * Math.Max(v, 0)));
        return outside + Math.Min(Math.Max(u, v), 0) - corner;
    }

    /// <summary>Distance to the straight line between two points.</summary>
    public static double Segment(double x, double y, double x1, double y1, double x2, double y2)
    {
        double dx = x2 - x1,
            dy = y2 - y1;
        var t = Math.Clamp((((x - x1) * dx) + ((y - y1) * dy)) / Math.Max(1e-9, (dx * dx) + (dy * dy)), 0, 1);
        return Math.Sqrt(Square(x - x1 - (t * dx)) + Square(y - y1 - (t * dy)));
    }

    public static double Square(double value) => value * value;

    /// <summary>Smooth noise in [-1, 1] with features of about one unit.</summary>
    public static double Noise(double x, double y, double z, int seed)
    {
        double fx = Math.Floor(x),
            fy = Math.Floor(y),
            fz = Math.Floor(z);
        int ix = (int)fx,
            iy = (int)fy,
            iz = (int)fz;
        double u = Fade(x - fx),
            v = Fade(y - fy),
            w = Fade(z - fz);
        return Mix(Plane(ix, iy, iz, u, v, seed), Plane(ix, iy, iz + 1, u, v, seed), w);
    }

    /// <summary>Several octaves of <see cref="Noise"/>, in about [-1, 1].</summary>
    public static double Clouds(double x, double y, double z, int octaves, int seed)
    {
        double sum = 0,
            weight = 0.5;
        for (var octave = 0; octave < octaves; octave++)
        {
            sum += weight * Noise(x, y, z, seed + octave);
            weight /= 2;
            x = (x * 2.03) + 17.1;
            y = (y * 1.97) + 5.7;
            z = (z * 2.01) + 3.3;
        }

        return sum;
    }

    /// <summary>Detector noise: about normal, standard deviation 1.</summary>
    public static double Grain(int x, int y, int z, int seed) =>
        (Hash(x, y, z, seed) + Hash(x, y, z, seed + 101) + Hash(x, y, z, seed + 202)) * 1.0;

    private static double Plane(int x, int y, int z, double u, double v, int seed) =>
        Mix(
            Mix(Hash(x, y, z, seed), Hash(x + 1, y, z, seed), u),
            Mix(Hash(x, y + 1, z, seed), Hash(x + 1, y + 1, z, seed), u),
            v
        );

    private static double Mix(double a, double b, double t) => a + ((b - a) * t);

    private static double Fade(double t) => t * t * t * ((t * ((t * 6) - 15)) + 10);

    private static double Hash(int x, int y, int z, int seed)
    {
        unchecked
        {
            var h =
                ((uint)x * 0x9E3779B1u)
                ^ ((uint)y * 0x85EBCA77u)
                ^ ((uint)z * 0xC2B2AE3Du)
                ^ ((uint)seed * 0x27D4EB2Fu);
            h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
            h = (h ^ (h >> 12)) * 0x297A2D39u;
            h ^= h >> 15;
            return (h / (double)uint.MaxValue * 2) - 1;
        }
    }
}
