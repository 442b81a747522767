using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>Values of VR DS (PS3.5 6.2): decimal numbers of at most 16 characters.</summary>
public static class DecimalString
{
    /// <summary>The longest that the standard allows.</summary>
    public const int LengthMax = 16;

    /// <summary>Reads a finite number; spaces around it mean nothing.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text.Trim(" \0"), NumberStyles.Float, CultureInfo.InvariantCulture, out number)
        && double.IsFinite(number);

    /// <summary>The number in at most 16 characters, as precisely as they allow.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public static string Format(double number)
    {
        if (!double.IsFinite(number))
        {
            throw new ArgumentOutOfRangeException(nameof(number), "DS has finite numbers only (PS3.5 6.2).");
        }

        var text = number.ToString("R", CultureInfo.InvariantCulture);
        for (var digits = 16; text.Length > LengthMax; digits--)
        {
            text = number.ToString("G" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        }

        return text;
    }
}

/// <summary>A value of VR AS (PS3.5 6.2): a number and D, W, M or Y.</summary>
public readonly record struct DicomAge(int Count, char Unit)
{
    /// <summary>Reads three digits and a unit; fewer digits and a small letter are understood.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DicomAge age)
    {
        age = default;
        text = text.Trim(" \0");
        if (text.Length is < 2 or > 4)
        {
            return false;
        }

        var unit = char.ToUpperInvariant(text[^1]);
        if (
            unit is not ('D' or 'W' or 'M' or 'Y')
            || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        )
        {
            return false;
        }

        age = new DicomAge(count, unit);
        return true;
    }

    /// <summary>As it stands in a data set: 042Y.</summary>
    public string ToDicom() => Count.ToString("000", CultureInfo.InvariantCulture) + Unit;

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => nameof(DicomAge);
}
