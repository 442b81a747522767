using System.Net;

namespace Leadglass.Exposure.Tests;

/// <summary>From what several endpoints of a host showed to one verdict about it.</summary>
public sealed class ExposedSystemTests
{
    [Theory]
    [InlineData(Answer.Open, Answer.Closed, true)]
    [InlineData(Answer.Open, Answer.Unknown, true)]
    [InlineData(Answer.Closed, Answer.Closed, false)]
    [InlineData(Answer.Closed, Answer.Unknown, null)]
    [InlineData(Answer.Unknown, Answer.Unknown, null)]
    public void Is_closed_only_where_all_that_speak_are(Answer one, Answer other, bool? expected)
    {
        foreach (var (dicom, web) in new[] { (one, other), (other, one) })
        {
            var finding = Seen.Finding(Seen.Dicom(104, dicom, dicom), Seen.Web(8042, web, web));
            Assert.Equal(expected, finding.QueryOpen);
            Assert.Equal(expected, finding.RetrieveOpen);
        }
    }

    [Fact]
    public void Is_no_system_where_nothing_speaks_dicom_or_dicomweb()
    {
        var dicom = Seen.Dicom(104, Answer.Unknown) with { SpeaksDicom = false };
        var web = Seen.Web(80, Answer.Unknown) with { SpeaksDicomWeb = false };
        var system = new ExposedSystem(Seen.Host, [dicom], [web]);
        Assert.False(system.Speaks);
        Assert.Null(system.ToFinding(ProductIdentification.Unknown, null, isDevice: false));
    }

    /// <summary>A web server beside an archive that is closed says nothing about the archive.</summary>
    [Fact]
    public void Endpoints_that_do_not_speak_have_no_vote()
    {
        var silent = Seen.Web(80, Answer.Unknown) with { SpeaksDicomWeb = false };
        var finding = Seen.Finding(Seen.Dicom(104, Answer.Closed), silent);
        Assert.False(finding.QueryOpen);
        Assert.Single(finding.Endpoints);
    }

    /// <summary>One root refuses, another is down for the moment: what the other one shows is not known.</summary>
    [Theory]
    [InlineData(Answer.Unknown, null)]
    [InlineData(Answer.Closed, false)]
    [InlineData(Answer.Open, true)]
    public void A_refusal_closes_an_endpoint_only_where_nothing_beside_it_is_unknown(Answer other, bool? expected)
    {
        var web = Seen.Web(8080, Answer.Closed);
        foreach (var rungs in new[] { new[] { other, Answer.Closed }, [Answer.Closed, other] })
        {
            var seen = web with { Rungs = [.. rungs.Select(answer => Seen.Rung(Rung.NullQuery, answer, "HTTP 000"))] };
            var finding = Seen.Finding(seen);
            Assert.Equal((expected, expected is false ? false : null), (finding.QueryOpen, finding.RecordsVisible));
        }
    }

