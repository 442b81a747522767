using System.Net;

namespace Leadglass.Exposure.Tests;

/// <summary>Observations as a probe would hand them over.</summary>
internal static class Seen
{
    public static DateTimeOffset At { get; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static IPAddress Host { get; } = IPAddress.Parse("192.0.2.10");

    public static RungAnswer Rung(Rung rung, Answer answer, string response = "0000") =>
        new(rung, answer, response, "the server said so.", At);

    public static DicomObservation Dicom(
        int port,
        Answer query,
        Answer retrieve = Answer.Unknown,
        Answer echo = Answer.Open,
        ExposedRecords? records = null
    ) =>
        new()
        {
            Target = new ProbeTarget(Host, port),
            SpeaksDicom = true,
            Records = records,
            Rungs =
            [
                Rung(Exposure.Rung.Identify, Answer.Open),
                Rung(Exposure.Rung.Echo, echo),
                Rung(Exposure.Rung.NullQuery, query, query == Answer.Closed ? "0124" : "0000"),
                Rung(Exposure.Rung.NullRetrieve, retrieve),
            ],
        };

    public static WebObservation Web(
        int port,
        Answer query,
        Answer retrieve = Answer.Unknown,
        ExposedRecords? records = null
    ) =>
        new()
        {
            Target = new ProbeTarget(Host, port),
            SpeaksHttp = true,
            SpeaksDicomWeb = true,
            Root = "/dicom-web",
            Records = records,
            Rungs =
            [
                Rung(Exposure.Rung.NullQuery, query, query == Answer.Closed ? "HTTP 401" : "HTTP 200"),
                Rung(Exposure.Rung.NullRetrieve, retrieve, "HTTP 404"),
            ],
        };

    public static ExposedRecords Counted(
        CountKind kind,
        long studies,
        long? images = null,
        int? first = null,
        int? last = null
    ) =>
        new(
            images is { } number
                ?
                [
                    new RecordCount(CountUnit.Studies, kind, studies, "a test"),
                    new RecordCount(CountUnit.Images, kind, number, "a test"),
                ]
                : [new RecordCount(CountUnit.Studies, kind, studies, "a test")],
            new Dictionary<string, long>(StringComparer.Ordinal),
            first,
            last,
            null
        );

    /// <summary>The finding of a host with these observations.</summary>
    public static Finding Finding(params object[] observations) =>
        new ExposedSystem(
            Host,
            [.. observations.OfType<DicomObservation>()],
            [.. observations.OfType<WebObservation>()]
        ).ToFinding(ProductIdentification.Unknown, null, isDevice: false)!;
}
