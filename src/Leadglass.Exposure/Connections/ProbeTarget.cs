using System.Net;

namespace Leadglass.Exposure;

/// <summary>One port of one address.</summary>
/// <param name="Address">The address, IPv4 or IPv6, never mapped.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Name">The scope's name that led here, for Server Name Indication and the Host field; null without one.</param>
public readonly record struct ProbeTarget(IPAddress Address, int Port, string? Name = null)
{
    /// <inheritdoc/>
    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}
