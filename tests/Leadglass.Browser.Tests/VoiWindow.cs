namespace Leadglass.Browser.Tests;

/// <summary>From stored values to what a screen shows.</summary>
internal static class VoiWindow
{
    /// <summary>The linear VOI function of PS3.3 C.11.2.1.2.1, onto grey levels 0 to 255.</summary>
    public static double Linear(double value, double centre, double width) =>
        Math.Clamp((((value - (centre - 0.5)) / (width - 1)) + 0.5) * 255, 0, 255);

    /// <summary>The sigmoid VOI function of PS3.3 C.11.2.1.3.1, onto grey levels 0 to 255.</summary>
    public static double Sigmoid(double value, double centre, double width) =>
        255 / (1 + Math.Exp(-4 * (value - centre) / width));

    /// <summary>The same grey in all three channels.</summary>
    public static (double R, double G, double B) Triple(double grey) => (grey, grey, grey);
}
