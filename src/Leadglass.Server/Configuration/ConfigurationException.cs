namespace Leadglass.Server.Configuration;

/// <summary>The configuration is mistaken; every mistake is named at once, with its key and where it stands.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> mistakes)
    : Exception(string.Join(Environment.NewLine, mistakes))
{
    /// <summary>One line each.</summary>
    public IReadOnlyList<string> Mistakes { get; } = mistakes;
}
