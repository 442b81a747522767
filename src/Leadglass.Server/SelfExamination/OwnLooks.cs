using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.SelfExamination;

/// <summary>
/// The connections by which the archive is looking at itself just now. Nothing is let in or refused by this: it only keeps
/// the archive's own hourly refusals out of the trail and the log, where they would hide those of strangers. A port in here
/// is bound by the look until it is taken out, so that nobody else can have it.
/// </summary>
internal sealed class OwnLooks
{
    private readonly ConcurrentDictionary<IPEndPoint, byte> _underWay = new();

    public void Begin(IPEndPoint local) => _underWay.TryAdd(local, 0);

    public void End(IPEndPoint local) => _underWay.TryRemove(local, out _);

    public bool Holds(EndPoint? remote) => remote is IPEndPoint peer && Holds(peer.Address, peer.Port);

    public bool Holds(HttpContext context) => Holds(context.Connection.RemoteIpAddress, context.Connection.RemotePort);

    private bool Holds(IPAddress? address, int port) =>
        !_underWay.IsEmpty
        && address is not null
        && _underWay.ContainsKey(new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port));
}
