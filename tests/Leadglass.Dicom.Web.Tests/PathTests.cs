namespace Leadglass.Dicom.Web.Tests;

public sealed class PathTests
{
    private const string Uids = "studyUID=1.2&seriesUID=1.3&objectUID=1.4";

    [Theory]
    [InlineData("1", "1")]
    [InlineData("3,1,2", "3 1 2")]
    [InlineData("2-4", "2 3 4")]
    [InlineData("10,2-3", "10 2 3")]
    public void Frames_are_read(string text, string expected)
    {
        var frames = FrameList.Parse(text, 10);
        Assert.Equal(expected, string.Join(' ', frames.Numbers));
        Assert.Equal(frames.Numbers.Count(), frames.Count);
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("0", 400)]
    [InlineData("a", 400)]
    [InlineData("1,,2", 400)]
    [InlineData("-1", 400)]
    [InlineData("3-1", 400)]
    [InlineData("1,1", 400)]
    [InlineData("1-5,3", 400)]
    [InlineData("99999999999", 400)]
    [InlineData("11", 404)]
    [InlineData("1-2147483647", 404)]
    public void Wrong_frames_are_refused(string text, int status) =>
        Assert.Equal(status, Assert.Throws<DicomWebException>(() => FrameList.Parse(text, 10)).Status);

    [Fact]
    public void A_frame_list_is_bounded() =>
        Assert.Equal(
            400,
            Assert
                .Throws<DicomWebException>(() =>
                    FrameList.Parse(string.Join(',', Enumerable.Range(1, FrameList.EntriesMax + 1)), 100_000)
                )
                .Status
        );

    [Theory]
    [InlineData("bytes=0-9", 0, 10)]
    [InlineData("bytes=90-", 90, 10)]
    [InlineData("bytes=90-1000", 90, 10)]
    [InlineData("bytes=-10", 90, 10)]
    [InlineData("bytes=-1000", 0, 100)]
    [InlineData("Bytes= 5-5", 5, 1)]
    public void A_range_is_read(string header, long offset, long length)
    {
        var range = ByteRange.Parse(header, 100);
        Assert.Equal(new ByteRange(offset, length, 100), range);
        Assert.Equal($"bytes {offset}-{offset + length - 1}/100", range?.ContentRange);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("items=0-1")]
    [InlineData("bytes=")]
    [InlineData("bytes=-")]
    [InlineData("bytes=5-1")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=0-1,3-4")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes=1-2x")]
    public void What_is_no_range_is_ignored(string? header) => Assert.Null(ByteRange.Parse(header, 100));

    [Theory]
    [InlineData("bytes=100-", 100)]
    [InlineData("bytes=-0", 100)]
    [InlineData("bytes=0-0", 0)]
    public void A_range_of_nothing_is_refused(string header, long total)
    {
        Assert.Equal(416, Assert.Throws<DicomWebException>(() => ByteRange.Parse(header, total)).Status);
        Assert.Equal($"bytes */{total}", ByteRange.Unsatisfied(total));
    }

    [Fact]
    public void A_bulk_data_uri_comes_back()
    {
        var item = new DataSet();
        item.SetBytes(DicomTag.PixelData, ValueRepresentation.OB, new byte[] { 1, 2 });
        var dataSet = new DataSet();
        dataSet.SetItems(DicomTag.IconImageSequence, new DataSet(), item);
        var source = BulkDataUri.Source(
            "/dicom-web",
            StudyInstanceUid.Parse("1.2"),
            SeriesInstanceUid.Parse("1.3"),
            SopInstanceUid.Parse("1.4"),
            element => element.Vr.IsBulk
        );
        string? uri = null;
        DicomJson.Write(dataSet, (path, element) => uri = source(path, element));
        Assert.Equal("/dicom-web/studies/1.2/series/1.3/instances/1.4/bulkdata/00880200/1/7FE00010", uri);
        Assert.True(BulkDataUri.TryParse(uri!, out var parsed));
        Assert.Equal(("1.2", "1.3", "1.4"), (parsed!.Study.Value, parsed.Series.Value, parsed.Instance.Value));
        Assert.Equal(2, ((ValueElement)parsed.Path.Find(dataSet)!).Bytes.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7FE0001")]
    [InlineData("7FE000100")]
    [InlineData("00880200/1")]
    [InlineData("00880200/x/7FE00010")]
    [InlineData("00880200/-1/7FE00010")]
    [InlineData("/7FE00010")]
    [InlineData("../7FE00010")]
    public void What_is_no_path_of_an_element_is_refused(string text) =>
        Assert.False(ElementPath.TryParse(text, out _));

    [Fact]
    public void A_path_is_no_deeper_than_real_ones() =>
        Assert.False(
            ElementPath.TryParse(
                string.Concat(Enumerable.Repeat("00880200/0/", ElementPath.DepthMax + 1)) + "7FE00010",
                out _
            )
        );

    [Fact]
    public void A_wado_uri_query_is_read()
    {
        var query = WadoUriQuery.Parse(
            $"?requestType=WADO&{Uids}&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2.4.80",
            "*/*"
        );
        Assert.Equal(("1.2", "1.3", "1.4"), (query.Study.Value, query.Series.Value, query.Instance.Value));
        Assert.Equal("application/dicom", Assert.Single(query.ContentTypes.Entries).MediaType.Essence);
        Assert.Equal("1.2.840.10008.1.2.4.80", query.TransferSyntax);
        Assert.False(query.AsksForRendering);
        Assert.True(WadoUriQuery.Parse($"requestType=WADO&{Uids}&rows=64", null).AsksForRendering);
    }

    [Theory]
    [InlineData(Uids)]
    [InlineData("requestType=QIDO&" + Uids)]
    [InlineData("requestType=WADO&studyUID=1.2&seriesUID=1.3")]
    [InlineData("requestType=WADO&studyUID=1.2&seriesUID=1.3&objectUID=../x")]
    [InlineData("requestType=WADO&studyUID=9&" + Uids)]
    [InlineData("requestType=WADO&anonymize=yes&" + Uids)]
    [InlineData("requestType=WADO&transferSyntax=*&" + Uids)]
    public void A_wrong_wado_uri_query_is_refused(string query) =>
        Assert.Equal(400, Assert.Throws<DicomWebException>(() => WadoUriQuery.Parse(query, null)).Status);
}
