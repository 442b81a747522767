namespace Leadglass.Dicom.Network;

/// <summary>
/// Sees what an association does, for logs and figures. Nothing here bears patient data: states, types, sizes, AE titles.
/// Calls may come from several threads and must return soon.
/// </summary>
public interface IAssociationObserver
{
    /// <summary>The state machine took a step other than for data.</summary>
    void Transitioned(UpperLayerTransition transition) { }

    /// <summary>A PDU began to arrive.</summary>
    void PduReceived(PduType type, int lengthBytes) { }

    /// <summary>A PDU was written.</summary>
    void PduSent(PduType type, int lengthBytes) { }

    /// <summary>A whole command set has come.</summary>
    void MessageReceived(CommandField command, ushort messageId) { }

    /// <summary>A response was sent.</summary>
    void ResponseSent(CommandField command, DimseStatus status) { }

    /// <summary>A handler threw; the peer got a status of failure.</summary>
    void HandlerFailed(Exception error) { }

    /// <summary>The connection could not be closed in order, after the association had ended.</summary>
    void TransportFailed(Exception error) { }

    /// <summary>The association ended.</summary>
    void Ended(AssociationEnd end) { }
}
