namespace Leadglass.Dicom.Web;

/// <summary>
/// A request that PS3.18 does not allow, or that asks for more than a limit: becomes the response's status and problem
/// details. Says what and where, by parameter, header or tag; never a value.
/// </summary>
public sealed class DicomWebException : Exception
{
    /// <param name="status">The HTTP status, 400 to 599.</param>
    /// <param name="title">The kind of mistake, the same for each of its kind.</param>
    /// <param name="detail">What is wrong here and what to do.</param>
    /// <param name="available">For 406 and 415: the media types that can be had.</param>
    /// <param name="inner">What it came from.</param>
    public DicomWebException(
        int status,
        string title,
        string detail,
        IReadOnlyList<string>? available = null,
        Exception? inner = null
    )
        : base(detail, inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        Status = status;
        Title = title;
        Available = available ?? [];
    }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>The kind of mistake.</summary>
    public string Title { get; }

    /// <summary>What is wrong here and what to do.</summary>
    public string Detail => Message;

    /// <summary>For 406 and 415: the media types that can be had; else none.</summary>
    public IReadOnlyList<string> Available { get; }

    internal static DicomWebException BadRequest(string detail, Exception? inner = null) =>
        new(400, "Bad request", detail, inner: inner);

    internal static DicomWebException TooLarge(string detail) => new(413, "Too large", detail);

    internal static DicomWebException NotAcceptable(string detail, IReadOnlyList<string> available) =>
        new(406, "Not acceptable", detail, available);

    internal static DicomWebException Unsupported(string detail, IReadOnlyList<string> available) =>
        new(415, "Unsupported media type", detail, available);
}
