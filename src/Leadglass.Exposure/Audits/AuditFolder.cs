namespace Leadglass.Exposure;

/// <summary>The folder of an audit: its owner's alone, and never two audits in one.</summary>
internal static class AuditFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly string[] Files =
    [
        AuditDocument.FileName,
        ScanJournal.FileName,
        FindingJournal.FileName,
        DecisionLog.FileName,
    ];

    /// <summary>Makes the folder ready.</summary>
    /// <returns>Whether there is an audit to go on with.</returns>
    /// <exception cref="AuditException">It holds another audit, or cannot be made.</exception>
    public static bool Open(string path, bool isResumed)
    {
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            if (File.Exists(Path.Combine(path, ScanJournal.FileName)))
            {
                return isResumed
                    ? true
                    : throw new AuditException(
                        $"{path} holds an audit already: give another folder, or --resume to go on with that one"
                    );
            }
            if (Files.FirstOrDefault(name => File.Exists(Path.Combine(path, name))) is { } stray)
            {
                throw new AuditException($"{path} holds a file {stray} of something else: give another folder");
            }
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new AuditException($"{path} cannot be made ready: {failure.Message}", failure);
        }
    }
}
