namespace Leadglass.Dicom.Web.Tests;

public sealed class QidoQueryTests
{
    [Theory]
    [InlineData("PatientID=12345", 0x00100020u, "12345")]
    [InlineData("00100020=12345", 0x00100020u, "12345")]
    [InlineData("?PatientName=M%C3%BCller*", 0x00100010u, "Müller*")]
    [InlineData("PatientName=M%C3%BCller%2A", 0x00100010u, "Müller*")]
    [InlineData("PatientName=Doe+John", 0x00100010u, "Doe John")]
    [InlineData("PatientName=%E5%B1%B1%E7%94%B0", 0x00100010u, "山田")]
    [InlineData("StudyDate=20240101-20241231", 0x00080020u, "20240101-20241231")]
    [InlineData("StudyDate=-20241231", 0x00080020u, "-20241231")]
    [InlineData("StudyTime=10-1130", 0x00080030u, "10-1130")]
    [InlineData("StudyInstanceUID=1.2,1.3", 0x0020000Du, "1.2\\1.3")]
    [InlineData("StudyInstanceUID=1.2%5C1.3", 0x0020000Du, "1.2\\1.3")]
    [InlineData("StudyInstanceUID=1.2&StudyInstanceUID=1.3", 0x0020000Du, "1.2\\1.3")]
    [InlineData("ModalitiesInStudy=CT%5CMR", 0x00080061u, "CT\\MR")]
    [InlineData("ModalitiesInStudy=CT&ModalitiesInStudy=MR", 0x00080061u, "CT\\MR")]
    [InlineData("StudyInstanceUID=*", 0x0020000Du, "")]
    [InlineData("PatientSex=", 0x00100040u, "")]
    [InlineData("PatientSex", 0x00100040u, "")]
    [InlineData("Rows=512", 0x00280010u, "512")]
    [InlineData("SeriesNumber=3", 0x00200011u, "3")]
    [InlineData("AcquisitionDateTime=20240101120000%2B0100", 0x0008002Au, "20240101120000+0100")]
    [InlineData("AcquisitionDateTime=20240101120000+0100", 0x0008002Au, "20240101120000+0100")]
    [InlineData("PatientID=%22%22&emptyvaluematching=true", 0x00100020u, "\"\"")]
    public void A_key_is_read(string query, uint tag, string value)
    {
        var keys = QidoQuery.Parse(QidoLevel.Studies, query).Keys;
        Assert.True(keys.Contains(new DicomTag(tag)));
        Assert.Equal(value, string.Join('\\', keys.GetStrings(new DicomTag(tag))));
    }

    [Theory]
    [InlineData("00400275.00400007=Chest*")]
    [InlineData("RequestAttributesSequence.ScheduledProcedureStepDescription=Chest*")]
    [InlineData("RequestAttributesSequence.00400007=Chest%2a")]
    public void A_key_within_a_sequence_is_read(string query)
    {
        var keys = QidoQuery.Parse(QidoLevel.Series, query + "&00400275.RequestedProcedureID=7").Keys;
        var item = Assert.Single(keys.GetItems(DicomTag.RequestAttributesSequence));
        Assert.Equal("Chest*", item.GetString(DicomTag.ScheduledProcedureStepDescription));
        Assert.Equal("7", item.GetString(DicomTag.RequestedProcedureID));
    }

    [Fact]
    public void What_is_to_be_returned_is_read_in_every_spelling()
    {
        var query = QidoQuery.Parse(
            QidoLevel.Studies,
            "includefield=StudyDescription,00081030&includefield=0040A730.0040A160&includefield=all"
        );
        Assert.True(query.IncludesAll);
        Assert.Equal(
            ["00081030", "00081030", "0040A730.0040A160"],
            query.IncludeFields.Select(path => path.ToString())
        );
        var identifier = query.ToIdentifier([DicomTag.StudyDate]);
        Assert.True(identifier.Find(DicomTag.StudyDate) is { IsEmpty: true });
        Assert.True(identifier.Find(DicomTag.StudyDescription) is { IsEmpty: true });
        Assert.True(identifier.GetItems(DicomTag.ContentSequence)[0].Find(DicomTag.TextValue) is { IsEmpty: true });
    }

