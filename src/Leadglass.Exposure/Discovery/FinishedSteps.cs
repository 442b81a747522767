namespace Leadglass.Exposure;

/// <summary>What a finished step was.</summary>
[Flags]
internal enum StepKinds : byte
{
    None = 0,
    Finished = 1,

    /// <summary>The scope allowed it.</summary>
    Tried = 2,

    /// <summary>It was the first port of its host, so that it stands for an address.</summary>
    FirstPort = 4,
}

/// <summary>Where all steps before are finished, and what they were.</summary>
/// <param name="Step">All steps before it are finished.</param>
/// <param name="Tried">Pairs that were tried.</param>
/// <param name="Addresses">Addresses that were tried.</param>
internal readonly record struct ScanPosition(long Step, long Tried, long Addresses);

/// <summary>
/// Up to where all steps are finished, though they finish in any order: a ring over the steps that are under way. Counts go
/// with the position, so that a scan that goes on from there counts nothing twice.
/// </summary>
internal sealed class FinishedSteps(ScanPosition from)
{
    /// <summary>How far the newest step may be ahead of the oldest unfinished one.</summary>
    public const int WindowSteps = 1 << 20;

    private readonly StepKinds[] _ring = new StepKinds[WindowSteps];

    /// <summary>Where it stands.</summary>
    public ScanPosition Position { get; private set; } = from;

    /// <summary>Whether a step can be begun.</summary>
    public bool HasRoomFor(long step) => step - Position.Step < WindowSteps;

    /// <summary>Writes down that a step is finished.</summary>
    public void Finish(long step, StepKinds kinds)
    {
        _ring[step % WindowSteps] = kinds | StepKinds.Finished;
        if (step != Position.Step)
        {
            return;
        }
        var (at, tried, addresses) = Position;
        for (; _ring[at % WindowSteps] is var done and not StepKinds.None; at++)
        {
            _ring[at % WindowSteps] = StepKinds.None;
            if (done.HasFlag(StepKinds.Tried))
            {
                tried++;
                addresses += done.HasFlag(StepKinds.FirstPort) ? 1 : 0;
            }
        }
        Position = new ScanPosition(at, tried, addresses);
    }
}
