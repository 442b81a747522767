namespace Leadglass.Exposure;

/// <summary>How an audit is made.</summary>
public sealed record AuditOptions
{
    /// <summary>Where its files are kept.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether counting goes on to the end instead of sampling.</summary>
    public bool IsThorough { get; init; }

    /// <summary>Which part of the targets.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Lists of open ports that others found: the networks are not walked then.</summary>
    public IReadOnlyList<string> Imports { get; init; } = [];

    /// <summary>Whether an audit that was interrupted goes on.</summary>
    public bool IsResumed { get; init; }

    /// <summary>Fingerprints that are added to those of the program; null for none.</summary>
    public string? FingerprintFile { get; init; }

    /// <summary>Hosts that are probed at one time, 1 to 256.</summary>
    public int WorkersMax { get; init; } = 32;
}

/// <summary>An audit that cannot begin. The message says what to do.</summary>
public sealed class AuditException(string message, Exception? inner = null) : Exception(message, inner);