    [Fact]
    public void A_field_to_return_leaves_a_key_as_it_is()
    {
        var query = QidoQuery.Parse(QidoLevel.Studies, "PatientID=1&includefield=PatientID");
        Assert.Equal("1", query.ToIdentifier([DicomTag.PatientID]).GetString(DicomTag.PatientID));
    }

    [Fact]
    public void The_rest_is_read()
    {
        var query = QidoQuery.Parse(
            QidoLevel.Studies,
            "limit=10&offset=20&fuzzymatching=true&emptyvaluematching=true&multiplevaluematching=true&accept=application/json"
        );
        Assert.Equal((10, 20), (query.Limit, query.Offset));
        Assert.True(query is { FuzzyMatching: true, EmptyValueMatching: true, MultipleValueMatching: true });
        Assert.Null(QidoQuery.Parse(QidoLevel.Studies, null).Limit);
    }

    [Theory]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("limit=99999999999", "limit")]
    [InlineData("offset=1.5", "offset")]
    [InlineData("fuzzymatching=maybe", "fuzzymatching")]
    [InlineData("StudyDate=Secret1", "StudyDate")]
    [InlineData("StudyDate=2024-01-01-2025", "StudyDate")]
    [InlineData("StudyDate=2020-01-01", "StudyDate")]
    [InlineData("StudyDate=2020.01.01-20200202", "StudyDate")]
    [InlineData("PatientBirthDate=2020-01-01", "PatientBirthDate")]
    [InlineData("StudyTime=noonSecret", "StudyTime")]
    [InlineData("StudyInstanceUID=Secret1", "StudyInstanceUID")]
    [InlineData("StudyInstanceUID=1..2", "StudyInstanceUID")]
    [InlineData("Rows=Secret", "Rows")]
    [InlineData("Rows=70000", "Rows")]
    [InlineData("SeriesNumber=Secret", "SeriesNumber")]
    [InlineData("PixelData=Secret", "PixelData")]
    [InlineData("RequestAttributesSequence=Secret", "RequestAttributesSequence")]
    [InlineData("PatientName.PatientID=Secret", "PatientName.PatientID")]
    [InlineData("NoSuchAttribute=Secret", "NoSuchAttribute")]
    [InlineData("99990001=Secret", "99990001")]
    [InlineData("00091001=Secret", "00091001")]
    [InlineData("includefield=NoSuchAttribute", "includefield")]
    [InlineData("PatientID=Sec%00ret", "PatientID")]
    [InlineData("PatientID=Sec%0D%0Aret", "PatientID")]
    [InlineData("Sec ret<script>=1", "at place 1")]
    [InlineData("PatientID=%", "1")]
    [InlineData("PatientID=%C3", "1")]
    [InlineData("PatientID=%ED%A0%80", "1")]
    [InlineData(
        "00400275.00400275.00400275.00400275.00400275.00400275.00400275.00400275.00400275.00400275.00400007=1",
        "0040"
    )]
    public void A_mistake_names_the_parameter_and_never_its_value(string query, string name)
    {
        var refusal = Assert.Throws<DicomWebException>(() =>
        {
            foreach (var parameter in QidoQuery.Parse(QidoLevel.Studies, query).Keys)
            {
                Assert.NotNull(parameter);
            }
        });
        Assert.Equal(400, refusal.Status);
        Assert.Contains(name, refusal.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("script", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Length_and_count_are_bounded()
    {
        Assert.Equal(414, Refused($"PatientID={new string('1', QueryParameters.LengthMax)}").Status);
        Assert.Equal(400, Refused($"PatientID={new string('1', 5000)}").Status);
        Assert.Equal(400, Refused(string.Join('&', Enumerable.Repeat("PatientID=1", 300))).Status);
        Assert.Equal(400, Refused($"includefield={string.Join(',', Enumerable.Repeat("00080020", 2000))}").Status);
    }

    [Fact]
    public void Nothing_of_a_query_is_told_by_its_text()
    {
        var query = QidoQuery.Parse(QidoLevel.Studies, "PatientID=Secret");
        Assert.DoesNotContain("Secret", query.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", QueryParameters.Parse("a=Secret").All[0].ToString(), StringComparison.Ordinal);
    }

    private static DicomWebException Refused(string query) =>
        Assert.Throws<DicomWebException>(() => QidoQuery.Parse(QidoLevel.Studies, query));
}
