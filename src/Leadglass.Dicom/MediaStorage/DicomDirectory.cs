namespace Leadglass.Dicom;

/// <summary>
/// A DICOMDIR: the directory of a file-set (PS3.10 8, PS3.3 F). Reading follows its links without trusting them: each
/// record counts once, wherever links lead, and what no link reaches is kept beside.
/// </summary>
public sealed class DicomDirectory
{
    internal DicomDirectory(
        DataSet attributes,
        IReadOnlyList<DirectoryRecord> roots,
        IReadOnlyList<DirectoryRecord> unlinked,
        int brokenLinks
    )
    {
        Attributes = attributes;
        Roots = roots;
        Unlinked = unlinked;
        BrokenLinkCount = brokenLinks;
    }

    /// <summary>The data set of the DICOMDIR.</summary>
    public DataSet Attributes { get; }

    /// <summary>The records of the root directory entity: patients, as a rule.</summary>
    public IReadOnlyList<DirectoryRecord> Roots { get; }

    /// <summary>Records in use that no link reaches; where links are missing altogether, none: their order then tells.</summary>
    public IReadOnlyList<DirectoryRecord> Unlinked { get; }

    /// <summary>Links that lead nowhere, or to a record that another link had.</summary>
    public int BrokenLinkCount { get; }

    /// <summary>Every record, from the top down, unlinked ones last.</summary>
    public IEnumerable<DirectoryRecord> AllRecords()
    {
        var waiting = new Stack<DirectoryRecord>(Roots.Concat(Unlinked).Reverse());
        while (waiting.TryPop(out var record))
        {
            yield return record;
            for (var i = record.Children.Count - 1; i >= 0; i--)
            {
                waiting.Push(record.Children[i]);
            }
        }
    }

    /// <summary>The records that stand for files, each file once.</summary>
    public IEnumerable<DirectoryRecord> ReferencedFiles() =>
        AllRecords().Where(record => record.ReferencedFile is not null).DistinctBy(record => record.ReferencedFile);

    /// <summary>Reads a DICOMDIR that lies in memory.</summary>
    /// <exception cref="DicomFormatException">It is no DICOM file, no directory, or exceeds a limit.</exception>
    public static DicomDirectory Read(ReadOnlyMemory<byte> bytes, ReadLimits? limits = null) =>
        DicomDirectoryReader.Read(bytes, limits ?? ReadLimits.Default);

    /// <summary>How many records there are.</summary>
    public override string ToString() => $"{nameof(DicomDirectory)} of {Roots.Count} root records";
}
