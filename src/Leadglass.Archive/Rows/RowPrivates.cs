using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Private attributes that rows have and nothing that leaves does.</summary>
internal static class RowPrivates
{
    private const ushort Group = 0x0009;

    /// <summary>The tags in which instances differ.</summary>
    public static DicomTag Differences { get; } = new(Group, 0x1001);

    /// <summary>The tokens of the patients that a corrected study had before.</summary>
    public static DicomTag FormerPatients { get; } = new(Group, 0x1002);

    /// <summary>The departments of a study's series.</summary>
    public static DicomTag Departments { get; } = new(Group, 0x1003);

    private static DicomTag Creator { get; } = new(Group, 0x0010);

    public static void SetCreator(DataSet row) => row.SetText(Creator, ValueRepresentation.LO, "LEADGLASS");
}
