namespace Leadglass.Dicom.Web.Tests;

/// <summary>PS3.18 8.7.3 to 8.7.8 as a table: what is accepted, what is stored, what is given.</summary>
public sealed class RepresentationChoiceTests
{
    private const string Explicit = "1.2.840.10008.1.2.1";
    private const string Implicit = "1.2.840.10008.1.2";
    private const string BigEndian = "1.2.840.10008.1.2.2";
    private const string Baseline = "1.2.840.10008.1.2.4.50";
    private const string Lossless = "1.2.840.10008.1.2.4.70";
    private const string JpegLs = "1.2.840.10008.1.2.4.80";
    private const string Htj2k = "1.2.840.10008.1.2.4.201";
    private const string Mpeg4 = "1.2.840.10008.1.2.4.102";
    private const string Multi = "multipart/related; type=\"application/dicom\"";
    private const string Octets = "multipart/related; type=\"application/octet-stream\"";

    [Theory]
    // Without a parameter Explicit VR Little Endian, whatever is stored; with * what is stored.
    [InlineData(Multi, Explicit, Explicit, true)]
    [InlineData(Multi, Implicit, Explicit, true)]
    [InlineData(Multi, BigEndian, Explicit, true)]
    [InlineData(Multi, JpegLs, Explicit, true)]
    [InlineData(Multi + "; transfer-syntax=*", JpegLs, JpegLs, true)]
    [InlineData(Multi + "; transfer-syntax=*", Implicit, Implicit, true)]
    [InlineData(Multi + "; transfer-syntax=" + JpegLs, JpegLs, JpegLs, true)]
    [InlineData("application/dicom; transfer-syntax=*", Baseline, Baseline, false)]
    [InlineData("application/dicom", Baseline, Explicit, false)]
    [InlineData("*/*", Baseline, Explicit, true)]
    [InlineData(null, Baseline, Explicit, true)]
    [InlineData("multipart/related", Baseline, Explicit, true)]
    [InlineData("multipart/*", Baseline, Explicit, true)]
    // The one that is preferred and can be had.
    [InlineData(
        "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.4.90, multipart/related; type=\"application/dicom\"; transfer-syntax=*; q=0.5",
        Baseline,
        Baseline,
        true
    )]
    [InlineData("application/dicom;q=0.4, multipart/related;type=application/dicom;q=0.5", Explicit, Explicit, true)]
    public void An_instance_is_given(string? accept, string stored, string given, bool isMultipart)
    {
        var found = Find(accept, RequestedResource.Instances, stored);
        Assert.Equal(given, found?.TransferSyntax?.Uid);
        Assert.Equal(isMultipart, found?.IsMultipart);
        Assert.Equal($"application/dicom; transfer-syntax={given}", found?.MediaType.ToString());
    }

    [Theory]
    [InlineData("application/dicom+json", Explicit)]
    [InlineData("image/jpeg", Baseline)]
    [InlineData("application/dicom;q=0", Explicit)]
    [InlineData(Multi + "; transfer-syntax=" + Baseline, JpegLs)]
    [InlineData(Multi + "; transfer-syntax=1.2.3", Explicit)]
    [InlineData("multipart/related; type=\"application/dicom+xml\"", Explicit)]
    // Video is not decoded.
    [InlineData(Multi, Mpeg4)]
    public void An_instance_is_not_acceptable(string accept, string stored)
    {
        Assert.Null(Find(accept, RequestedResource.Instances, stored));
        var refusal = Assert.Throws<DicomWebException>(() =>
            RepresentationChoice
                .Of(AcceptHeader.Parse(accept), RequestedResource.Instances, isOne: true)
                .Require(TransferSyntax.Find(stored)!, CanGive(stored))
        );
        Assert.Equal(406, refusal.Status);
        Assert.Contains($"application/dicom; transfer-syntax={stored}", refusal.Available);
    }

