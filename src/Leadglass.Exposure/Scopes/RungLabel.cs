namespace Leadglass.Exposure;

/// <summary>Rungs as people write them in a scope: <c>0</c> to <c>4</c>, <c>5a</c>, <c>5b</c>, <c>6</c>.</summary>
public static class RungLabel
{
    private static readonly string[] Labels = ["0", "1", "2", "3", "4", "5a", "5b", "6"];

    /// <summary>The label.</summary>
    public static string Of(Rung rung) => Labels[(int)rung];

    /// <summary>Reads a label.</summary>
    public static bool TryParse(string label, out Rung rung)
    {
        var place = Array.IndexOf(Labels, label);
        rung = (Rung)Math.Max(place, 0);
        return place >= 0;
    }
}
