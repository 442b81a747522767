using Leadglass.Testing;

namespace Leadglass.Browser.Tests;

/// <summary>The images of the archive that all tests look at. Their patients are plainly made up.</summary>
internal static class TestImages
{
    public const int Slices = 12;

    /// <summary>What a hostile modality sends: markup and script in every text that a page might show.</summary>
    public const string Markup = "<img src=x onerror=alert(1)>";

    private const string Root = "2.25.7551";

    /// <summary>A CT series of a patient with umlauts.</summary>
    public static IReadOnlyList<TestImage> Head { get; } =
    [
        .. Enumerable
            .Range(1, Slices)
            .Select(number => new TestImage
            {
                PatientName = "MÜLLER-PHANTOM^ÄNNE",
                PatientId = "BRW-1",
                StudyUid = $"{Root}.1",
                Modality = "CT",
                StudyDescription = "Schädel nativ",
                SeriesDescription = "Axial 2.0",
                Accession = "BRW-A1",
                Number = number,
            }),
    ];

    /// <summary>An ultrasound clip in colour; it is stored as JPEG.</summary>
    public static TestImage Clip { get; } =
        new()
        {
            PatientName = "PHANTOM^ECHO",
            PatientId = "BRW-2",
            StudyUid = $"{Root}.2",
            Modality = "US",
            StudyDescription = "Herzecho",
            SeriesDescription = "Clip",
            Rows = 240,
            Columns = 320,
            Frames = 8,
        };

    public static TestImage Hostile { get; } =
        new()
        {
            // An equals sign would divide the name's groups (PS3.5 6.2).
            PatientName = "<script>alert(2)</script>^\"><b>bold</b>",
            PatientId = "BRW-3'\"><b>",
            StudyUid = $"{Root}.3",
            Modality = "CT",
            StudyDescription = $"{Markup}\"'`",
            SeriesDescription = "</script><svg onload=alert(3)>",
            Accession = "'\"><u>",
            ReferringPhysician = "{{7*7}}^javascript:alert(4)",
        };

    public static IReadOnlyList<TestImage> All { get; } = [.. Head, Clip, Hostile];

    /// <summary>A real mammogram, JPEG lossless, 12 bit; null where the real files are absent.</summary>
    public static string? Mammogram { get; } =
        SharedData.Files.FirstOrDefault(file => file.EndsWith("/Test Data/GH133.dcm", StringComparison.Ordinal));
}