    [Theory]
    [InlineData(Octets, Explicit, "application/octet-stream", Explicit)]
    [InlineData(Octets, JpegLs, "application/octet-stream", Explicit)]
    [InlineData(Octets + "; transfer-syntax=*", JpegLs, "application/octet-stream", JpegLs)]
    [InlineData(Octets + "; transfer-syntax=*", BigEndian, "application/octet-stream", Explicit)]
    [InlineData(Octets + "; transfer-syntax=*", Implicit, "application/octet-stream", Explicit)]
    [InlineData("multipart/related; type=\"image/jls\"", JpegLs, "image/jls", JpegLs)]
    [InlineData("multipart/related; type=\"image/jpeg\"", Baseline, "image/jpeg", Baseline)]
    [InlineData("multipart/related; type=\"image/jpeg\"", Lossless, "image/jpeg", Lossless)]
    [InlineData("multipart/related; type=\"image/jphc\"", Htj2k, "image/jphc", Htj2k)]
    [InlineData("multipart/related; type=\"image/*\"", JpegLs, "image/jls", JpegLs)]
    [InlineData("multipart/related; type=\"video/mp4\"", Mpeg4, "video/mp4", Mpeg4)]
    [InlineData("*/*; transfer-syntax=*", Baseline, "image/jpeg", Baseline)]
    [InlineData("*/*", Baseline, "application/octet-stream", Explicit)]
    [InlineData("*/*", Mpeg4, "video/mp4", Mpeg4)]
    [InlineData("image/jls, application/octet-stream;q=0.1", Baseline, "application/octet-stream", Explicit)]
    public void A_frame_is_given(string accept, string stored, string mediaType, string syntax)
    {
        var found = Find(accept, RequestedResource.Frames, stored);
        Assert.Equal($"{mediaType}; transfer-syntax={syntax}", found?.MediaType.ToString());
    }

    [Theory]
    [InlineData("image/jls", Baseline)]
    [InlineData("image/jpeg; transfer-syntax=" + Lossless, Baseline)]
    [InlineData(Octets, Mpeg4)]
    [InlineData("application/dicom", Explicit)]
    public void A_frame_is_not_acceptable(string accept, string stored) =>
        Assert.Null(Find(accept, RequestedResource.Frames, stored));

    [Theory]
    [InlineData("*/*", true)]
    [InlineData(Octets, true)]
    [InlineData("application/octet-stream", true)]
    [InlineData("application/*", true)]
    [InlineData("image/jpeg", false)]
    public void Bulk_data_is_octets(string accept, bool isGiven) =>
        Assert.Equal(isGiven, Find(accept, RequestedResource.BulkData, Explicit) is not null);

    [Fact]
    public void Of_several_instances_no_single_part_is_made()
    {
        var choice = RepresentationChoice.Of(
            AcceptHeader.Parse("application/dicom"),
            RequestedResource.Instances,
            isOne: false
        );
        Assert.Null(choice.Find(TransferSyntax.ExplicitVrLittleEndian, _ => true));
    }

    [Fact]
    public void The_query_parameter_names_the_transfer_syntax()
    {
        var choice = RepresentationChoice.Of(
            AcceptHeader.Parse("application/dicom"),
            RequestedResource.Instances,
            isOne: true,
            transferSyntax: JpegLs
        );
        Assert.Equal(JpegLs, choice.Find(TransferSyntax.Find(JpegLs)!, _ => false)?.TransferSyntax?.Uid);
    }

    [Theory]
    [InlineData(null, DataSetForm.DicomJson)]
    [InlineData("*/*", DataSetForm.DicomJson)]
    [InlineData("application/dicom+json", DataSetForm.DicomJson)]
    [InlineData("application/json", DataSetForm.Json)]
    [InlineData("application/*", DataSetForm.DicomJson)]
    [InlineData("multipart/related; type=\"application/dicom+xml\"", DataSetForm.MultipartXml)]
    [InlineData("application/dicom+xml", DataSetForm.MultipartXml)]
    [InlineData("text/html, application/xhtml+xml, */*;q=0.8", DataSetForm.DicomJson)]
    [InlineData("application/dicom+xml;q=0.5, application/dicom+json", DataSetForm.DicomJson)]
    [InlineData("*/*, application/dicom+json;q=0, application/json;q=0.1", DataSetForm.Json)]
    public void Data_sets_are_given(string? accept, DataSetForm form) =>
        Assert.Equal(form, RepresentationChoice.OfDataSets(AcceptHeader.Parse(accept)));

    [Theory]
    [InlineData("text/html")]
    [InlineData("multipart/related; type=\"application/dicom\"")]
    [InlineData("application/dicom+json;q=0")]
    public void Data_sets_are_not_acceptable(string accept)
    {
        var refusal = Assert.Throws<DicomWebException>(() =>
            RepresentationChoice.OfDataSets(AcceptHeader.Parse(accept))
        );
        Assert.Equal(406, refusal.Status);
        Assert.Contains("application/dicom+json", refusal.Available);
    }

    // Like the archive: what is native converts, lossless and lossy images are decoded, video is not.
    private static Predicate<TransferSyntax> CanGive(string stored) =>
        wanted => wanted == TransferSyntax.ExplicitVrLittleEndian && stored != Mpeg4;

    private static Representation? Find(string? accept, RequestedResource resource, string stored) =>
        RepresentationChoice
            .Of(AcceptHeader.Parse(accept), resource, isOne: true)
            .Find(TransferSyntax.Find(stored)!, CanGive(stored));
}
