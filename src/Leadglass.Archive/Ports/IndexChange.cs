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

    /// <summary>Hides an instance, or shows it again where there is no reason.</summary>
    public sealed record RejectInstance(Token Instance, RejectionReason? Reason) : IndexChange;

    /// <summary>Keeps what was decided about a study. A known decision stays as it is.</summary>
    public sealed record AddDecision(DecisionRow Row) : IndexChange;

    /// <summary>
    /// Keeps the metadata of a series, if nothing of it changed since it was made; any change of what the series shows
    /// removes it.
    /// </summary>
    public sealed record PutMetadata(MetadataRow Row) : IndexChange;

    /// <summary>Removes the metadata of all series of a study.</summary>
    public sealed record ForgetMetadata(Token Study) : IndexChange;

    /// <summary>Removes an instance; a series or study that has none at all then goes with it.</summary>
    public sealed record RemoveInstance(Token Instance) : IndexChange;

    /// <summary>Removes a study with all that belongs to it.</summary>
    public sealed record RemoveStudy(Token Study) : IndexChange;

    /// <summary>Adds quarantined content. Known content stays as it is.</summary>
    public sealed record AddQuarantined(QuarantineRow Row) : IndexChange;

    /// <summary>Removes quarantined content.</summary>
    public sealed record RemoveQuarantined(Token Content) : IndexChange;
}
