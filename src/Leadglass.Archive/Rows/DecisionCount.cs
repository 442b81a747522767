namespace Leadglass.Archive;

/// <summary>
/// How many decisions took effect since the archive was opened. What was selected before one of them may since be rejected, or
/// be another patient's, and is looked up again before it is opened.
/// </summary>
internal sealed class DecisionCount
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    /// <summary>Called when the index has the effect, before anyone is told that it was decided.</summary>
    public void Add() => Interlocked.Increment(ref _value);
}
