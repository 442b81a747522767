using CsCheck;

namespace Leadglass.Dicom.Tests.Text;

public sealed class DatesAndNumbersTests
{
    [Theory]
    [InlineData("20240229", 2024, 2, 29)]
    [InlineData("1993.08.22", 1993, 8, 22)]
    [InlineData("1993-08-22", 1993, 8, 22)]
    [InlineData(" 20240101 ", 2024, 1, 1)]
    public void Dates_are_read_in_new_and_old_forms(string text, int year, int month, int day)
    {
        Assert.True(DicomDate.TryParse(text, out var date));
        Assert.Equal(new DateOnly(year, month, day), date);
    }

    [Theory]
    [InlineData("")]
    [InlineData("20230229")]
    [InlineData("2023")]
    [InlineData("20231301")]
    [InlineData("00000101")]
    [InlineData("2023.08-22")]
    [InlineData("not a da")]
    public void What_is_no_date_is_not_read(string text) => Assert.False(DicomDate.TryParse(text, out _));

    [Theory]
    [InlineData("20240101", "20240101", true)]
    [InlineData("20240101", "20240102", false)]
    [InlineData("20240101-20240131", "20240131", true)]
    [InlineData("20240101-20240131", "20240201", false)]
    [InlineData("-20240131", "19000101", true)]
    [InlineData("-20240131", "20240201", false)]
    [InlineData("20240101-", "20991231", true)]
    [InlineData("20240101-", "20231231", false)]
    [InlineData("2024.01.01-2024.01.31", "20240115", true)]
    [InlineData("2024-01-01-2024-01-31", "20240115", false)] // not told apart: no range
    [InlineData("20240101-", "", false)]
    [InlineData("", "", true)]
    [InlineData("", "nonsense", true)]
    public void Date_keys_match_as_PS3_4_says(string key, string stored, bool matches) =>
        Assert.Equal(matches, DicomDateRange.TryParse(key, out var range) && range.Matches(stored));

    [Theory]
    [InlineData("-")]
    [InlineData("2024")]
    [InlineData("20240101-x")]
    [InlineData("x-20240101")]
    public void Broken_date_keys_are_refused(string key) => Assert.False(DicomDateRange.TryParse(key, out _));

    [Theory]
    [InlineData("10", "10:00:00.000000", "10:59:59.999999")]
    [InlineData("1030", "10:30:00.000000", "10:30:59.999999")]
    [InlineData("103059", "10:30:59.000000", "10:30:59.999999")]
    [InlineData("103059.5", "10:30:59.500000", "10:30:59.599999")]
    [InlineData("103059.123456", "10:30:59.123456", "10:30:59.123456")]
    [InlineData("10:30:59", "10:30:59.000000", "10:30:59.999999")]
    [InlineData("10:30", "10:30:00.000000", "10:30:59.999999")]
    [InlineData("10:30:59.25", "10:30:59.250000", "10:30:59.259999")]
    [InlineData("235960", "23:59:59.000000", "23:59:59.999999")]
    public void Times_are_spans_of_their_precision(string text, string earliest, string latest)
    {
        Assert.True(DicomTime.TryParse(text, out var time));
        Assert.Equal(
            (earliest, latest),
            (time.Earliest.ToString("HH:mm:ss.ffffff"), time.Latest.ToString("HH:mm:ss.ffffff"))
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("24")]
    [InlineData("1")]
    [InlineData("103")]
    [InlineData("1060")]
    [InlineData("1030.5")]
    [InlineData("103059.")]
    [InlineData("103059.1234567")]
    [InlineData("10:3059")]
    [InlineData("10:30:")]
    public void What_is_no_time_is_not_read(string text) => Assert.False(DicomTime.TryParse(text, out _));

    [Theory]
    [InlineData("10-12", "125959.9", true)]
    [InlineData("10-12", "130000", false)]
    [InlineData("-1200", "115959", true)]
    [InlineData("1200-", "115959", false)]
    [InlineData("1030", "103015", true)]
    [InlineData("103015", "1030", true)]
    [InlineData("103015", "1031", false)]
    [InlineData("", "", true)]
    [InlineData("10-", "", false)]
    public void Time_keys_match_as_PS3_4_says(string key, string stored, bool matches) =>
        Assert.Equal(matches, DicomTimeRange.TryParse(key, out var range) && range.Matches(stored));

    [Theory]
    [InlineData("2024", "20240630120000", true)]
    [InlineData("202406", "20240701", false)]
    [InlineData("20240630-20240701", "20240701235959.999999", true)]
    [InlineData("20240630120000+0200", "20240630100000+0000", true)]
    [InlineData("20240630120000-0500-20240630130000-0500", "20240630173000+0000", true)]
    [InlineData("20240630120000-0500-20240630130000-0500", "20240630183000+0000", false)]
    [InlineData("-2024", "20250101", false)]
    [InlineData("2024-", "20250101", true)]
    [InlineData("00010101000000+1400", "00010101", false)]
    public void Date_time_keys_match_as_PS3_4_says(string key, string stored, bool matches) =>
        Assert.Equal(matches, DicomDateTimeRange.TryParse(key, out var range) && range.Matches(stored));

    [Fact]
    public void No_text_makes_any_of_them_throw() =>
        Gen.Char["0123456789.-+: x"]
            .Array[0, 30]
            .Select(text => new string(text))
            .Sample(
                text =>
                    (!DicomDateRange.TryParse(text, out var dates) || dates.Matches(text) || !dates.IsUniversal)
                    && (!DicomTimeRange.TryParse(text, out var times) || times.Matches(text) || !times.IsUniversal)
                    && (
                        !DicomDateTimeRange.TryParse(text, out var moments)
                        || moments.Matches(text)
                        || !moments.IsUniversal
                    )
                    && (!DicomAge.TryParse(text, out var age) || age.Count <= 999),
                seed: "0N0XIzNsQ0O2",
                iter: 20_000
            );

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(0, "0")]
    [InlineData(-1.0 / 3, "-0.3333333333333")]
    [InlineData(1e300, "1E+300")]
    public void Numbers_become_decimal_strings(double number, string text) =>
        Assert.Equal(text, DecimalString.Format(number));

    [Fact]
    public void Decimal_strings_have_at_most_16_characters_and_8_true_digits() =>
        Gen
            .Double.Where(double.IsFinite)
            .Sample(
                number =>
                    DecimalString.Format(number) is { Length: <= DecimalString.LengthMax } text
                    && DecimalString.TryParse(text, out var back)
                    && Math.Abs(back - number) <= Math.Abs(number) * 1e-8,
                seed: "0N0XIzNsQ0O2",
                iter: 20_000
            );

    [Theory]
    [InlineData("042Y", 42, 'Y')]
    [InlineData("6m", 6, 'M')]
    public void Ages_are_read(string text, int count, char unit)
    {
        Assert.True(DicomAge.TryParse(text, out var age));
        Assert.Equal(new DicomAge(count, unit), age);
        Assert.Equal(4, age.ToDicom().Length);
    }
}
