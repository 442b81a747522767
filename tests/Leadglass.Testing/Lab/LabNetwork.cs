using System.Globalization;
using System.Net;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>
/// A hospital network in small: hosts with an address each, and a stranger's place on the same wire. Everything that runs
/// on a host listens on the ports it has in a hospital, and sees strangers come from another address than its own.
/// </summary>
public sealed class LabNetwork : IAsyncDisposable
{
    /// <summary>The network of every lab; labs do not see each other.</summary>
    public const string Cidr = "10.99.0.0/24";

    /// <summary>The wire, as the stranger's place names it.</summary>
    public const string Wire = "wire";

    private readonly List<LabHost> hosts = [];
    private readonly SemaphoreSlim plugging = new(1);

    private LabNetwork(NetworkNamespace stranger) => Stranger = stranger;

    /// <summary>Where strangers sit, and auditors.</summary>
    public NetworkNamespace Stranger { get; }

    public IReadOnlyList<LabHost> Hosts => hosts;

    /// <summary>Files of the whole lab.</summary>
    public ScratchFolder Scratch { get; } = new("lab");

    public static async Task<LabNetwork> CreateAsync()
    {
        var lab = new LabNetwork(await NetworkNamespace.CreateAsync());
        await lab.Stranger.ScriptAsync(
            $"ip link add name {Wire} type bridge; ip addr add 10.99.0.1/24 dev {Wire}; ip link set {Wire} up"
        );
        return lab;
    }

    /// <summary>Plugs a new host in.</summary>
    public async Task<LabHost> AddHostAsync(string name)
    {
        var inside = await NetworkNamespace.CreateAsync();
        await plugging.WaitAsync();
        try
        {
            var number = (hosts.Count + 11).ToString(CultureInfo.InvariantCulture);
            var host = new LabHost(name, IPAddress.Parse("10.99.0." + number), inside);
            await Stranger.ScriptAsync(
                $"""
                ip link add name port{number} type veth peer name eth0 netns {inside.HolderId}
                ip link set port{number} master {Wire} up
                """
            );
            await inside.ScriptAsync($"ip addr add {host.Address}/24 dev eth0; ip link set eth0 up");
            hosts.Add(host);
            return host;
        }
        finally
        {
            plugging.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
        {
            await host.Inside.DisposeAsync();
        }

        await Stranger.DisposeAsync();
        plugging.Dispose();
        Scratch.Dispose();
    }
}

/// <summary>A host of a lab.</summary>
/// <param name="Name">What runs there.</param>
/// <param name="Address">Its address on the wire.</param>
/// <param name="Inside">Its own network, where it is 127.0.0.1.</param>
public sealed record LabHost(string Name, IPAddress Address, NetworkNamespace Inside);
