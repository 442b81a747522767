namespace Leadglass.Exposure;

/// <summary>
/// Up to where all steps are finished, though they finish in any order: a ring of bits over the steps that are under way.
/// </summary>
internal sealed class FinishedSteps
{
    /// <summary>How far the newest step may be ahead of the oldest unfinished one.</summary>
    public const int WindowSteps = 1 << 20;

    private readonly ulong[] _bits = new ulong[WindowSteps / 64];

    public FinishedSteps(long from) => Position = from;

    /// <summary>All steps before it are finished.</summary>
    public long Position { get; private set; }

    /// <summary>Whether a step can be begun.</summary>
    public bool HasRoomFor(long step) => step - Position < WindowSteps;

    /// <summary>Writes down that a step is finished.</summary>
    public void Finish(long step)
    {
        var at = (int)(step % WindowSteps);
        _bits[at / 64] |= 1UL << (at % 64);
        while (true)
        {
            at = (int)(Position % WindowSteps);
            var bit = 1UL << (at % 64);
            if ((_bits[at / 64] & bit) == 0)
            {
                return;
            }
            _bits[at / 64] &= ~bit;
            Position++;
        }
    }
}
