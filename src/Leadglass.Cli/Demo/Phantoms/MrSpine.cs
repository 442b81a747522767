using static Leadglass.Cli.Demo.Phantoms.Tissue;

namespace Leadglass.Cli.Demo.Phantoms;

/// <summary>Paints a sagittal, T2-weighted MR of a lumbar spine, from the patient's right to the left.</summary>
internal static class MrSpine
{
    public const int Size = 320;
    public const int Slices = 11;
    public const double PixelSpacing = 0.9;
    public const double SliceSpacing = 4.4;

    /// <summary>Bodies from the eleventh thoracic to the first sacral vertebra: centre, turn and height in millimetres.</summary>
    private static readonly Vertebra[] Vertebrae = LayOut();

    /// <summary>One slice, row by row, in arbitrary units from 0 to 4095.</summary>
    public static short[] Paint(int slice, int seed)
    {
        var pixels = new short[Size * Size];
        var lateral = (slice - (Slices / 2)) * SliceSpacing;
        Parallel.For(
            0,
            Size,
            row =>
            {
                for (var column = 0; column < Size; column++)
                {
                    var x = (column - (Size / 2.0)) * PixelSpacing;
                    var y = (row - (Size / 2.0)) * PixelSpacing;

                    // A surface coil sees the back better than the belly.
                    var coil = 0.42 + (0.75 * Math.Exp(-Square((x - 62) / 105)) * Math.Exp(-Square(y / 190)));
                    var signal = Body(x, y, lateral, seed) * coil;
                    var noisy = Math.Sqrt(
                        Square(signal + (13 * Grain(column, row, slice, seed)))
                            + Square(13 * Grain(column, row, slice, seed + 1))
                    );
                    pixels[(row * Size) + column] = (short)Math.Clamp(Math.Round(noisy), 0, 4095);
                }
            }
        );
        return pixels;
    }

    private static Vertebra[] LayOut()
    {
        const int count = 9;
        var result = new Vertebra[count];
        double x = 4,
            y = -152;
        for (var index = 0; index < count; index++)
        {
            // Thoracolumbar kyphosis runs over into the lordosis of the lower levels and the steep sacrum.
            var turn = index switch
            {
                < 3 => 0.10 - (0.06 * index),
                < 7 => -0.06 - (0.005 * index) + (0.13 * (index - 4)),
                7 => 0.62,
                _ => 1.02,
            };
            var height = 24 + (0.8 * Math.Min(index, 6));
            result[index] = new Vertebra(x, y, turn, height, 30 + Math.Min(index, 6));
            var step = height + (index >= 6 ? 8 : 9.5);
            x += Math.Sin(turn + 0.06) * step * 0.9;
            y += Math.Cos(turn) * step;
        }

        return result;
    }

    private static double Body(double x, double y, double lateral, int seed)
    {
        var skin = x - 112 - (10 * Math.Sin((y + 40) / 75));
        var front = -118 - (12 * Math.Sin((y - 30) / 90)) - x;
        var value = 12.0;
        if (skin > 4)
        {
            return value;
        }

        var streaks = Noise(x / 5, y / 34, lateral / 9, seed);
        var muscle = 190 + (70 * streaks) + (150 * Math.Max(0, Noise(x / 9, y / 60, lateral / 12, seed + 1) - 0.25));
        value = Over(value, muscle, Inside(skin, 3) * Inside(front, 3));
        value = Abdomen(x, y, lateral, seed, value);
        var fat = 1150 + (90 * Noise(x / 7, y / 11, lateral / 8, seed + 2));
        value = Over(value, fat, Inside(-skin - 24 - (5 * Noise(0, y / 40, 0, seed + 3)), 5) * Inside(skin, 3));
        value = Over(value, 260, Inside(Math.Abs(skin + 1.4) - 1.2, 1.2));

        var middle = Math.Exp(-Square(lateral / 9.5));
        value = Canal(x, y, lateral, middle, value, seed);
        value = PosteriorElements(x, y, lateral, middle, value, seed);
        return Column(x, y, lateral, value, seed);
    }

