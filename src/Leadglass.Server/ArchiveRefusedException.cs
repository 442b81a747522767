namespace Leadglass.Server;

/// <summary>What was asked is not allowed, or makes no sense; nothing was done. One line for a person, no patient data.</summary>
/// <param name="isUsage">True: the request itself is mistaken. False: it is refused.</param>
public sealed class ArchiveRefusedException(bool isUsage, string message) : Exception(message)
{
    public bool IsUsage { get; } = isUsage;
}
