using System.Diagnostics;

namespace Leadglass.Server;

/// <summary>Faults of ours as a log may show them.</summary>
internal static class Fault
{
    private const int FramesMax = 4;

    /// <summary>
    /// The kind of a fault and where it happened. Not its message: the framework puts values into some, such as the text
    /// that was no number.
    /// </summary>
    public static string Describe(Exception error)
    {
        var frames = new StackTrace(error)
            .GetFrames()
            .Select(frame => DiagnosticMethodInfo.Create(frame))
            .OfType<DiagnosticMethodInfo>()
            .Take(FramesMax)
            .Select(method => $"{method.DeclaringTypeName}.{method.Name}");
        return $"{error.GetType().Name} at {string.Join(" < ", frames)}";
    }
}