    private static double Abdomen(double x, double y, double lateral, int seed, double value)
    {
        var depth = FrontOfColumn(y) - x;
        var loops = Clouds(x / 21, y / 21, lateral / 16, 3, seed + 4);
        var bowel = 330 + (620 * Math.Max(0, loops)) - (220 * Inside(Math.Abs(loops + 0.12) - 0.05, 0.1));
        value = Over(value, bowel, Inside(22 - depth, 10));
        value = Over(value, 880, Inside(Math.Abs(depth - 15) - 5, 8) * 0.75);

        // Fast flowing blood gives no signal: the aorta is black with a thin wall.
        var aorta = Math.Abs(depth - 13 - (lateral / 6)) - 7.2;
        var beside = Math.Exp(-Square((lateral + 4) / 10)) * Inside(y - 62, 12);
        value = Over(value, 420, beside * Inside(aorta - 1.3, 1.5));
        return Over(value, 45, beside * Inside(aorta, 1.8));
    }

    private static double Canal(double x, double y, double lateral, double middle, double value, int seed)
    {
        var offset = x - BackOfColumn(y);
        if (Math.Abs(offset) > 40)
        {
            return value;
        }

        var epidural = Inside(Math.Abs(offset - 11) - 12, 3);
        value = Over(value, 760, epidural * middle * 0.7);
        var width = 8.2 - (2.2 * Math.Clamp((y - 95) / 60, 0, 1));
        var sac = Inside(Math.Abs(offset - 10) - width, 1.8) * Inside(y - 142, 14);
        value = Over(value, 1620, sac * middle);

        // The cord ends as a cone at the first lumbar level; below it the roots of the cauda equina hang in the fluid.
        var cone = 4.4 * Math.Clamp((-44 - y) / 26, 0, 1);
        value = Over(value, 640, sac * middle * Inside(Math.Abs(offset - 9.6) - cone, 1.6) * (cone > 0.2 ? 1 : 0));
        var roots = Noise((offset * 0.85) + (lateral / 4), y / 70, lateral / 5, seed + 5);
        var hanging = Inside(-50 - y, 12) * Inside(Math.Abs(offset - 12.5) - 4.6, 2.5);
        value = Over(value, 780, sac * middle * hanging * Inside(0.12 - roots, 0.35) * 0.85);
        return Over(value, 60, middle * Inside(Math.Abs(offset - 0.6) - 0.8, 1.1) * 0.8);
    }

    private static double PosteriorElements(double x, double y, double lateral, double middle, double value, int seed)
    {
        foreach (var v in Vertebrae.AsSpan(0, 8))
        {
            if (Math.Abs(x - v.X) > 90 || Math.Abs(y - v.Y) > 60)
            {
                continue;
            }

            var (backX, backY) = v.At(34, 10);
            var tilt = v.Turn + 0.42;
            var marrow = 560 + (60 * Noise(x / 4, y / 4, lateral / 5, seed + 6));
            var process = Box(x, y, (v.X + backX + 17, v.Y + backY + 8), (27, 14), 5, tilt);
            value = Over(value, 70, middle * Inside(process - 1.5, 1.5));
            value = Over(value, marrow, middle * Inside(process, 1.5));
            value = Over(
                value,
                130,
                middle * Inside(Box(x, y, (v.X + backX + 12, v.Y + backY + 25), (22, 3), 1, 0.4), 3)
            );

            // Beside the canal: pedicles, and between them the foramina with fat and a root.
            var aside = Inside(Math.Abs(Math.Abs(lateral) - 17.5) - 6, 4);
            var (pedicleX, pedicleY) = v.At((v.Depth / 2) + 8, -4);
            var pedicle = Box(x, y, (v.X + pedicleX, v.Y + pedicleY), (24, 11), 4, v.Turn);
            value = Over(value, 70, aside * Inside(pedicle - 1.4, 1.4));
            value = Over(value, marrow, aside * Inside(pedicle, 1.5));
            var (holeX, holeY) = v.At((v.Depth / 2) + 9, 13);
            value = Over(value, 1080, aside * Inside(Ellipse(x, y, v.X + holeX, v.Y + holeY, 6, 9, v.Turn), 2));
            value = Over(value, 430, aside * Inside(Ellipse(x, y, v.X + holeX, v.Y + holeY - 2, 2.6, 2.8), 1.6));
        }

        return value;
    }

