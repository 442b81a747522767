namespace Leadglass.Dicom.Network;

/// <summary>Refuses whatever a peer may invoke, but C-ECHO.</summary>
internal sealed class RefusingHandler : IDimseHandler
{
    public static RefusingHandler Instance { get; } = new();
}
