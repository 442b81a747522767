using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>A date range and a time range that together are one range of moments (PS3.4 C.2.2.2.5), when negotiated.</summary>
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
    private readonly DateTime _from;
    private readonly DateTime _to;

    private CombinedMatcher(DateMatcher date, TimeMatcher time)
        : base(date.Tag)
    {
        _time = time.Tag;
        // From the first day at the first time to the last day at the last time.
        _from = date.Range.From?.ToDateTime(time.Range.From ?? TimeOnly.MinValue) ?? DateTime.MinValue;
        _to = date.Range.To?.ToDateTime(time.Range.To ?? TimeOnly.MaxValue) ?? DateTime.MaxValue;
    }

    /// <summary>Puts pairs of ranges together.</summary>
    public static void Combine(List<AttributeMatcher> matchers)
    {
        foreach (var (date, time) in Pairs)
        {
            if (
                matchers.Find(matcher => matcher.Tag == date) is DateMatcher { IsRange: true } ofDate
                && matchers.Find(matcher => matcher.Tag == time) is TimeMatcher { IsRange: true } ofTime
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
        if (!DicomDate.TryParse(entity.GetString(Tag), out var date))
        {
            return false;
        }

        var (earliest, latest) = DicomTime.TryParse(entity.GetString(_time), out var time)
            ? (time.Earliest, time.Latest)
            : (TimeOnly.MinValue, TimeOnly.MaxValue);
        return date.ToDateTime(latest) >= _from && date.ToDateTime(earliest) <= _to;
    }
}
