namespace Leadglass.Dicom.Web;

/// <summary>What is sent of one instance, frame or bulk data value.</summary>
/// <param name="IsMultipart">The response is multipart/related, one part for each.</param>
/// <param name="MediaType">Of the part or, in a single-part response, of the whole, with its transfer-syntax parameter.</param>
/// <param name="TransferSyntax">In which transfer syntax; null for bulk data that has none of its own.</param>
public sealed record Representation(bool IsMultipart, MediaType MediaType, TransferSyntax? TransferSyntax)
{
    /// <summary>The Content-Type of a multipart response of such parts.</summary>
    /// <param name="boundary">The boundary, of <see cref="MultipartWriter.NewBoundary"/>.</param>
    public MediaType MultipartType(string boundary) =>
        MediaType.MultipartRelated.With("type", MediaType.Essence).With("boundary", boundary);
}

/// <summary>What kind of resource is asked for: each has its own media types (PS3.18 8.7.4, 10.4.4).</summary>
public enum RequestedResource
{
    /// <summary>Whole instances: application/dicom.</summary>
    Instances,

    /// <summary>Frames: octet-stream, or a media type of compressed pixel data.</summary>
    Frames,

    /// <summary>One bulk data value that is no pixel data: octet-stream.</summary>
    BulkData,
}

/// <summary>What is sent where the answer is data sets without bulk data: metadata, search results, store responses.</summary>
public enum DataSetForm
{
    /// <summary>application/dicom+json.</summary>
    DicomJson,

    /// <summary>application/json, the same under the name that was asked for.</summary>
    Json,

    /// <summary>multipart/related; type="application/dicom+xml", a part for each data set.</summary>
    MultipartXml,

    /// <summary>application/dicom+xml, for one data set.</summary>
    Xml,
}
