using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;

namespace Leadglass.Server.Tests.DicomWeb;

/// <summary>One archive with a few studies, for tests that only search.</summary>
public sealed class SearchedArchive : IAsyncLifetime
{
    internal ServedArchive Archive { get; private set; } = null!;

    internal TokenProgram Program { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Archive = await ServedArchive.StartAsync();
        Program = await TokenProgram.ConnectAsync(Archive);
        var stored = await Program.StoreAsync([
            .. new[]
            {
                WebInstances.Make(1, name: "Müller^Ada"),
                WebInstances.Make(1, number: 2, name: "Müller^Ada"),
                WebInstances.Make(1, series: 2, name: "Müller^Ada"),
                WebInstances.Make(2, name: "Probe^Bob", modality: "MR", date: "20240411"),
                WebInstances.Make(3, name: "山田^太郎", modality: "US", date: "20240512"),
            }.Select(dataSet => WebInstances.File(dataSet)),
        ]);
        Assert.Equal(200, stored.Status);
    }

    public async ValueTask DisposeAsync()
    {
        Program.Dispose();
        await Archive.DisposeAsync();
    }
}

/// <summary>QIDO-RS over HTTPS (PS3.18 10.6).</summary>
public sealed class QidoTests(SearchedArchive searched) : IClassFixture<SearchedArchive>
{
    private static readonly string One = WebInstances.Study(1);

    [Theory]
    [InlineData("", "3 2 1")]
    [InlineData("?PatientID=P2", "2")]
    [InlineData("?PatientName=m%C3%BCller*", "1")]
    [InlineData("?PatientName=MUELLER*", "1")]
    [InlineData("?PatientName=m*", "1")]
    [InlineData("?PatientName=m%2A", "1")]
    [InlineData("?PatientName=%E5%B1%B1%E7%94%B0*", "3")]
    [InlineData("?PatientName=*", "3 2 1")]
    [InlineData("?PatientName=", "3 2 1")]
    [InlineData("?PatientName=mueler&fuzzymatching=true", "1")]
    [InlineData("?StudyDate=20240411", "2")]
    [InlineData("?StudyDate=20240401-", "3 2")]
    [InlineData("?StudyDate=-20240411", "2 1")]
    [InlineData("?StudyDate=20240401-20240430", "2")]
    [InlineData("?ModalitiesInStudy=US", "3")]
    [InlineData("?ModalitiesInStudy=US%5CMR", "3 2")]
    [InlineData("?AccessionNumber=A1", "1")]
    [InlineData("?00080050=A1", "1")]
    [InlineData("?AccessionNumber=A?", "3 2 1")]
    [InlineData("?AccessionNumber=A%3F", "3 2 1")]
    [InlineData("?ReferringPhysicianName=%22%22&emptyvaluematching=true", "3 2 1")]
    [InlineData("?PatientID=%22%22&emptyvaluematching=true", "")]
    [InlineData("?PatientID=nobody", "")]
    [InlineData("?limit=2", "3 2")]
    [InlineData("?limit=2&offset=1", "2 1")]
    [InlineData("?limit=0", "")]
    [InlineData("?offset=7", "")]
    public async Task Studies_are_found(string query, string patients)
    {
        var answer = await searched.Program.GetAsync($"/studies{query}");
        Assert.Equal((200, "application/dicom+json"), (answer.Status, answer.Type));
        Assert.Equal(
            patients,
            string.Join(' ', answer.DataSets.Select(found => found.GetString(DicomTag.PatientID)![1..]))
        );
        Assert.True(patients.Length > 0 || answer.Text == "[]");
    }

    [Fact]
    public async Task Lists_of_UIDs_are_by_comma_and_backslash()
    {
        foreach (var list in (string[])[$"{One},{WebInstances.Study(3)}", $"{One}%5C{WebInstances.Study(3)}"])
        {
            var answer = await searched.Program.GetAsync($"/studies?StudyInstanceUID={list}");
            Assert.Equal(2, answer.DataSets.Count);
        }
    }

