namespace Leadglass.Access;

/// <summary>A patient opened in an emergency. Immutable.</summary>
public sealed record BreakGlassRecord
{
    /// <summary>Random.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the account that opened.</summary>
    public required string AccountId { get; init; }

    /// <summary>Sign-in name of who opened.</summary>
    public required string Who { get; init; }

    /// <summary>Who was opened.</summary>
    public required PatientKey Patient { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public required string Reason { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>From then on it is over.</summary>
    public DateTimeOffset Until { get; init; }

    /// <summary>Who reviewed it; null: nobody did.</summary>
    public string? ReviewedBy { get; init; }

    /// <summary>When it was reviewed.</summary>
    public DateTimeOffset? ReviewedAt { get; init; }

    /// <summary>What the review found.</summary>
    public string? Finding { get; init; }

    /// <summary>The id only.</summary>
    public override string ToString() => Id;
}

/// <summary>Somebody broke the glass: an alarm for whoever watches the archive.</summary>
/// <param name="record">What was opened.</param>
public sealed class BreakGlassEventArgs(BreakGlassRecord record) : EventArgs
{
    /// <summary>What was opened; its ToString shows no patient.</summary>
    public BreakGlassRecord Record { get; } = record;
}
