using System.Collections.Immutable;
using Leadglass.Dicom;

namespace Leadglass.Access.Trails;

/// <summary>What is asked of the trail. What is null asks for everything.</summary>
public sealed record TrailQuestion
{
    /// <summary>Not before.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>By whom: <see cref="Identity.Key"/>.</summary>
    public string? Who { get; init; }

    /// <summary>About whom.</summary>
    public PatientKey? Patient { get; init; }

    /// <summary>About which study.</summary>
    public StudyInstanceUid? Study { get; init; }

    /// <summary>Of which events; empty: all.</summary>
    public ImmutableArray<AuditEvent> Events { get; init; } = [];

    /// <summary>The most entries, 1 to 10,000.</summary>
    public int Limit { get; init; } = 500;

    /// <summary>Only entries with a lower number: to go on where an answer was cut.</summary>
    public long Before { get; init; } = long.MaxValue;

    internal bool Asks(TrailEntry entry) =>
        entry.Sequence < Before
        && (Since is null || entry.At >= Since)
        && (Until is null || entry.At < Until)
        && (Who is null || entry.Event.Who == Who)
        && (Patient is null || entry.Event.Patient == Patient)
        && (Study is null || entry.Event.Study == Study)
        && (Events.IsEmpty || Events.Contains(entry.Event.Event));

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "question";
}

/// <summary>What the trail answers, the newest first.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="IsCut">True: there may be older ones; ask on with <see cref="TrailQuestion.Before"/>.</param>
public sealed record TrailAnswer(ImmutableArray<TrailEntry> Entries, bool IsCut)
{
    /// <summary>How many.</summary>
    public override string ToString() => $"{Entries.Length} entries";
}

/// <summary>That somebody looked at a study, once or several times within an hour.</summary>
/// <param name="Who"><see cref="Identity.Key"/>.</param>
/// <param name="First">The first look.</param>
/// <param name="Last">The last look.</param>
/// <param name="Operation">What they did.</param>
/// <param name="Basis">On what the right to it rested.</param>
/// <param name="Address">From where; null for who may see names and times only.</param>
/// <param name="Count">How often it was recorded.</param>
public sealed record Sighting(
    string Who,
    DateTimeOffset First,
    DateTimeOffset Last,
    Operation? Operation,
    AccessBasis? Basis,
    string? Address,
    int Count
);

/// <summary>Who saw a study, the newest first.</summary>
/// <param name="Sightings">Who, when.</param>
/// <param name="IsCut">True: there may be older ones.</param>
public sealed record SeenBy(ImmutableArray<Sighting> Sightings, bool IsCut);
