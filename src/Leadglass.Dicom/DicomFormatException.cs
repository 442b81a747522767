namespace Leadglass.Dicom;

/// <summary>
/// Bytes that are not DICOM, or that ask for more than a limit allows. Says where and by which clause, never what the
/// value was.
/// </summary>
public sealed class DicomFormatException : Exception
{
    public DicomFormatException(string problem, long position, DicomTag? tag, string clause, Exception? inner = null)
        : base(Describe(problem, position, tag, clause), inner)
    {
        Problem = problem;
        Position = position;
        Tag = tag;
        Clause = clause;
    }

    /// <summary>What is wrong, in one clause without a full stop.</summary>
    public string Problem { get; }

    /// <summary>Offset in bytes from the start of what was read; for deflated data sets, of the inflated bytes.</summary>
    public long Position { get; }

    /// <summary>The attribute at which it was found, where one was known.</summary>
    public DicomTag? Tag { get; }

    /// <summary>The clause of the standard, such as "PS3.5 7.1.2", or the name of the limit.</summary>
    public string Clause { get; }

    private static string Describe(string problem, long position, DicomTag? tag, string clause) =>
        tag is { } known
            ? $"{problem} at byte {position}, attribute {known} ({clause})."
            : $"{problem} at byte {position} ({clause}).";
}