    private static double Column(double x, double y, double lateral, double value, int seed)
    {
        var fade = Inside(Math.Abs(lateral) - 21, 5);
        for (var index = 0; index < Vertebrae.Length; index++)
        {
            var v = Vertebrae[index];
            if (Math.Abs(x - v.X) > 40 || Math.Abs(y - v.Y) > 50)
            {
                continue;
            }

            var (u, w) = v.Local(x, y);
            if (index + 1 < Vertebrae.Length)
            {
                value = Over(value, Disc(v, Vertebrae[index + 1], x, y, index, out var disc, seed), disc * fade);
            }

            // Bodies have a waist, dark cortex, marrow with a little fat, and the basivertebral vein at the back.
            var waist = 1.7 * (1 - Square(w / (v.Height / 2)));
            var body = Box(u, w, (0, 0), (v.Depth - (2 * Math.Max(0, waist)), v.Height), 3);
            value = Over(value, 65, fade * Inside(body - 1.3, 1.2));
            var marrow = 520 + (85 * Clouds(x / 9, y / 9, lateral / 8, 3, seed + 7)) + (60 * Inside(body + 4, 6));
            value = Over(value, marrow, fade * Inside(body, 1.3));
            var vein = Box(u, w, (v.Depth * 0.36, 0), (v.Depth * 0.3, 2.6), 1);
            value = Over(value, 980, fade * Inside(vein, 1.8) * Math.Exp(-Square(lateral / 7)) * (index < 8 ? 1 : 0.2));
        }

        return value;
    }

    private static double Disc(
        Vertebra above,
        Vertebra below,
        double x,
        double y,
        int index,
        out double cover,
        int seed
    )
    {
        double cx = (above.X + below.X) / 2,
            cy = (above.Y + below.Y) / 2,
            turn = (above.Turn + below.Turn) / 2;

        // The disc above the last mobile segment is worn: dark, flat, bulging a little into the canal.
        var worn = index == 5;
        var gap =
            Math.Sqrt(Square(above.X - below.X) + Square(above.Y - below.Y)) - ((above.Height + below.Height) / 2);
        var height = Math.Max(3, gap - 1.5) * (worn ? 0.85 : 1);
        var bulge = worn ? 3.4 : 0;
        var annulus = Box(x, y, (cx + (bulge / 2), cy), (above.Depth + 1 + bulge, height + 1), height / 2.2, -turn);
        cover = Inside(annulus, 1.4);
        var nucleus = Inside(Ellipse(x, y, cx + 1.5, cy, above.Depth * 0.33, height * 0.42, -turn), 3.2);
        var cleft = Inside(Ellipse(x, y, cx + 1.5, cy, above.Depth * 0.24, 0.7, -turn), 1.4);
        var signal = (worn ? 230 : 1130) + (60 * Noise(x / 4, y / 4, index, seed + 8));
        return Over(Over(120, signal, nucleus), worn ? 150 : 760, cleft);
    }

    private static double FrontOfColumn(double y) => Along(y, v => v.X - (v.Depth / 2) - 3);

    private static double BackOfColumn(double y) => Along(y, v => v.X + (v.Depth / 2) + 1.5);

    private static double Along(double y, Func<Vertebra, double> of)
    {
        for (var index = 0; index + 1 < Vertebrae.Length; index++)
        {
            if (y < Vertebrae[index + 1].Y)
            {
                var t = Math.Clamp(
                    (y - Vertebrae[index].Y) / (Vertebrae[index + 1].Y - Vertebrae[index].Y),
                    index == 0 ? -1 : 0,
                    1
                );
                var smooth = t < 0 ? t : t * t * (3 - (2 * t));
                return of(Vertebrae[index]) + ((of(Vertebrae[index + 1]) - of(Vertebrae[index])) * smooth);
            }
        }

        return of(Vertebrae[^1]);
    }

    private readonly record struct Vertebra(double X, double Y, double Turn, double Height, double Depth)
    {
        /// <summary>A point in the turned frame of the body, as an offset from its centre.</summary>
        public (double X, double Y) At(double backwards, double downwards)
        {
            var (sin, cos) = Math.SinCos(Turn);
            return ((backwards * cos) + (downwards * sin), (downwards * cos) - (backwards * sin));
        }

        public (double U, double W) Local(double x, double y)
        {
            var (sin, cos) = Math.SinCos(Turn);
            double dx = x - X,
                dy = y - Y;
            return ((dx * cos) - (dy * sin), (dx * sin) + (dy * cos));
        }
    }
}
