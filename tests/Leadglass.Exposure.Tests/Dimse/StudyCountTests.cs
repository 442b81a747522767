using System.Globalization;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>Counting by ranges of Study Date, against archives that are honest, capped, forgetful or slow.</summary>
public sealed class StudyCountTests
{
    private static readonly string[] Mix = ["CT", "MR\\SR", "US", "LEADGLASS"];

    [Fact]
    public async Task ASmallArchiveIsCountedExactly()
    {
        var archive = new Archive(Studies(137, from: 2004, years: 9));
        var records = await CountAsync(archive);
        Assert.Null(records.StoppedEarly);
        Assert.Equal(
            [
                new(CountUnit.Studies, CountKind.ExactOverDated, 137, "C-FIND by Study Date"),
                new(CountUnit.Images, CountKind.ExactOverDated, archive.Images, "C-FIND by Study Date"),
            ],
            records.Totals
        );
        Assert.Equal(archive.FirstYear, records.FirstYear);
        Assert.Equal(archive.LastYear, records.LastYear);
        Assert.Equal(["CT", "MR", "SR", "US", "other"], records.Modalities.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(35, records.Modalities["CT"]);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(37)]
    [InlineData(100)]
    [InlineData(500)]
    public async Task ASilentCapIsNoticedAndHalvedAway(int cap)
    {
        var archive = new Archive(Studies(1_200, from: 2010, years: 12)) { Cap = cap };
        var records = await CountAsync(archive, isThorough: true);
        Assert.Equal(
            new(CountUnit.Studies, CountKind.ExactOverDated, 1_200, "C-FIND by Study Date"),
            records.Totals[0]
        );
    }

    [Theory]
    [InlineData(0xA700)]
    [InlineData(0xB000)]
    [InlineData(0xC001)]
    public async Task ACapThatIsToldIsHalvedAway(int status)
    {
        var archive = new Archive(Studies(600, from: 2019, years: 3))
        {
            Cap = 50,
            StatusAtCap = new DimseStatus((ushort)status),
        };
        var records = await CountAsync(archive, isThorough: true);
        Assert.Equal(new(CountUnit.Studies, CountKind.ExactOverDated, 600, "C-FIND by Study Date"), records.Totals[0]);
    }

    [Fact]
    public async Task ADayBeyondTheCapIsALowerBound()
    {
        var archive = new Archive([
            .. Studies(300, from: 2012, years: 2),
            .. Enumerable.Range(0, 90).Select(i => new Study($"1.9.{i}", 20150601, "CT", 3)),
        ])
        {
            Cap = 40,
        };
        var records = await CountAsync(archive, isThorough: true);
        Assert.Equal(CountKind.LowerBound, records.Totals[0].Kind);
        Assert.Equal(340, records.Totals[0].Value);
    }

    /// <summary>Nothing but the day itself tells of a cap that is silent and not round: it may not be called exact.</summary>
    [Theory]
    [InlineData(90, 73, CountKind.LowerBound, 73)]
    [InlineData(90, 1_000, CountKind.LowerBound, 90)]
    [InlineData(9, 1_000, CountKind.ExactOverDated, 9)]
    public async Task ADayThatNothingProvesIsALowerBound(int onTheDay, int cap, CountKind kind, int told)
    {
        var archive = new Archive([
            .. Enumerable.Range(0, onTheDay).Select(i => new Study($"1.9.{i}", 20150601, "CT", 3)),
        ])
        {
            Cap = cap,
        };
        var studies = (await CountAsync(archive, isThorough: true)).Totals[0];
        Assert.Equal((kind, told), (studies.Kind, studies.Value));
    }

    /// <summary>A full day is not suspected where a wider range brought more at once, and its halves added up to it.</summary>
    [Fact]
    public async Task AFullDayIsExactWhereMoreWasBroughtAtOnce()
    {
        var archive = new Archive([
            .. Studies(300, from: 2015, years: 1),
            .. Enumerable.Range(0, 57).Select(i => new Study($"1.9.{i}", 20150601, "CT", 3)),
        ]);
        var studies = (await CountAsync(archive, isThorough: true)).Totals[0];
        Assert.Equal((CountKind.ExactOverDated, 357), (studies.Kind, studies.Value));
    }

    [Fact]
    public async Task PolitenessEndsAtTwoThousandRecords()
    {
        var archive = new Archive(Studies(5_000, from: 2000, years: 25));
        var records = await CountAsync(archive);
        Assert.Equal("budget of records", records.StoppedEarly);
        Assert.Equal(CountKind.LowerBound, records.Totals[0].Kind);
        Assert.InRange(records.Totals[0].Value, 1_000, StudyCount.PoliteMatchesMax);
        Assert.InRange(archive.Given, 1, StudyCount.PoliteMatchesMax + 500);

        var thorough = await CountAsync(new Archive(Studies(5_000, from: 2000, years: 25)), isThorough: true);
        Assert.Equal(
            new(CountUnit.Studies, CountKind.ExactOverDated, 5_000, "C-FIND by Study Date"),
            thorough.Totals[0]
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnArchiveThatIgnoresTheDateKeyGivesALowerBound(bool tellsDates)
    {
        var archive = new Archive(Studies(60, from: 2010, years: 5)) { IgnoresDates = true, TellsDates = tellsDates };
        var records = await CountAsync(archive);
        Assert.Equal(new(CountUnit.Studies, CountKind.LowerBound, 60, "C-FIND by Study Date"), records.Totals[0]);
        Assert.Equal("the server does not look at the date key", records.StoppedEarly);
    }

    [Fact]
    public async Task ImagesAreALowerBoundWhereSomeStudiesDoNotTell()
    {
        var archive = new Archive([
            new("1.1", 20200101, "CT", 10),
            new("1.2", 20200102, "CT", null),
            new("1.3", null, "CT", 99),
        ]);
        var records = await CountAsync(archive);
        Assert.Equal(new(CountUnit.Studies, CountKind.ExactOverDated, 2, "C-FIND by Study Date"), records.Totals[0]);
        Assert.Equal(new(CountUnit.Images, CountKind.LowerBound, 10, "C-FIND by Study Date"), records.Totals[1]);
    }

    [Fact]
    public async Task ASlowArchiveIsLeftAlone()
    {
        var archive = new Archive(Studies(60, from: 2010, years: 5)) { Delay = TimeSpan.FromSeconds(30) };
        await using var scp = new ScpDouble(archive.Personality);
        var seen = await Probing.ObserveAsync(
            scp.Target,
            Probing.Plan(Rung.CountRecords),
            times: Probing.Times with
            {
                FirstMatch = TimeSpan.FromMilliseconds(300),
            }
        );
        Assert.Equal("latency", seen.Records?.StoppedEarly);
        Assert.Equal(0, seen.Records?.Totals[0].Value);
        Assert.Null(seen.RecordsVisible);
        Assert.Contains(AssociationEndKind.AbortedByPeer, await scp.EndsAsync());
    }

    [Fact]
    public async Task AnEmptyArchiveIsOpenWithoutRecords()
    {
        var archive = new Archive([]);
        await using var scp = new ScpDouble(archive.Personality);
        var seen = await Probing.ObserveAsync(scp.Target, Probing.Plan(Rung.IdentifyingFields));
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(0, seen.Records?.Totals[0].Value);
        Assert.NotEqual(true, seen.RecordsVisible);
        Assert.Empty(seen.IdentifyingFields);
    }

    [Fact]
    public async Task FilledFieldsAreNamedAndOnlyFourAttributesAreAskedForInCounting()
    {
        var archive = new Archive(Studies(3, from: 2010, years: 1));
        await using var scp = new ScpDouble(archive.Personality);
        var seen = await Probing.ObserveAsync(scp.Target, Probing.Plan(Rung.IdentifyingFields));
        Assert.True(seen.RecordsVisible);
        Assert.Equal(["PatientID", "PatientName"], seen.IdentifyingFields);
        Assert.Equal(Answer.Open, seen.At(Rung.IdentifyingFields).Answer);
        Assert.Equal(Answer.Open, seen.At(Rung.CountRecords).Answer);

        var counting = new Archive(Studies(3, from: 2010, years: 1));
        await CountAsync(counting);
        Assert.Equal(
            ["(0008,0020)", "(0008,0052)", "(0008,0061)", "(0020,000D)", "(0020,1208)"],
            counting.Asked.Order(StringComparer.Ordinal)
        );
    }

    private static async Task<ExposedRecords> CountAsync(Archive archive, bool isThorough = false)
    {
        await using var scp = new ScpDouble(archive.Personality);
        var plan = Probing.Plan(Rung.CountRecords) with { IsThorough = isThorough };
        var seen = await Probing.ObserveAsync(scp.Target, plan);
        return seen.Records ?? throw new InvalidOperationException("nothing was counted");
    }

    private static List<Study> Studies(int count, int from, int years)
    {
        var first = new DateOnly(from, 1, 1);
        var days = years * 365;
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                {
                    var day = first.AddDays((int)((long)i * 7_919 % days));
                    return new Study(
                        $"1.2.{i}",
                        (day.Year * 10_000) + (day.Month * 100) + day.Day,
                        Mix[i % Mix.Length],
                        (i % 5) + 1
                    );
                }),
        ];
    }

    private sealed record Study(string Uid, int? Date, string Modalities, int? Images);

    /// <summary>Answers queries by date as it is told to.</summary>
    private sealed class Archive(IReadOnlyList<Study> studies)
    {
        public int? Cap { get; init; }

        public DimseStatus StatusAtCap { get; init; } = DimseStatus.Success;

        public bool IgnoresDates { get; init; }

        public bool TellsDates { get; init; } = true;

        public TimeSpan Delay { get; init; }

        public int Given { get; private set; }

        public SortedSet<string> Asked { get; } = new(StringComparer.Ordinal);

        public long Images => studies.Sum(study => study.Images ?? 0);

        public int? FirstYear => studies.Min(study => study.Date) / 10_000;

        public int? LastYear => studies.Max(study => study.Date) / 10_000;

        public Personality Personality => new() { Find = (_, identifier, cancel) => FindAsync(identifier, cancel) };

        private async IAsyncEnumerable<CFindResponse> FindAsync(
            DataSet identifier,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
        )
        {
            if (identifier.GetString(DicomTag.StudyInstanceUID) is { Length: > 0 })
            {
                yield break;
            }

            Asked.UnionWith(identifier.Select(element => element.Tag.ToString()));
            await Task.Delay(Delay, cancel);
            var range = (identifier.GetString(DicomTag.StudyDate) ?? "").Split('-');
            var matches = studies.Where(study => IgnoresDates || IsWithin(study, range));
            var given = 0;
            foreach (var study in matches)
            {
                if (given == Cap)
                {
                    yield return CFindResponse.Final(StatusAtCap);
                    yield break;
                }

                given++;
                Given++;
                yield return CFindResponse.Match(Row(study, identifier.Contains(DicomTag.PatientName)));
            }
        }

        private static bool IsWithin(Study study, string[] range) =>
            range is not [{ Length: > 0 } first, { Length: > 0 } last]
            || (
                study.Date is { } date
                && date >= int.Parse(first, CultureInfo.InvariantCulture)
                && date <= int.Parse(last, CultureInfo.InvariantCulture)
            );

        private DataSet Row(Study study, bool withPatient)
        {
            var row = new DataSet();
            row.SetString(DicomTag.StudyInstanceUID, study.Uid);
            row.SetString(DicomTag.ModalitiesInStudy, study.Modalities.Split('\\'));
            if (TellsDates && study.Date is { } date)
            {
                row.SetString(DicomTag.StudyDate, date.ToString(CultureInfo.InvariantCulture));
            }

            if (study.Images is { } images)
            {
                row.SetString(DicomTag.NumberOfStudyRelatedInstances, images.ToString(CultureInfo.InvariantCulture));
            }

            if (withPatient)
            {
                row.SetString(DicomTag.PatientName, "Made^Up");
                row.SetString(DicomTag.PatientID, "NOBODY-1");
                row.SetEmpty(DicomTag.PatientBirthDate);
            }

            return row;
        }
    }
}
