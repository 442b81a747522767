using Leadglass.Dicom.Network;

namespace Leadglass.Server.Associations;

/// <summary>Writes what of an association matters to whoever runs the archive: faults of ours, and peers that misbehave.</summary>
internal sealed class AssociationLog(ServerLog log, string device) : IAssociationObserver
{
    public void HandlerFailed(Exception error) => log.OperationFault(device, Fault.Describe(error));

    public void Ended(AssociationEnd end)
    {
        switch (end.Kind)
        {
            case AssociationEndKind.LocalFault:
                log.AssociationFault(device, end.Error is { } error ? Fault.Describe(error) : "unknown");
                break;
            case AssociationEndKind.ProtocolError:
            case AssociationEndKind.PeerSilent:
            case AssociationEndKind.PeerNotReading:
            case AssociationEndKind.Rejected:
                log.AssociationEnded(device, end.ToString());
                break;
            default:
                break;
        }
    }
}
