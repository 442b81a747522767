using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Dates, times and both together: single value and range matching (PS3.4 C.2.2.2.1, C.2.2.2.5).</summary>
internal static class TemporalMatcher
{
    /// <summary>A matcher; null for a universal key; for one that is neither value nor range, of the very same text.</summary>
    public static AttributeMatcher? Of(DicomTag tag, ValueRepresentation vr, string key)
    {
        switch (vr)
        {
            case ValueRepresentation.DA when DicomDateRange.TryParse(key, out var dates):
                return dates.IsUniversal ? null : new DateMatcher(tag, dates, IsRange(key));
            case ValueRepresentation.TM when DicomTimeRange.TryParse(key, out var times):
                return times.IsUniversal ? null : new TimeMatcher(tag, times, IsRange(key));
            case ValueRepresentation.DT when DicomDateTimeRange.TryParse(key, out var moments):
                return moments.IsUniversal ? null : new MomentMatcher(tag, moments);
            default:
                return new LiteralMatcher(tag, key);
        }
    }

    private static bool IsRange(string key) => key.Contains('-');

    private sealed class MomentMatcher(DicomTag tag, DicomDateTimeRange range) : AttributeMatcher(tag)
    {
        public override bool Matches(DataSet entity) => entity.GetStrings(Tag).Any(text => range.Matches(text));
    }

    private sealed class LiteralMatcher(DicomTag tag, string key) : AttributeMatcher(tag)
    {
        public override bool Matches(DataSet entity) => entity.GetStrings(Tag).Contains(key);
    }
}

/// <summary>A key of VR DA.</summary>
internal sealed class DateMatcher(DicomTag tag, DicomDateRange range, bool isRange) : AttributeMatcher(tag)
{
    public DicomDateRange Range => range;

    /// <summary>The key is a range, not one date.</summary>
    public bool IsRange => isRange;

    public override bool Matches(DataSet entity) => MatchesTexts(entity.GetStrings(Tag)) is true;

    public override bool? MatchesTexts(IReadOnlyList<string> texts) => texts.Any(text => range.Matches(text));
}

/// <summary>A key of VR TM.</summary>
internal sealed class TimeMatcher(DicomTag tag, DicomTimeRange range, bool isRange) : AttributeMatcher(tag)
{
    public DicomTimeRange Range => range;

    /// <summary>The key is a range, not one time.</summary>
    public bool IsRange => isRange;

    public override bool Matches(DataSet entity) => entity.GetStrings(Tag).Any(text => range.Matches(text));
}
