using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>The query/retrieve information models (PS3.4 C.6).</summary>
public enum QueryModel
{
    /// <summary>Patient, study, series, composite object instance.</summary>
    PatientRoot,

    /// <summary>Study with the patient's attributes, series, composite object instance.</summary>
    StudyRoot,
}

/// <summary>What is asked for (PS3.4 C.4.1).</summary>
public sealed record SearchRequest
{
    /// <summary>The information model.</summary>
    public required QueryModel Model { get; init; }

    /// <summary>Keys: level, unique keys, and what to match and to return.</summary>
    public required DataSet Identifier { get; init; }

    /// <summary>Relational queries were negotiated (PS3.4 C.5.1.1): the unique keys above the level may be absent.</summary>
    public bool IsRelational { get; init; }

    /// <summary>Combined date and time matching was negotiated (PS3.4 C.5.1.1): two ranges are one.</summary>
    public bool CombinesDateAndTime { get; init; }

    /// <summary>A key of two quotation marks matches what is absent or empty (PS3.4 C.2.2.2.7).</summary>
    public bool MatchesEmptyValues { get; init; }

    /// <summary>Everything that the rows hold is returned, not only what the identifier names (includefield=all).</summary>
    public bool ReturnsAll { get; init; }

    /// <summary>Reveals nothing of the keys' values.</summary>
    public override string ToString() => $"{Model} query of {Identifier.Count} keys";
}

/// <summary>One answer.</summary>
/// <param name="Identifier">The attributes asked for, as far as they are known.</param>
/// <param name="AllKeysSupported">False: an optional key was not matched (status FF01, PS3.4 C.4.1.1.4).</param>
public sealed record SearchMatch(DataSet Identifier, bool AllKeysSupported)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "match";
}

/// <summary>A query or retrieve that is not carried out, or not to its end.</summary>
/// <param name="status">The status of the response (PS3.4 C.4.1.1.4, C.4.2.1.5, C.4.3.1.4).</param>
/// <param name="comment">Error Comment (0000,0902): at most 64 characters, without any value.</param>
/// <param name="offendingElements">Offending Element (0000,0901).</param>
public sealed class SearchRefusedException(
    ushort status,
    string comment,
    params IReadOnlyList<DicomTag> offendingElements
) : Exception(comment)
{
    /// <summary>The status of the response.</summary>
    public ushort Status { get; } = status;

    /// <summary>For Error Comment (0000,0902).</summary>
    public string Comment { get; } = comment;

    /// <summary>For Offending Element (0000,0901).</summary>
    public IReadOnlyList<DicomTag> OffendingElements { get; } = offendingElements;
}

/// <summary>Statuses of query and retrieve (PS3.4 C.4).</summary>
public static class QueryStatus
{
    /// <summary>Refused: out of resources.</summary>
    public const ushort OutOfResources = 0xA700;

    /// <summary>Refused: unable to calculate the number of matches (retrieve).</summary>
    public const ushort UnableToCountMatches = 0xA701;

    /// <summary>Identifier does not match SOP class.</summary>
    public const ushort IdentifierDoesNotMatch = 0xA900;

    /// <summary>Unable to process.</summary>
    public const ushort UnableToProcess = 0xC000;
}
