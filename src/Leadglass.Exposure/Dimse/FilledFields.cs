namespace Leadglass.Exposure;

/// <summary>
/// Looks at one study for which identifying attributes are filled. Of a value it asks only whether a byte is there that is
/// neither padding nor a delimiter; nothing is decoded.
/// </summary>
internal sealed class FilledFields : IMatchTaker
{
    private readonly SortedSet<string> _filled = new(StringComparer.Ordinal);

    /// <summary>A study came.</summary>
    public bool HasSeenStudy { get; private set; }

    /// <summary>Keywords of the filled attributes.</summary>
    public IReadOnlyList<string> Filled => [.. _filled];

    /// <summary>What is asked: any one study, of a range that is known to hold one where there is such a range.</summary>
    public static IReadOnlyList<QueryKey> Keys(DateRange? holding) =>
        [
            new(NullKeys.StudyDate, "DA", holding?.Key ?? ""),
            new(NullKeys.QueryRetrieveLevel, "CS", "STUDY"),
            new(NullKeys.PatientName, "PN", ""),
            new(NullKeys.PatientId, "LO", ""),
            new(NullKeys.PatientBirthDate, "DA", ""),
            new(NullKeys.StudyInstanceUid, "UI", ""),
        ];

    /// <inheritdoc/>
    public bool Take(ReadOnlySpan<byte> identifier, bool isExplicit)
    {
        HasSeenStudy = true;
        var reader = new MatchReader(identifier, isExplicit);
        while (reader.Read())
        {
            var keyword = reader.Tag switch
            {
                NullKeys.PatientName => "PatientName",
                NullKeys.PatientId => "PatientID",
                NullKeys.PatientBirthDate => "PatientBirthDate",
                _ => null,
            };
            if (keyword is not null && reader.Value.ContainsAnyExcept(" ^=\0"u8))
            {
                _filled.Add(keyword);
            }
        }

        return false;
    }
}
