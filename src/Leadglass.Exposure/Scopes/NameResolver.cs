using System.Net;
using System.Net.Sockets;

namespace Leadglass.Exposure;

/// <summary>An address that a name of the scope led to.</summary>
/// <param name="Address">The address; the scope holds it.</param>
/// <param name="Name">The name.</param>
public readonly record struct ProbeAddress(IPAddress Address, string Name);

/// <summary>Finds the addresses of names.</summary>
public interface INameResolver
{
    /// <summary>The addresses of a name; none where it has none or nobody answers in time.</summary>
    Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancel);
}

/// <summary>Asks this machine's resolver, bounded in time and in answers.</summary>
public sealed class SystemNameResolver : INameResolver
{
    private const int AddressesMax = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            return [.. (await Dns.GetHostAddressesAsync(host, limit.Token)).Take(AddressesMax)];
        }
        catch (SocketException)
        {
            return [];
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return [];
        }
    }
}
