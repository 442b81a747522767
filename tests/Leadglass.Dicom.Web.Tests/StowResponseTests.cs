namespace Leadglass.Dicom.Web.Tests;

public sealed class StowResponseTests
{
    private static readonly StowOutcome Stored = new(
        SopClassUid.Parse("1.2.840.10008.5.1.4.1.1.2"),
        SopInstanceUid.Parse("1.4"),
        StudyInstanceUid.Parse("1.2"),
        SeriesInstanceUid.Parse("1.3"),
        Failure: null
    );

    private static readonly StowOutcome Kept = Stored with { Warning = StowReason.Coerced };
    private static readonly StowOutcome Full = Stored with { Failure = StowReason.OutOfResources };
    private static readonly StowOutcome Refused = Stored with { Failure = StowReason.NotAuthorized };
    private static readonly StowOutcome Broken = new(null, null, null, null, StowReason.CannotUnderstand);

    public static TheoryData<int, StowOutcome[]> Statuses =>
        new()
        {
            { 200, [Stored] },
            { 200, [Stored, Stored] },
            { 202, [Stored, Kept] },
            { 202, [Kept] },
            { 202, [Stored, Full] },
            { 202, [Stored, Broken] },
            { 503, [Full, Full] },
            { 403, [Refused] },
            { 409, [Broken] },
            { 409, [Full, Refused] },
            { 400, [] },
        };

    [Theory]
    [MemberData(nameof(Statuses))]
    public void The_status_tells_of_all(int status, StowOutcome[] outcomes) =>
        Assert.Equal(status, new StowResponse("https://a/dicom-web", outcomes).Status);

    [Fact]
    public void Each_instance_is_told_of_by_itself()
    {
        var response = new StowResponse(
            "https://a/dicom-web",
            [Stored, Kept, Full with { Comment = "no room" }, Broken]
        ).ToDataSet();
        var stored = response.GetItems(DicomTag.ReferencedSOPSequence);
        Assert.Equal(2, stored.Count);
        Assert.Equal(
            "https://a/dicom-web/studies/1.2/series/1.3/instances/1.4",
            stored[0].GetString(DicomTag.RetrieveURL)
        );
        Assert.Null(stored[0].GetInt32(DicomTag.WarningReason));
        Assert.Equal(0xB000, stored[1].GetInt32(DicomTag.WarningReason));
        Assert.Null(stored[1].GetString(DicomTag.RetrieveURL));
        var failed = Assert.Single(response.GetItems(DicomTag.FailedSOPSequence));
        Assert.Equal(0xA700, failed.GetInt32(DicomTag.FailureReason));
        Assert.Equal("1.4", failed.GetString(DicomTag.ReferencedSOPInstanceUID));
        Assert.Equal("no room", failed.GetString(DicomTag.ErrorComment));
        var other = Assert.Single(response.GetItems(DicomTag.OtherFailuresSequence));
        Assert.Equal(0xC000, other.GetInt32(DicomTag.FailureReason));
        Assert.Equal("https://a/dicom-web/studies/1.2", response.GetString(DicomTag.RetrieveURL));
    }

    [Fact]
    public void Of_two_studies_none_is_the_one()
    {
        var response = new StowResponse(
            "https://a/dicom-web",
            [Stored, Stored with { Study = StudyInstanceUid.Parse("1.9") }]
        ).ToDataSet();
        Assert.True(response.Find(DicomTag.RetrieveURL) is { IsEmpty: true });
    }
}
