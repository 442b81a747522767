using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>One step of an index transaction.</summary>
public abstract record IndexChange
{
    private IndexChange() { }

    /// <summary>Adds a study or replaces the sealed part of a known one.</summary>
    public sealed record PutStudy(StudyRow Row) : IndexChange;

    /// <summary>Adds a series or replaces the sealed part of a known one.</summary>
    public sealed record PutSeries(SeriesRow Row) : IndexChange;

    /// <summary>Adds an instance whose series is known. A known instance stays as it is.</summary>
    public sealed record AddInstance(InstanceRow Row) : IndexChange;

    /// <summary>Removes an instance; a series or study that is empty then goes with it.</summary>
    public sealed record RemoveInstance(Token Instance) : IndexChange;

    /// <summary>Removes a study with all that belongs to it.</summary>
    public sealed record RemoveStudy(Token Study) : IndexChange;

    /// <summary>Adds quarantined content. Known content stays as it is.</summary>
    public sealed record AddQuarantined(QuarantineRow Row) : IndexChange;

    /// <summary>Removes quarantined content.</summary>
    public sealed record RemoveQuarantined(Token Content) : IndexChange;
}
