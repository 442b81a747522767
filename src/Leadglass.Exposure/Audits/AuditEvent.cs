namespace Leadglass.Exposure;

/// <summary>What an audit is at.</summary>
public enum AuditPhase
{
    /// <summary>Looking for open ports, and probing what was found.</summary>
    Discovering,

    /// <summary>All ports are tried; hosts are still being probed.</summary>
    Probing,

    /// <summary>Outside the scope's hours: nothing is sent until they begin again.</summary>
    Waiting,

    /// <summary>The document is written.</summary>
    Finished,
}

/// <summary>How far an audit is.</summary>
/// <param name="Phase">What it is at.</param>
/// <param name="Probed">Pairs of address and port that were tried, or excluded.</param>
/// <param name="Total">Pairs in all.</param>
/// <param name="PerSecond">Pairs per second, over the last seconds.</param>
/// <param name="Left">Time left until all pairs are tried, at this rate; null while it cannot be told.</param>
/// <param name="OpenPorts">Open ports found.</param>
/// <param name="HostsWaiting">Hosts with open ports that are not done.</param>
/// <param name="Systems">Systems that speak DICOM or DICOMweb.</param>
/// <param name="OpenSystems">Systems that answer a stranger.</param>
/// <param name="Found">A system that was just found; null in a report of progress.</param>
public sealed record AuditEvent(
    AuditPhase Phase,
    long Probed,
    long Total,
    double PerSecond,
    TimeSpan? Left,
    long OpenPorts,
    int HostsWaiting,
    int Systems,
    int OpenSystems,
    Finding? Found = null
);
