using System.Collections.Frozen;

namespace Leadglass.Dicom.Web;

/// <summary>The parameters of a WADO-URI retrieval (PS3.18 9.4, 9.5).</summary>
public sealed class WadoUriQuery
{
    // PS3.18 9.5.2: how to render, which needs more than the stored instance.
    private static readonly FrozenSet<string> Rendering = FrozenSet.Create(
        StringComparer.Ordinal,
        "annotation",
        "columns",
        "frameNumber",
        "iccprofile",
        "imageAnnotation",
        "imageQuality",
        "presentationSeriesUID",
        "presentationUID",
        "region",
        "rows",
        "viewport",
        "windowCenter",
        "windowWidth"
    );

    private WadoUriQuery(
        StudyInstanceUid study,
        SeriesInstanceUid series,
        SopInstanceUid instance,
        AcceptHeader contentTypes,
        string? transferSyntax,
        bool asksForRendering
    )
    {
        Study = study;
        Series = series;
        Instance = instance;
        ContentTypes = contentTypes;
        TransferSyntax = transferSyntax;
        AsksForRendering = asksForRendering;
    }

    /// <summary>studyUID.</summary>
    public StudyInstanceUid Study { get; }

    /// <summary>seriesUID.</summary>
    public SeriesInstanceUid Series { get; }

    /// <summary>objectUID.</summary>
    public SopInstanceUid Instance { get; }

    /// <summary>contentType, or whatever the Accept header allows (PS3.18 9.4.2.1).</summary>
    public AcceptHeader ContentTypes { get; }

    /// <summary>transferSyntax; null means Explicit VR Little Endian (PS3.18 9.4.2.4).</summary>
    public string? TransferSyntax { get; }

    /// <summary>A parameter of rendered images was given.</summary>
    public bool AsksForRendering { get; }

    /// <summary>Reads the query.</summary>
    /// <param name="rawQuery">As it stands in the request line.</param>
    /// <param name="acceptHeader">The Accept header.</param>
    /// <exception cref="DicomWebException">400: a parameter is missing, twice or malformed, or asks for a de-identified
    /// object, which is not made.</exception>
    public static WadoUriQuery Parse(string? rawQuery, string? acceptHeader)
    {
        var parameters = QueryParameters.Parse(rawQuery);
        if (parameters.Single("requestType") != "WADO")
        {
            throw DicomWebException.BadRequest("The query parameter requestType must be WADO (PS3.18 9.4.1.1).");
        }

        if (parameters.Single("anonymize") is not null)
        {
            throw DicomWebException.BadRequest("The query parameter anonymize is not supported.");
        }

        var syntax = parameters.Single("transferSyntax");
        if (syntax is not null && !UidSyntax.IsValid(syntax))
        {
            throw DicomWebException.BadRequest("The query parameter transferSyntax is no UID.");
        }

        var contentType = parameters.All.FirstOrDefault(parameter => parameter.Name == "contentType")?.LiteralValue;
        _ = parameters.Single("contentType");
        return new WadoUriQuery(
            StudyInstanceUid.TryParse(parameters.Single("studyUID"), out var study) ? study : throw NoUid("studyUID"),
            SeriesInstanceUid.TryParse(parameters.Single("seriesUID"), out var series)
                ? series
                : throw NoUid("seriesUID"),
            SopInstanceUid.TryParse(parameters.Single("objectUID"), out var instance)
                ? instance
                : throw NoUid("objectUID"),
            AcceptHeader.Parse(contentType ?? acceptHeader),
            syntax,
            parameters.All.Any(parameter => Rendering.Contains(parameter.Name))
        );
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => nameof(WadoUriQuery);

    private static DicomWebException NoUid(string name) =>
        DicomWebException.BadRequest($"The query parameter {name} must be there once and be a UID.");
}