    [Theory]
    [InlineData("/series", 4)]
    [InlineData("/instances", 5)]
    [InlineData("/studies/{1}/series", 2)]
    [InlineData("/studies/{1}/instances", 3)]
    [InlineData("/studies/{1}/series/{1}.1/instances", 2)]
    [InlineData("/series?Modality=MR", 1)]
    [InlineData("/series?PatientID=P1", 2)]
    [InlineData("/instances?InstanceNumber=2", 1)]
    [InlineData("/instances?Rows=8", 5)]
    [InlineData("/instances?Rows=9", 0)]
    [InlineData("/series?RequestAttributesSequence.RequestedProcedureID=R2", 1)]
    [InlineData("/series?00400275.00400009=S1", 3)]
    [InlineData("/studies/{1}/series?StudyInstanceUID={2}", 0)]
    [InlineData("/studies/1.2.3.4/series", 0)]
    [InlineData("/studies/{1}/series/{2}.1/instances", 0)]
    public async Task Every_level_has_its_paths(string path, int count)
    {
        path = path.Replace("{1}", One, StringComparison.Ordinal)
            .Replace("{2}", WebInstances.Study(2), StringComparison.Ordinal);
        var answer = await searched.Program.GetAsync(path);
        Assert.Equal(200, answer.Status);
        Assert.Equal(count, answer.DataSets.Count);
    }

