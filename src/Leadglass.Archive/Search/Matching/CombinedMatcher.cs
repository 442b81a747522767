using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>A date range and a time range that together are one range of moments (PS3.4 C.2.2.2.5.4), when negotiated.</summary>
internal sealed class CombinedMatcher : AttributeMatcher
{
    private static readonly (DicomTag Date, DicomTag Time)[] Pairs =
    [
        (DicomTag.StudyDate, DicomTag.StudyTime),
        (DicomTag.SeriesDate, DicomTag.SeriesTime),
        (DicomTag.ContentDate, DicomTag.ContentTime),
        (DicomTag.PerformedProcedureStepStartDate, DicomTag.PerformedProcedureStepStartTime),
        (DicomTag.PatientBirthDate, DicomTag.PatientBirthTime),
    ];

    private readonly DicomTag _time;
    private readonly long _from;
    private readonly long _to;

    private CombinedMatcher(TemporalMatcher date, TemporalMatcher time)
        : base(date.Tag)
    {
        _time = time.Tag;
        // The first moment is the first day at the first time, the last the last day at the last time.
        _from = date.From == long.MinValue ? long.MinValue : date.From + Math.Max(0, time.From);
        _to =
            date.To == long.MaxValue
                ? long.MaxValue
                : date.To - TimeSpan.TicksPerDay + 1 + Math.Min(TimeSpan.TicksPerDay - 1, time.To);
    }

    /// <summary>Puts pairs of ranges together.</summary>
    public static void Combine(List<AttributeMatcher> matchers)
    {
        foreach (var (date, time) in Pairs)
        {
            if (
                matchers.Find(matcher => matcher.Tag == date) is TemporalMatcher { IsRange: true } ofDate
                && matchers.Find(matcher => matcher.Tag == time) is TemporalMatcher { IsRange: true } ofTime
            )
            {
                matchers.Remove(ofDate);
                matchers.Remove(ofTime);
                matchers.Add(new CombinedMatcher(ofDate, ofTime));
            }
        }
    }

    /// <inheritdoc />
    public override bool Matches(DataSet entity)
    {
        if (entity.GetString(Tag) is not { } date || !TemporalValue.TryParse(date, ValueRepresentation.DA, out var day))
        {
            return false;
        }

        var moment =
            day.First
            + (
                entity.GetString(_time) is { } time
                && TemporalValue.TryParse(time, ValueRepresentation.TM, out var clock)
                    ? clock.First
                    : 0
            );
        return moment >= _from && moment <= _to;
    }
}
