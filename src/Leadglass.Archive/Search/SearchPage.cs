using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>In which order a page's matches come. Within a study: series and instances in the order of their arrival.</summary>
public enum SearchOrder
{
    /// <summary>By Study Date and Study Time, newest first; studies without a date last.</summary>
    NewestStudyFirst,

    /// <summary>By Study Date and Study Time, oldest first; studies without a date first.</summary>
    OldestStudyFirst,

    /// <summary>By Patient's Name, folded, then newest study first.</summary>
    PatientName,

    /// <summary>By Patient's Name, folded, the last first, then newest study first.</summary>
    PatientNameDescending,

    /// <summary>By Patient ID, then newest study first.</summary>
    PatientId,

    /// <summary>In the order in which studies arrived, the latest first.</summary>
    LatestArrivalFirst,
}

/// <summary>Which part of the matches is wanted (PS3.18 8.3.4.4).</summary>
/// <param name="Offset">Matches to leave out, 0 to <see cref="OffsetMax"/>.</param>
/// <param name="Limit">Matches to give, 1 to <see cref="LimitMax"/>.</param>
/// <param name="Order">In which order.</param>
/// <param name="FuzzyNames">
/// Names also match when they are near (PS3.18 8.3.4.2): the same sound, or one letter otherwise (two in long ones).
/// </param>
/// <param name="CountAll">The number of all matches is wanted too.</param>
public sealed record PageRequest(
    int Offset = 0,
    int Limit = 50,
    SearchOrder Order = SearchOrder.NewestStudyFirst,
    bool FuzzyNames = false,
    bool CountAll = false
)
{
    /// <summary>The bound of <see cref="Offset"/>.</summary>
    public const int OffsetMax = 1_000_000;

    /// <summary>The bound of <see cref="Limit"/>.</summary>
    public const int LimitMax = 20_000;
}

/// <summary>Part of the matches of a query.</summary>
/// <param name="Matches">The answers, as many as were asked for at most.</param>
/// <param name="Total">
/// How many match in all, within what the grant covers; null when that was not asked for, or when to tell it would mean
/// to open more than 2,000 rows.
/// </param>
/// <param name="IsCut">More matches follow these.</param>
public sealed record SearchPage(IReadOnlyList<DataSet> Matches, long? Total, bool IsCut)
{
    /// <summary>False: an optional key was not matched.</summary>
    public bool AllKeysSupported { get; init; } = true;

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"{Matches.Count} matches";
}