    /// <summary>Orthanc behind a rule that refuses queries and forgot the totals: they are told, and no record is.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(null)]
    public void A_total_beside_a_refused_query_rates_as_no_query_and_shows_no_record(bool? claimed)
    {
        var finding = Seen.Finding(
            Seen.Web(8042, Answer.Closed, Answer.Closed, Seen.Counted(CountKind.Exact, 12_000, 900_000)) with
            {
                RecordsVisible = claimed,
            },
            Seen.Dicom(4242, Answer.Closed, Answer.Closed)
        );
        Assert.Equal((false, false), (finding.QueryOpen, finding.RecordsVisible));
        Assert.Equal("echo", finding.Severity.Basis);
        Assert.Contains("refused whatever holds records", finding.Sentence.En, StringComparison.Ordinal);
        Assert.DoesNotContain("could list", finding.Sentence.En, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rejection_of_the_called_title_is_unknown()
    {
        var rejected = Seen.Dicom(104, Answer.Unknown) with
        {
            AeTitleCheck = AeTitleCheck.Called,
            Rungs =
            [
                Seen.Rung(Rung.Identify, Answer.Open, "reject 1/1/7"),
                Seen.Rung(Rung.NullQuery, Answer.Unknown, "reject 1/1/7"),
            ],
        };
        var finding = Seen.Finding(rejected);
        Assert.Null(finding.QueryOpen);
        Assert.Null(finding.RecordsVisible);
        Assert.Equal(1, finding.Rung);
        Assert.Equal("unknown", finding.Severity.Rating);
        Assert.Contains("called AE title", finding.Sentence.En, StringComparison.Ordinal);
        Assert.Contains("AE-Titel", finding.Sentence.De, StringComparison.Ordinal);
    }

    /// <summary>One called title was answered, another rejected or refused: what counts is the one that was answered.</summary>
    [Fact]
    public void Any_called_title_that_is_answered_opens_the_endpoint()
    {
        RungAnswer[] tries =
        [
            Seen.Rung(Rung.NullQuery, Answer.Closed, "0124"),
            Seen.Rung(Rung.NullQuery, Answer.Open),
            Seen.Rung(Rung.NullQuery, Answer.Unknown, "time-out"),
        ];
        foreach (var order in new[] { tries, [.. tries.Reverse()] })
        {
            Assert.True(Seen.Finding(Seen.Dicom(104, Answer.Unknown) with { Rungs = order }).QueryOpen);
        }
    }

    [Fact]
    public void The_most_open_endpoint_decides_and_of_equals_dimse_in_clear()
    {
        var moreOpen = Seen.Finding(Seen.Dicom(104, Answer.Closed), Seen.Web(8042, Answer.Open, Answer.Open));
        Assert.Equal((8042, "dicomweb", 4), (moreOpen.Port, moreOpen.Protocol, moreOpen.Rung));

        var equal = Seen.Finding(
            Seen.Web(80, Answer.Open, Answer.Open),
            Seen.Dicom(2762, Answer.Open, Answer.Open) with
            {
                IsTls = true,
            },
            Seen.Dicom(11112, Answer.Open, Answer.Open)
        );
        Assert.Equal((11112, "dicom"), (equal.Port, equal.Protocol));
        Assert.Equal(["dicom", "dicom-tls", "dicomweb"], equal.Endpoints.Select(endpoint => endpoint.Protocol));

        var closed = Seen.Finding(Seen.Web(8443, Answer.Closed) with { IsTls = true }, Seen.Dicom(104, Answer.Unknown));
        Assert.Equal((104, "dicom"), (closed.Port, closed.Protocol));
    }

    [Fact]
    public void Rungs_are_numbered_as_the_ladder_is()
    {
        var counted = Seen.Dicom(104, Answer.Open) with { Rungs = [Seen.Rung(Rung.CountRecords, Answer.Open)] };
        var finding = Seen.Finding(counted);
        Assert.Equal((5, "5b"), (finding.Rung, finding.RungLabel));
        Assert.Equal(
            [(0, "0"), (1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5a"), (5, "5b"), (6, "6")],
            Enum.GetValues<Rung>().Select(rung => (rung.Number(), RungLabel.Of(rung)))
        );
    }

    [Fact]
    public void Counts_of_the_same_host_are_never_added_up_and_the_best_source_wins()
    {
        var finding = Seen.Finding(
            Seen.Dicom(104, Answer.Open, records: Seen.Counted(CountKind.ExactOverDated, 98, 900, 2009, 2026)),
            Seen.Web(8042, Answer.Open, records: Seen.Counted(CountKind.Exact, 100, 1000))
        );
        var studies = finding.Records!.Totals.Single(total => total.Unit == CountUnit.Studies);
        Assert.Equal((100, CountKind.Exact), (studies.Value, studies.Kind));
        Assert.Equal((2009, 2026), (finding.Records.FirstYear, finding.Records.LastYear));
        Assert.True(finding.RecordsVisible);

        var more = Seen.Finding(
            Seen.Dicom(104, Answer.Open, records: Seen.Counted(CountKind.LowerBound, 2000)),
            Seen.Web(8042, Answer.Open, records: Seen.Counted(CountKind.Exact, 5))
        );
        var bound = Assert.Single(more.Records!.Totals);
        Assert.Equal((2000, CountKind.LowerBound), (bound.Value, bound.Kind));
    }

    [Fact]
    public void An_exact_count_of_none_shows_that_no_record_is_visible()
    {
        var finding = Seen.Finding(Seen.Web(8042, Answer.Open, records: Seen.Counted(CountKind.Exact, 0, 0)));
        Assert.True(finding.QueryOpen);
        Assert.False(finding.RecordsVisible);
        Assert.Equal(0, finding.Severity.Extent!.Product);
    }

    [Fact]
    public void A_total_beside_a_refused_query_shows_no_record()
    {
        var finding = Seen.Finding(Seen.Web(8042, Answer.Closed, records: Seen.Counted(CountKind.Exact, 12, 120)));
        Assert.Equal((false, false), (finding.QueryOpen, finding.RecordsVisible));
        Assert.Equal(0, AuditTotals.Of([finding], 1, 1, 1).SystemsWithVisibleRecords);
    }

    [Fact]
    public void Severity_rests_on_what_was_shown()
    {
        const string storage = "1.2.840.10008.5.1.4.1.1.2";
        Assert.Equal(("echo", 5.3), Rated(Seen.Dicom(104, Answer.Unknown)));
        Assert.Equal(("query", 7.5), Rated(Seen.Dicom(104, Answer.Open)));
        Assert.Equal(
            ("query-and-store-accepted", 8.2),
            Rated(Seen.Dicom(104, Answer.Open) with { AcceptedSopClasses = [storage] })
        );
        Assert.Equal(("administration", 9.8), Rated(Seen.Web(8042, Answer.Open) with { IsAdministrationOpen = true }));
        Assert.Equal(("retrieve", 5.9), Rated(Seen.Web(8042, Answer.Closed, Answer.Open)));
        Assert.Equal(("nothing", 0.0), Rated(Seen.Dicom(104, Answer.Closed, echo: Answer.Closed)));
        Assert.Equal(("unknown", null), Rated(Seen.Dicom(104, Answer.Unknown, echo: Answer.Unknown)));

        // The storage context of one endpoint does not raise the query of another.
        Assert.Equal(
            ("query", 7.5),
            Rated(Seen.Dicom(104, Answer.Closed) with { AcceptedSopClasses = [storage] }, Seen.Web(80, Answer.Open))
        );

        static (string, double?) Rated(params object[] observations)
        {
            var severity = Seen.Finding(observations).Severity;
            return (severity.Basis, severity.Score);
        }
    }

    [Theory]
    [InlineData(0, null, null, false, 0, "none")]
    [InlineData(50, null, null, false, 1, "small")]
    [InlineData(50, 2020, 2026, true, 6, "medium")]
    [InlineData(9_999, 2024, 2026, true, 8, "medium")]
    [InlineData(10_000, 2024, 2026, true, 12, "large")]
    [InlineData(2_000_000, 2009, 2026, true, 24, "very-large")]
    public void The_second_axis_multiplies_records_identifiability_and_years(
        long studies,
        int? first,
        int? last,
        bool isIdentifying,
        int product,
        string rating
    )
    {
        var seen = Seen.Dicom(
            104,
            Answer.Open,
            records: Seen.Counted(CountKind.ExactOverDated, studies, null, first, last)
        );
        var extent = Seen.Finding(
            seen with
            {
                IdentifyingFields = isIdentifying ? ["PatientName"] : [],
            }
        ).Severity.Extent!;
        Assert.Equal((product, rating), (extent.Product, extent.Rating));
    }

    [Fact]
    public void One_sentence_says_what_a_stranger_could_do()
    {
        var finding = Seen.Finding(
            Seen.Dicom(
                104,
                Answer.Open,
                Answer.Open,
                records: Seen.Counted(CountKind.ExactOverDated, 1234, 1, 2009, 2026)
            ) with
            {
                IdentifyingFields = ["PatientName"],
            }
        );
        Assert.Equal(
            "A stranger could search this archive and fetch its images: at least 1,234 studies, at least 1 image of 2009 to 2026. The records carry the patients' identifying fields.",
            finding.Sentence.En
        );
        Assert.Equal(
            "Ein Fremder könnte dieses Archiv durchsuchen und seine Bilder abholen: mindestens 1.234 Studien, mindestens 1 Bild aus 2009 bis 2026. Die Daten tragen die identifizierenden Angaben der Patienten.",
            finding.Sentence.De
        );
        Assert.StartsWith(
            "A stranger is refused",
            Seen.Finding(Seen.Dicom(104, Answer.Closed, echo: Answer.Closed)).Sentence.En,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_address_of_version_six_is_written_without_brackets()
    {
        var address = IPAddress.Parse("2001:db8::5");
        var seen = Seen.Dicom(104, Answer.Closed) with { Target = new ProbeTarget(address, 104) };
        Assert.Equal(
            "2001:db8::5",
            new ExposedSystem(address, [seen], []).ToFinding(ProductIdentification.Unknown, null, false)!.Address
        );
    }

    /// <summary>Who asks every peer for a certificate refuses strangers, at a port that DICOM is known by or beside an archive.</summary>
    [Fact]
    public void Mutual_tls_is_closed()
    {
        var mutual = Seen.Dicom(2762, Answer.Closed, Answer.Closed, Answer.Closed) with
        {
            SpeaksDicom = false,
            Tls = new TlsFacts(
                "TLS 1.3",
                "TLS_AES_256_GCM_SHA384",
                null,
                null,
                null,
                false,
                RequiresClientCertificate: true
            ),
        };
        var finding = Seen.Finding(mutual);
        Assert.Equal(
            ("dicom-tls", false, false, "none"),
            (finding.Protocol, finding.QueryOpen, finding.RetrieveOpen, finding.Severity.Rating)
        );

        var elsewhere = mutual with { Target = new ProbeTarget(Seen.Host, 8443) };
        Assert.Null(Seen.Finding(elsewhere));
        Assert.Equal(2, Seen.Finding(elsewhere, Seen.Web(80, Answer.Closed)).Endpoints.Count);
    }

    [Fact]
    public void The_scope_says_whose_it_is_and_that_it_is_a_device()
    {
        var scope = TestScopes.Of("192.0.2.0/24", "104", rung: "4", more: "devices: [192.0.2.10]");
        var finding = new ExposedSystem(Seen.Host, [Seen.Dicom(104, Answer.Unknown)], []).ToFinding(
            ProductIdentification.Unknown,
            scope
        )!;
        Assert.True(finding.IsDevice);
        Assert.Null(finding.Inventory);
        Assert.Contains("device", finding.Sentence.En, StringComparison.Ordinal);
    }

    [Fact]
    public void Advice_is_in_both_languages_and_logs_are_secured_where_somebody_could_have_been()
    {
        var advice = new ProductAdvice(
            "a-product",
            [
                Step(AdviceSituation.Always, "firewall"),
                Step(AdviceSituation.DicomQueryOpen, "query"),
                Step(AdviceSituation.DicomInClear, "tls"),
                Step(AdviceSituation.WebOpen, "web"),
            ],
            [new LogToSecure("/var/log/product.log", new LocalizedText("who came", "wer kam"))]
        );
        var open = Seen.Finding(Seen.Dicom(104, Answer.Open));
        Assert.Equal(["firewall", "query", "tls"], FindingAdvice.StepsFor(open, advice).Select(step => step.En));
        Assert.Equal(
            ["firewall (de)", "query (de)", "tls (de)"],
            FindingAdvice.StepsFor(open, advice).Select(step => step.De)
        );
        Assert.Equal("wer kam", Assert.Single(FindingAdvice.LogsFor(open, advice)).De);
        Assert.NotEmpty(open.Advice);

        // A closed system is not told to close itself; that it speaks in clear it is told.
        var closed = Seen.Finding(Seen.Dicom(104, Answer.Closed));
        Assert.Equal(["tls"], FindingAdvice.StepsFor(closed, advice).Select(step => step.En));
        Assert.Empty(FindingAdvice.LogsFor(closed, advice));
        var unknown = Seen.Finding(Seen.Dicom(2762, Answer.Unknown) with { IsTls = true });
        Assert.Equal(["firewall"], FindingAdvice.StepsFor(unknown, advice).Select(step => step.En));

        static AdviceStep Step(AdviceSituation situation, string text) =>
            new([situation], new LocalizedText(text, text + " (de)"), null, null);
    }
}
