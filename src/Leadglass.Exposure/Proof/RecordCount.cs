namespace Leadglass.Exposure;

/// <summary>What is counted.</summary>
public enum CountUnit
{
    /// <summary>Patients.</summary>
    Patients,

    /// <summary>Studies.</summary>
    Studies,

    /// <summary>Series.</summary>
    Series,

    /// <summary>Images (instances) that the server lists; whether they can be had is another question.</summary>
    Images,
}

/// <summary>How far a count can be trusted.</summary>
public enum CountKind
{
    /// <summary>The server's own total, or all of them counted.</summary>
    Exact,

    /// <summary>Exact over studies with a date; undated ones are not in it, so that it is a lower bound overall.</summary>
    ExactOverDated,

    /// <summary>At least so many.</summary>
    LowerBound,

    /// <summary>From a sample; between <see cref="RecordCount.Low"/> and <see cref="RecordCount.High"/> with 95 %.</summary>
    Estimate,
}

/// <summary>A count, which never goes without its unit and its kind.</summary>
/// <param name="Unit">What is counted.</param>
/// <param name="Kind">How far it can be trusted.</param>
/// <param name="Value">The count, 0 or more.</param>
/// <param name="Low">Lower end of an estimate's interval.</param>
/// <param name="High">Upper end of an estimate's interval.</param>
/// <param name="Source">Where from: <c>GET /statistics</c>, <c>C-FIND by Study Date</c>.</param>
public sealed record RecordCount(
    CountUnit Unit,
    CountKind Kind,
    long Value,
    string Source,
    long? Low = null,
    long? High = null
);

/// <summary>All that was counted at one endpoint.</summary>
/// <param name="Totals">At most one count for each unit.</param>
/// <param name="Modalities">Studies by modality code (a defined term of PS3.3 C.7.3.1.1.1, anything else is <c>other</c>).</param>
/// <param name="FirstYear">Year of the oldest dated study.</param>
/// <param name="LastYear">Year of the newest dated study.</param>
/// <param name="StoppedEarly">Why counting stopped before its end: latency, budget of records, end of the time window.</param>
public sealed record ExposedRecords(
    IReadOnlyList<RecordCount> Totals,
    IReadOnlyDictionary<string, long> Modalities,
    int? FirstYear,
    int? LastYear,
    string? StoppedEarly
);
