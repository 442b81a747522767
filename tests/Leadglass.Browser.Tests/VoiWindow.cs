namespace Leadglass.Browser.Tests;

/// <summary>The linear VOI function of PS3.3 C.11.2.1.2.1, onto grey levels 0 to 255.</summary>
internal static class VoiWindow
{
    public static double Grey(double value, double centre, double width) =>
        Math.Clamp((((value - (centre - 0.5)) / (width - 1)) + 0.5) * 255, 0, 255);

    /// <summary>The same grey in all three channels.</summary>
    public static (double R, double G, double B) Triple(double value, double centre, double width)
    {
        var grey = Grey(value, centre, width);
        return (grey, grey, grey);
    }
}
