using System.Net;
using Leadglass.Access.Trails;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>What an edge may bring, and for whom: it speaks for the devices listed behind it and for nobody else.</summary>
public sealed partial class AccessPolicy
{
    private const int ReportedMax = 256;

    /// <summary>Whether an edge's connection still counts, for what it does on its own behalf. A refusal is recorded.</summary>
    public bool Admits(DeviceIdentity edge)
    {
        var reason = _standing.WhyWithdrawn(edge) ?? (edge.Device.Edge is null ? RefusalReason.RightMissing : null);
        if (reason is { } refused)
        {
            NoteRefusal(edge, null, refused);
        }
        return reason is null;
    }

    /// <summary>Who brought an instance to an edge: the device of this name, if it is listed behind the edge now.</summary>
    /// <param name="edge">The edge, which proved who it is.</param>
    /// <param name="device">The device's name, as the edge says it.</param>
    /// <param name="source">The address from which the device came to the edge.</param>
    public Identification IdentifyBehind(DeviceIdentity edge, string device, IPAddress? source) =>
        IdentifyBehind(edge, Devices.Current.Find(device), source);

    /// <summary>Which workstation an edge speaks for when it associates under this AE title.</summary>
    /// <param name="edge">The edge, which proved who it is.</param>
    /// <param name="calling">The calling AE title of the association.</param>
    public Identification IdentifyBehind(DeviceIdentity edge, AeTitle calling) =>
        IdentifyBehind(edge, Devices.Current.FindByAeTitle(calling), source: null);

    /// <summary>
    /// Notes what an edge refused at its own door, summed as it reports it. Addresses and titles are the edge's word, and
    /// it is named with them.
    /// </summary>
    public void NoteRefusedAtEdge(DeviceIdentity edge, IEnumerable<RefusedAtEdge> refusals)
    {
        foreach (var refusal in refusals.Take(ReportedMax))
        {
            var device = refusal.Device is { } name ? Devices.Current.Find(name) : null;
            Trail.NoteRefusal(
                new TrailEvent
                {
                    Event = AuditEvent.SecurityAlert,
                    Type = AuditEventType.NodeAuthentication,
                    Outcome = AuditOutcome.MinorFailure,
                    Who =
                        device?.Behind is { } place
                        && string.Equals(place.Edge, edge.Name, StringComparison.OrdinalIgnoreCase)
                            ? $"device:{device.Name}"
                            : "stranger",
                    Through = edge.Name,
                    Certificate = edge.Fingerprint,
                    Address = refusal.Address?.ToString(),
                    Refusal = refusal.Reason,
                    Count = Math.Max(1, refusal.Count),
                    Detail =
                        $"at the edge in the minute {refusal.Minute.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
                        + (refusal.CallingAeTitle is { } title ? $", called itself {title}" : ""),
                }
            );
        }
    }

    /// <summary>Notes that an edge brought what cannot be taken for what it says it is.</summary>
    public void NoteEnvelope(DeviceIdentity edge) => NoteRefusal(edge, Operation.Store, RefusalReason.EnvelopeInvalid);

    /// <summary>Records what was set in instances of a study before they were stored; returns when that is durable.</summary>
    /// <param name="storing">The grant under which they are stored.</param>
    /// <param name="study">The study.</param>
    /// <param name="detail">What was set, to what, and what had been there.</param>
    /// <exception cref="AccessRefusedException">The grant does not hold, or the trail fails: nothing may be stored.</exception>
    public static ValueTask RecordCoercionAsync(
        AccessGrant storing,
        StudyInstanceUid? study,
        string detail,
        CancellationToken cancellationToken
    ) =>
        storing.RecordActAsync(
            Operation.Store,
            new TrailEvent
            {
                Event = AuditEvent.InstancesAccessed,
                Action = AuditAction.Update,
                Who = storing.Identity.Key,
                Study = study,
                Detail = detail,
            },
            cancellationToken
        );

    /// <summary>
    /// Records what an edge's enrolment came to; returns when that is durable.
    /// </summary>
    /// <exception cref="TrailUnavailableException">The trail fails: nothing may be handed out.</exception>
    public ValueTask RecordEnrolledAsync(Device edge, IPAddress? address, CancellationToken cancellationToken) =>
        Trail.RecordAsync(
            new TrailEvent
            {
                Event = AuditEvent.SecurityAlert,
                Type = AuditEventType.SecurityConfiguration,
                Action = AuditAction.Update,
                Who = $"device:{edge.Name}",
                Address = address?.ToString(),
                Detail = $"edge {edge.Name} was enrolled by its one-time code",
            },
            cancellationToken
        );

    /// <summary>Records that an edge renewed its certificate; returns when that is durable.</summary>
    /// <exception cref="TrailUnavailableException">The trail fails: nothing may be handed out.</exception>
    public ValueTask RecordRenewedAsync(DeviceIdentity edge, CancellationToken cancellationToken) =>
        Trail.RecordAsync(
            new TrailEvent
            {
                Event = AuditEvent.SecurityAlert,
                Type = AuditEventType.SecurityConfiguration,
                Action = AuditAction.Update,
                Who = edge.Key,
                Certificate = edge.Fingerprint,
                Address = edge.Address?.ToString(),
                Detail = $"edge {edge.Name} renewed its certificate",
            },
            cancellationToken
        );

    private Identification IdentifyBehind(DeviceIdentity edge, Device? device, IPAddress? source)
    {
        if (_standing.WhyWithdrawn(edge) is { } withdrawn)
        {
            NoteRefusal(edge, null, withdrawn);
            return new Identification.Refused(withdrawn);
        }
        if (
            edge.Device.Edge is null
            || device?.Behind is not { } place
            || !string.Equals(place.Edge, edge.Name, StringComparison.OrdinalIgnoreCase)
        )
        {
            NoteRefusal(edge, null, RefusalReason.NotBehindEdge);
            return new Identification.Refused(RefusalReason.NotBehindEdge);
        }
        var identity = new DeviceIdentity(device, edge.Fingerprint, source, edge.Device);
        if (!device.Enabled)
        {
            NoteRefusal(identity, null, RefusalReason.DeviceDisabled);
            return new Identification.Refused(RefusalReason.DeviceDisabled);
        }
        return new Identification.Known(identity);
    }
}

/// <summary>What an edge refused at its own door, as it reports it.</summary>
/// <param name="Device">The device by name, where the edge knows it; null: a stranger.</param>
/// <param name="CallingAeTitle">What it called itself; null: it did not come that far.</param>
/// <param name="Address">From where it came.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="Count">How often.</param>
/// <param name="Minute">When: an edge without a link reports later.</param>
public sealed record RefusedAtEdge(
    string? Device,
    AeTitle? CallingAeTitle,
    IPAddress? Address,
    RefusalReason Reason,
    int Count,
    DateTimeOffset Minute
);
