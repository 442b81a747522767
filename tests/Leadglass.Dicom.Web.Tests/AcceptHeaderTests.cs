namespace Leadglass.Dicom.Web.Tests;

public sealed class AcceptHeaderTests
{
    [Theory]
    [InlineData(null, "*/*")]
    [InlineData("", "*/*")]
    [InlineData("  ", "*/*")]
    [InlineData("application/dicom+json", "application/dicom+json")]
    [InlineData("a/b;q=0.5, c/d, e/f;q=0.7", "c/d e/f a/b")]
    [InlineData("*/*, image/*, image/jls", "image/jls image/* */*")]
    [InlineData("a/b;q=0, c/d", "c/d a/b")]
    [InlineData(",, a/b ,", "a/b")]
    [InlineData("APPLICATION/Dicom", "application/dicom")]
    public void Types_come_in_the_order_of_preference(string? header, string expected) =>
        Assert.Equal(
            expected,
            string.Join(' ', AcceptHeader.Parse(header).Entries.Select(entry => entry.MediaType.Essence))
        );

    [Fact]
    public void Parameters_are_read_with_and_without_quotes()
    {
        var accept = AcceptHeader.Parse(
            "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*, multipart/related;type=application/dicom;q=0.25"
        );
        Assert.Equal("application/octet-stream", accept.Entries[0].MediaType.Parameter("type"));
        Assert.Equal("*", accept.Entries[0].MediaType.Parameter("transfer-syntax"));
        Assert.Equal("application/dicom", accept.Entries[1].MediaType.Parameter("type"));
        Assert.Equal(250, accept.Entries[1].Quality);
        Assert.Null(accept.Entries[1].MediaType.Parameter("q"));
    }

    [Fact]
    public void The_query_parameter_goes_before_the_header() =>
        Assert.Equal(
            ["application/dicom+xml", "text/html"],
            AcceptHeader
                .Parse("text/html", "application/dicom+xml;q=0.1")
                .Entries.Select(entry => entry.MediaType.Essence)
        );

    [Theory]
    [InlineData("application")]
    [InlineData("application/")]
    [InlineData("/dicom")]
    [InlineData("*/dicom")]
    [InlineData("a/b c/d")]
    [InlineData("a/b;q=2")]
    [InlineData("a/b;q=x")]
    [InlineData("a/b;q=-1")]
    [InlineData("a/b;x=\"open")]
    [InlineData("a/b;x=1;x=2")]
    [InlineData("a/b;=1")]
    [InlineData("a/b;x=\"a\u0001b\"")]
    [InlineData("a\0/b")]
    public void What_is_malformed_is_a_bad_request(string header) =>
        Assert.Equal(400, Assert.Throws<DicomWebException>(() => AcceptHeader.Parse(header)).Status);

    [Fact]
    public void Length_and_count_are_bounded()
    {
        var many = string.Join(',', Enumerable.Repeat("a/b", AcceptHeader.EntriesMax + 1));
        Assert.Equal(400, Assert.Throws<DicomWebException>(() => AcceptHeader.Parse(many)).Status);
        var lengthy = $"a/{new string('b', AcceptHeader.LengthMax)}";
        Assert.Equal(400, Assert.Throws<DicomWebException>(() => AcceptHeader.Parse(lengthy)).Status);
        var parameters = string.Concat(Enumerable.Range(0, MediaType.ParametersMax + 1).Select(i => $";p{i}=1"));
        Assert.Equal(400, Assert.Throws<DicomWebException>(() => AcceptHeader.Parse($"a/b{parameters}")).Status);
    }

    [Theory]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=x")]
    [InlineData("application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50")]
    [InlineData("a/b; x=\"a \\\"quoted\\\" \\\\ one\"")]
    public void A_media_type_is_written_as_it_is_read(string text) =>
        Assert.Equal(text, MediaType.Parse(text).ToString());
}
