using System.Text;
using Leadglass.Server.SelfExamination;

namespace Leadglass.Server.Tests.SelfExamination;

/// <summary>What on a page for strangers is data of an archive, and what only looks like it.</summary>
public sealed class DataBearingTests
{
    [Theory]
    [InlineData("application/json", """[{"00100010":{"vr":"PN","Value":[{"Alphabetic":"PHANTOM^ANNA"}]}}]""")]
    [InlineData("application/json", """{ "0020000D" : { "vr" : "UI" } }""")]
    [InlineData("text/xml", """<DicomAttribute keyword="PatientID" tag="00100020" vr="LO"/>""")]
    [InlineData("text/html", "<p>1.2.840.113619.2.55.3.604688119</p>")]
    [InlineData("text/html", "<a href='/studies/2.25.329800735698586629295641978511506172918'>")]
    [InlineData("application/dicom+json", "[]")]
    [InlineData("multipart/related", "--x--")]
    [InlineData("image/jpeg", "x")]
    public void Data_is_told(string mediaType, string body) =>
        Assert.True(DataBearing.Is(mediaType, Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void A_dicom_file_is_told_whatever_it_is_called() =>
        Assert.True(DataBearing.Is("text/plain", [.. new byte[128], .. "DICM"u8]));

    /// <summary>Nothing that a name, a notice or a path made up by a look puts on a page closes a service.</summary>
    [Theory]
    [InlineData("text/html", "Praxis \"20261123\", version 1.2.3.4.5, 10.1.2.3, \"deadbeef\"")]
    [InlineData("text/html", "/signin?return=%2Fstudies%2F2.25.1873645521")]
    [InlineData("text/html", "we take 1.2.840.10008.5.1.4.1.1.2 and 1.2.840.10008.1.2.4.90")]
    [InlineData("application/json", """{"challenge":"00100010","20261123":{"from":1}}""")]
    [InlineData("application/problem+json", """{"type":"about:blank","status":401}""")]
    [InlineData("image/svg+xml", "<svg><path d='M1.2 3.4.5.6.7'/></svg>")]
    [InlineData("application/dicom", "")]
    public void What_only_looks_like_data_is_none(string mediaType, string body) =>
        Assert.False(DataBearing.Is(mediaType, Encoding.UTF8.GetBytes(body)));
}
