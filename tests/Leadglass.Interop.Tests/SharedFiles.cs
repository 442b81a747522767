using System.Text.RegularExpressions;
using Leadglass.Testing;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>The real files, as the tests want them.</summary>
internal static partial class SharedFiles
{
    private static readonly HashSet<string> StorableSyntaxes =
    [
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.5",
        "1.2.840.10008.1.2.8.1",
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.53",
        "1.2.840.10008.1.2.4.55",
        "1.2.840.10008.1.2.4.57",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.81",
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.102",
        "1.2.840.10008.1.2.4.110",
        "1.2.840.10008.1.2.4.111",
        "1.2.840.10008.1.2.4.112",
        "1.2.840.10008.1.2.4.201",
        "1.2.840.10008.1.2.4.202",
    ];

    /// <summary>Files that end in the middle of a value: no tool reads them to the end, and they are refused.</summary>
    private static readonly string[] Broken =
    [
        "GH179B.dcm",
        "emri_small_jpeg_2k_lossless_too_short.dcm",
        "MR_truncated.dcm",
        "rtplan_truncated.dcm",
    ];

    /// <summary>Every file that can be stored, hostile ones aside, no two of one identity.</summary>
    public static IReadOnlyList<RawFile> Storable() =>
        Unambiguous([
            .. SharedData.Files.Where(f => !IsHostile(f)).Select(RawFile.TryRead).OfType<RawFile>().Where(IsStorable),
        ]);

    /// <summary>It ends in the middle of a value.</summary>
    public static bool IsBroken(RawFile file) => Broken.Contains(Path.GetFileName(file.Path));

    /// <summary>Images that every tool reads, no two of one SOP instance UID.</summary>
    public static IEnumerable<RawFile> Valid()
    {
        if (SharedData.Root is null)
        {
            Assert.Skip(SharedData.Absent);
        }

        return SharedData
            .Files.Where(f => !f.Contains("fuzzing") && !f.Contains("invalid") && !f.Contains("trunc"))
            .Where(f => !f.Contains("short"))
            .Select(RawFile.TryRead)
            .OfType<RawFile>()
            .Where(f => HasIdentity(f) && f.Elements.Any(e => e.Tag == 0x00280010))
            .DistinctBy(f => f.SopInstanceUid);
    }

    /// <summary>Whether it is of a storage SOP class and has the three UIDs that storage needs.</summary>
    public static bool HasIdentity(RawFile file) =>
        file.SopClassUid is { } sopClass
        && sopClass.StartsWith("1.2.840.10008.5.1.4.1.1.", StringComparison.Ordinal)
        && IsUid(file.SopInstanceUid)
        && IsUid(file.StudyInstanceUid)
        && IsUid(file.SeriesInstanceUid);

    /// <summary>
    /// Files that share UIDs with an earlier one (the same image in another syntax, a study of two patients) get UIDs of
    /// their own, of the same length, so that identity rules do not come into it.
    /// </summary>
    private static List<RawFile> Unambiguous(IReadOnlyList<RawFile> files)
    {
        HashSet<string> instances = [];
        Dictionary<string, string> patientOfStudy = [];
        Dictionary<string, string> studyOfSeries = [];
        List<RawFile> result = [];
        foreach (var (index, original) in files.Index())
        {
            var isTaken =
                instances.Contains(original.SopInstanceUid!)
                || patientOfStudy.GetValueOrDefault(original.StudyInstanceUid!, Patient(original)) != Patient(original)
                || studyOfSeries.GetValueOrDefault(original.SeriesInstanceUid!, original.StudyInstanceUid!)
                    != original.StudyInstanceUid;
            if (isTaken && original.IsDeflated)
            {
                continue;
            }

            var file = isTaken ? original.WithFreshUids(index) : original;
            instances.Add(file.SopInstanceUid!);
            patientOfStudy[file.StudyInstanceUid!] = Patient(file);
            studyOfSeries[file.SeriesInstanceUid!] = file.StudyInstanceUid!;
            result.Add(file);
        }

        return result;
    }

    private static string Patient(RawFile file) => $"{file.Text(0x00100020)}^{file.Text(0x00100021)}";

    public static bool IsHostile(string path) => path.Contains("pwnlabmx+dicom-fuzzing-corpus");

    public static bool IsStorable(RawFile file) => StorableSyntaxes.Contains(file.TransferSyntax) && HasIdentity(file);

    private static bool IsUid(string? text) => text is { Length: > 0 and <= 64 } && Uid().IsMatch(text);

    [GeneratedRegex(@"^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Uid();
}
