using System.IO.Pipelines;
using System.Net;
using Leadglass.Access;

namespace Leadglass.Server.Listeners;

/// <summary>A connection whose peer has proved who it is, before its first association PDU.</summary>
/// <param name="Transport">The deciphered bytes, both ways.</param>
/// <param name="Identity">The device that the certificate names.</param>
/// <param name="Remote">From where it came.</param>
/// <param name="Abort">Cuts the connection at once.</param>
internal sealed record DicomConnection(
    IDuplexPipe Transport,
    DeviceIdentity Identity,
    IPEndPoint? Remote,
    Action Abort
);
