namespace Leadglass.Server;

/// <summary>
/// What was asked cannot be done now. The message is one line for a person: what, where, what to do; it holds no patient
/// data.
/// </summary>
public sealed class ArchiveUnavailableException : Exception
{
    public ArchiveUnavailableException(string message)
        : base(message) { }

    public ArchiveUnavailableException(string message, Exception cause)
        : base(message, cause) { }
}