    [Fact]
    public async Task An_answer_has_what_the_tables_ask_for()
    {
        var study = Assert.Single((await searched.Program.GetAsync("/studies?PatientID=P1")).DataSets);
        Assert.Equal("Müller^Ada", study.GetString(DicomTag.PatientName));
        Assert.Equal("ONLINE", study.GetString(DicomTag.InstanceAvailability));
        Assert.Equal("CT", study.GetString(DicomTag.ModalitiesInStudy));
        Assert.Equal("+0100", study.GetString(DicomTag.TimezoneOffsetFromUTC));
        Assert.Equal("2", study.GetString(DicomTag.NumberOfStudyRelatedSeries));
        Assert.Equal("3", study.GetString(DicomTag.NumberOfStudyRelatedInstances));
        Assert.True(study.Find(DicomTag.PatientBirthDate) is { IsEmpty: true });
        Assert.False(study.Contains(DicomTag.QueryRetrieveLevel));
        Assert.EndsWith($"/dicom-web/studies/{One}", study.GetString(DicomTag.RetrieveURL), StringComparison.Ordinal);

        var series = (await searched.Program.GetAsync($"/studies/{One}/series?SeriesNumber=2")).DataSets[0];
        Assert.Equal("1", series.GetString(DicomTag.NumberOfSeriesRelatedInstances));
        Assert.Equal(
            "R2",
            series.GetItems(DicomTag.RequestAttributesSequence)[0].GetString(DicomTag.RequestedProcedureID)
        );
        Assert.False(series.Contains(DicomTag.PatientName));
        Assert.True(
            (await searched.Program.GetAsync("/series?SeriesNumber=2")).DataSets[0].Contains(DicomTag.PatientName)
        );

        var instance = (await searched.Program.GetAsync($"/studies/{One}/instances?InstanceNumber=2")).DataSets[0];
        Assert.Equal(
            (8, 4, 16),
            (
                instance.GetInt32(DicomTag.Rows),
                instance.GetInt32(DicomTag.Columns),
                instance.GetInt32(DicomTag.BitsAllocated)
            )
        );
        Assert.EndsWith(
            $"/studies/{One}/series/{One}.1/instances/{One}.1.2",
            instance.GetString(DicomTag.RetrieveURL),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_is_asked_for_is_returned_too()
    {
        var plain = (await searched.Program.GetAsync("/studies?PatientID=P1")).DataSets[0];
        Assert.False(plain.Contains(DicomTag.StudyDescription));
        foreach (var fields in (string[])["StudyDescription", "00081030", "PatientSex,StudyDescription", "all"])
        {
            var found = (await searched.Program.GetAsync($"/studies?PatientID=P1&includefield={fields}")).DataSets[0];
            Assert.Equal("Study of CT", found.GetString(DicomTag.StudyDescription));
        }

        var dotted = (
            await searched.Program.GetAsync(
                $"/studies/{One}/series?includefield=RequestAttributesSequence.RequestedProcedureID"
            )
        ).DataSets[0];
        var item = Assert.Single(dotted.GetItems(DicomTag.RequestAttributesSequence));
        Assert.Equal(DicomTag.RequestedProcedureID, Assert.Single(item).Tag);
    }

    [Fact]
    public async Task A_cut_answer_says_so_and_a_count_is_given_on_request()
    {
        var cut = await searched.Program.GetAsync("/studies?limit=2");
        Assert.StartsWith("299 ", cut.Header("Warning"), StringComparison.Ordinal);
        Assert.Contains("additional results", cut.Header("Warning"), StringComparison.Ordinal);
        var whole = await searched.Program.GetAsync("/studies?limit=3");
        Assert.Null(whole.Header("Warning"));
        Assert.Equal("3", whole.Header("X-Total-Count"));

        searched.Program.Http.DefaultRequestHeaders.Add("Prefer", "count=exact");
        try
        {
            var counted = await searched.Program.GetAsync("/studies?limit=1");
            Assert.Equal("3", counted.Header("X-Total-Count"));
            Assert.Contains("There are 2 additional", counted.Header("Warning"), StringComparison.Ordinal);
        }
        finally
        {
            searched.Program.Http.DefaultRequestHeaders.Remove("Prefer");
        }
    }

    [Fact]
    public async Task What_cannot_be_matched_is_warned_of()
    {
        var answer = await searched.Program.GetAsync("/studies?KVP=120");
        Assert.Equal(200, answer.Status);
        Assert.Contains("not used", answer.Header("Warning"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task XML_is_a_part_for_each_and_nothing_is_204()
    {
        const string accept = "multipart/related; type=\"application/dicom+xml\"";
        var answer = await searched.Program.GetAsync("/studies", accept);
        Assert.Equal(200, answer.Status);
        Assert.True(MediaType.TryParse(answer.Type, out var type) && type.IsMultipartRelated);
        var reader = new MultipartReader(System.IO.Pipelines.PipeReader.Create(new(answer.Body)), type);
        List<string?> names = [];
        while (await reader.ReadPartAsync(default) is { } part)
        {
            Assert.Equal("application/dicom+xml", part.ContentType.Essence);
            var document = await part.ReadAllAsync(1 << 20, default);
            names.Add(NativeDicomModel.Read(document).GetString(DicomTag.PatientName));
        }

        Assert.Equal(["山田^太郎", "Probe^Bob", "Müller^Ada"], names);
        Assert.Equal(204, (await searched.Program.GetAsync("/studies?PatientID=nobody", accept)).Status);
    }

    [Theory]
    [InlineData("/studies?accept=application/json", "*/*", "application/json")]
    [InlineData("/studies?accept=application/dicom%2Bjson", "text/html", "application/dicom+json")]
    [InlineData("/studies?accept=application/dicom+json", "text/html", "application/dicom+json")]
    [InlineData("/studies", "application/json", "application/json")]
    public async Task The_form_is_the_one_that_is_accepted(string path, string accept, string type) =>
        Assert.Equal(type, (await searched.Program.GetAsync(path, accept)).Type);

    [Theory]
    [InlineData("/studies?StudyDate=Secret", 400)]
    [InlineData("/studies?StudyDate=2020-01-01", 400)]
    [InlineData("/studies?NoSuchThing=Secret", 400)]
    [InlineData("/studies?limit=Secret", 400)]
    [InlineData("/studies?offset=2000000", 400)]
    [InlineData("/studies/Secret/series", 400)]
    [InlineData("/studies/1.2/series/Secret/instances", 400)]
    public async Task A_mistake_is_a_problem_without_values(string path, int status)
    {
        var answer = await searched.Program.GetAsync(path);
        Assert.Equal((status, "application/problem+json"), (answer.Status, answer.Type));
        Assert.DoesNotContain("Secret", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_given_is_406_with_what_can()
    {
        var answer = await searched.Program.GetAsync("/studies", "image/png");
        Assert.Equal(406, answer.Status);
        var available = System.Text.Json.Nodes.JsonNode.Parse(answer.Body)!["available"]!.AsArray();
        Assert.Contains("application/dicom+json", available.Select(type => (string?)type));
    }

    [Fact]
    public async Task Who_may_only_write_finds_nothing()
    {
        using var writer = await TokenProgram.ConnectAsync(searched.Archive, ProgramRights.Write);
        Assert.Equal(403, (await writer.GetAsync("/studies")).Status);
    }
}
