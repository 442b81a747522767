using System.Text.Json.Serialization;

namespace Leadglass.Exposure;

/// <summary>
/// The result of one audit: the source of truth from which reports, tables and comparisons are made. It lists targets, so
/// that it is written for its owner only (mode 0600), and it holds no patient data.
/// </summary>
public sealed record AuditDocument
{
    /// <summary>The version of the format that this program writes; one with a higher number is not read.</summary>
    public const int FormatVersionCurrent = 1;

    /// <summary>The file in the folder of an audit.</summary>
    public const string FileName = "audit.json";

    /// <summary>The version of the format.</summary>
    public int FormatVersion { get; init; } = FormatVersionCurrent;

    /// <summary>The name and version of the program that made it: <c>Leadglass 0.1.0</c>.</summary>
    public required string Tool { get; init; }

    /// <summary>Who declared what may be looked at.</summary>
    public required AuditScope Scope { get; init; }

    /// <summary>When it began and ended, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <inheritdoc cref="Started"/>
    public required DateTimeOffset Finished { get; init; }

    /// <summary><c>polite</c> or <c>thorough</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Which part of the targets: <c>1/1</c> where it is whole.</summary>
    public required string Shard { get; init; }

    /// <summary>Why it ended before its end, in one sentence; null where it did not.</summary>
    public string? StoppedEarly { get; init; }

    /// <summary>
    /// The chain value of the decision log when the audit ended, 64 hexadecimal digits: it must stand in the log beside the
    /// document, or the log was cut.
    /// </summary>
    public required string DecisionLogHead { get; init; }

    /// <summary>What came of it in numbers.</summary>
    public required AuditTotals Totals { get; init; }

    /// <summary>Ports that were given up: what is said of their hosts rests on the others.</summary>
    public GivenUp GivenUp { get; init; } = new(0, []);

    /// <summary>What the scope refused, summed by rule; the decision log has each.</summary>
    [JsonRequired]
    public IReadOnlyList<RefusalCount> Refusals { get; init; } = [];

    /// <summary>One for each system, closed ones too, in the order of addresses.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }
}

/// <summary>The declaration under which an audit was made. It is what somebody declared; nothing here was proved by the audit.</summary>
/// <param name="Name">The scope's name.</param>
/// <param name="Digest">SHA-256 of the scope file, lower-case hexadecimal.</param>
/// <param name="AuthorisedBy">Who authorised it.</param>
/// <param name="Basis">On which legal basis.</param>
/// <param name="Contact">Whom to ask.</param>
/// <param name="RecordsBasis">The basis for counting records and looking at identifying fields; null without one.</param>
/// <param name="HighestRung">The label of the highest rung allowed.</param>
/// <param name="ValidFrom">From when, UTC.</param>
/// <param name="ValidUntil">Until when, UTC.</param>
public sealed record AuditScope(
    string Name,
    string Digest,
    string AuthorisedBy,
    string Basis,
    string Contact,
    string? RecordsBasis,
    string HighestRung,
    DateTimeOffset ValidFrom,
    DateTimeOffset ValidUntil
);

/// <summary>Ports that were given up.</summary>
/// <param name="Count">How many.</param>
/// <param name="Ports">The first of them, by address and port.</param>
public sealed record GivenUp(int Count, IReadOnlyList<GivenUpPort> Ports)
{
    /// <summary>As many as are listed.</summary>
    public const int ListedMax = 4_096;
}

/// <summary>A port that was given up.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
/// <param name="Reason">
/// <c>host-time-over</c>, <c>host-share-used</c> (bytes or time of its connections), <c>probe-failed</c>, <c>too-many-ports</c>.
/// </param>
public sealed record GivenUpPort(string Address, int Port, string Reason);

/// <summary>How often a rule of the scope refused.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Count">How often.</param>
public sealed record RefusalCount(string Rule, long Count);
