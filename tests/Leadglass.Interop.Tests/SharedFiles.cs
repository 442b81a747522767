using System.Text.RegularExpressions;
using Leadglass.Testing;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>The real files, as the tests want them.</summary>
internal static partial class SharedFiles
{
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

    private static bool IsUid(string? text) => text is { Length: > 0 and <= 64 } && Uid().IsMatch(text);

    [GeneratedRegex(@"^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Uid();
}
