namespace Leadglass.Dicom.Web;

/// <summary>
/// The URI of a bulk data value: path-absolute, ROOT/studies/S/series/X/instances/I/bulkdata/PATH, so that it holds behind
/// any host name (PS3.18 10.4.1.1.5, F.2.2).
/// </summary>
public sealed record BulkDataUri(
    StudyInstanceUid Study,
    SeriesInstanceUid Series,
    SopInstanceUid Instance,
    ElementPath Path
)
{
    /// <summary>The segment before the element's path.</summary>
    public const string Segment = "bulkdata";

    /// <summary>Gives the attributes of an instance their URIs.</summary>
    /// <param name="root">Where the services are: an absolute path without slash at its end, such as /dicom-web.</param>
    /// <param name="isBulk">Which attributes are given by URI.</param>
    public static BulkDataUriSource Source(
        string root,
        StudyInstanceUid study,
        SeriesInstanceUid series,
        SopInstanceUid instance,
        Predicate<DataElement> isBulk
    )
    {
        var prefix = $"{root}/studies/{study.Value}/series/{series.Value}/instances/{instance.Value}/{Segment}/";
        return (path, element) => isBulk(element) ? prefix + path : null;
    }

    /// <summary>Reads a URI; false when it is none of ours.</summary>
    /// <param name="uri">Absolute or path-absolute.</param>
    public static bool TryParse(string uri, out BulkDataUri? parsed)
    {
        parsed = null;
        const string studies = "/studies/";
        var start = uri.IndexOf(studies, StringComparison.Ordinal);
        if (start < 0)
        {
            return false;
        }

        var parts = uri[(start + studies.Length)..].Split('/', 7);
        if (
            parts is not [var s, "series", var x, "instances", var i, Segment, var path]
            || !StudyInstanceUid.TryParse(s, out var study)
            || !SeriesInstanceUid.TryParse(x, out var series)
            || !SopInstanceUid.TryParse(i, out var instance)
            || !ElementPath.TryParse(path, out var element)
        )
        {
            return false;
        }

        parsed = new BulkDataUri(study, series, instance, element);
        return true;
    }

    /// <summary>Reveals nothing: a UID leads to a patient.</summary>
    public override string ToString() => nameof(BulkDataUri);
}
