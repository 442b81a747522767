using Leadglass.Testing.RawDicom;

namespace Leadglass.Testing.Lab;

/// <summary>
/// The records that every archive of a lab holds: patients who do not exist, with names, identifiers and birth dates that
/// stand nowhere else, so that each can be looked for byte by byte.
/// </summary>
public static class CanaryStudies
{
    private const string Root = "2.25.77314810571234";

    /// <summary>Studies, two images each.</summary>
    public const int Count = 3;

    public static IReadOnlyList<TestInstance> Instances { get; } =
    [.. Enumerable.Range(0, Count).SelectMany(study => (TestInstance[])[Of(study, 1), Of(study, 2)])];

    /// <summary>The UID of a study, for those who run the archive.</summary>
    public static string StudyUid(int study = 0) => $"{Root}.{study + 1}";

    /// <summary>Direct identifiers, by what they are: none of them may leave an archive.</summary>
    public static IReadOnlyList<(string What, string Text)> Identifiers { get; } =
    [
        ("family name", "Kanarienvogel"),
        ("family name", "Zeisigmann"),
        ("family name", "Stieglitzer"),
        ("given name", "Zwitschernde"),
        ("patient ID", "CNRY-PID-0815-1"),
        ("patient ID", "CNRY-PID-0815-2"),
        ("patient ID", "CNRY-PID-0815-3"),
        ("birth date", "19470817"),
        ("birth date", "19380219"),
        ("birth date", "19611103"),
        ("birth date", "1947-08-17"),
        ("accession number", "CNRYACC7731"),
        ("study description", "Canary study description"),
        ("referring physician", "Referrer^Made-up"),
    ];

    /// <summary>The UIDs of all studies, series and images begin with these digits.</summary>
    public static string UidRoot => Root;

    /// <summary>Writes them as files, for tools that store files.</summary>
    public static IReadOnlyList<string> WriteFiles(string folder)
    {
        Directory.CreateDirectory(folder);
        return
        [
            .. Instances.Select(
                (instance, index) =>
                {
                    var path = Path.Combine(folder, $"{index}.dcm");
                    File.WriteAllBytes(path, RawFile.Compose(instance.ToRaw()));
                    return path;
                }
            ),
        ];
    }

    private static TestInstance Of(int study, int instance) =>
        new()
        {
            StudyInstanceUid = StudyUid(study),
            SeriesInstanceUid = $"{StudyUid(study)}.2",
            SopInstanceUid = $"{StudyUid(study)}.2.{instance}",
            PatientName = ((string[])["Kanarienvogel", "Zeisigmann", "Stieglitzer"])[study] + "^Zwitschernde",
            PatientId = $"CNRY-PID-0815-{study + 1}",
            BirthDate = ((string[])["19470817", "19380219", "19611103"])[study],
            StudyDate = ((string[])["20140311", "20190423", "20221130"])[study],
            AccessionNumber = $"CNRYACC7731{study}",
            StudyDescription = "Canary study description",
            InstanceNumber = instance,
            Rows = 16,
            Columns = 16,
        };
}
