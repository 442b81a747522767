using System.Text.Json.Serialization;

namespace Leadglass.Access;

/// <summary>One study, opened to one outside person until an end date. Immutable.</summary>
public sealed record StudyShare
{
    /// <summary>The longest a share lasts.</summary>
    public static TimeSpan DurationMax { get; } = TimeSpan.FromDays(90);

    /// <summary>Wrong codes after which a share is locked for good.</summary>
    public const int FailuresMax = 5;

    /// <summary>Random: 32 hexadecimal digits; stands in the link's path.</summary>
    public required string Id { get; init; }

    /// <summary>Study Instance UID of what is shared.</summary>
    public required string Study { get; init; }

    /// <summary>Whose study it is, as far as it was known when it was shared.</summary>
    public PatientKey? Patient { get; init; }

    /// <summary>The outside person, as who shares wrote it: a name or an address.</summary>
    public required string ForWhom { get; init; }

    /// <summary>Id of the account that shared it.</summary>
    public required string MadeById { get; init; }

    /// <summary>Sign-in name of who shared it.</summary>
    public required string MadeBy { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset MadeAt { get; init; }

    /// <summary>From then on it opens nothing.</summary>
    public DateTimeOffset EndsAt { get; init; }

    /// <summary>When a person ended it; null: nobody did.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Who ended it.</summary>
    public string? RevokedBy { get; init; }

    /// <summary>Wrong codes so far.</summary>
    public int Failures { get; init; }

    /// <summary>When it was last opened.</summary>
    public DateTimeOffset? LastOpenedAt { get; init; }

    /// <summary>How often it was opened.</summary>
    public int Openings { get; init; }

    /// <summary>Language of the pages that the outside person sees; null: what the browser asks for.</summary>
    public string? Language { get; init; }

    /// <summary>Digest of the secret in the link.</summary>
    [JsonInclude]
    internal string LinkDigest { get; init; } = "";

    /// <summary>Slow hash of the code that is sent apart.</summary>
    [JsonInclude]
    internal string CodeHash { get; init; } = "";

    /// <summary>Whether wrong codes locked it.</summary>
    [JsonIgnore]
    public bool IsLocked => Failures >= FailuresMax;

    /// <summary>Why it opens nothing at this moment; null: it does.</summary>
    public RefusalReason? WhyClosed(DateTimeOffset now) =>
        RevokedAt is not null ? RefusalReason.ShareRevoked
        : now >= EndsAt ? RefusalReason.ShareExpired
        : IsLocked ? RefusalReason.ShareLocked
        : null;

    /// <summary>The id only.</summary>
    public override string ToString() => Id;
}

/// <summary>What is asked for with a share.</summary>
/// <param name="ForWhom">The outside person: a name or an address, 1 to 200 characters.</param>
/// <param name="EndsAt">When it ends, at most <see cref="StudyShare.DurationMax"/> from now.</param>
/// <param name="Language">Language of the pages that the outside person sees.</param>
public sealed record ShareRequest(string ForWhom, DateTimeOffset EndsAt, string? Language = null)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "share";
}

/// <summary>A share as it was made. Secret and code are shown once, to who shares, and travel by different ways.</summary>
/// <param name="Share">As it is kept.</param>
/// <param name="LinkSecret">What stands in the link's fragment, never in its path or query.</param>
/// <param name="Code">What the outside person types.</param>
public sealed record MadeShare(StudyShare Share, string LinkSecret, string Code)
{
    /// <summary>The id only.</summary>
    public override string ToString() => Share.Id;
}

/// <summary>What became of an attempt to open a share: a closed union.</summary>
public abstract record ShareOpening
{
    private ShareOpening() { }

    /// <summary>Link and code were right.</summary>
    public sealed record Opened(StudyShare Share) : ShareOpening;

    /// <summary>No. Whoever asks learns nothing more than that.</summary>
    public sealed record Refused(RefusalReason Reason) : ShareOpening;
}
