using System.Net;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>
/// Decides who may do what, and makes every grant. Enrolment is asked per connection (<see cref="Identify"/>), per
/// association (<see cref="Admit"/>), per operation (<see cref="Decide(DeviceIdentity, Operation)"/>) and at each use of a grant. Refusals are
/// recorded here. Safe for concurrent use.
/// </summary>
public sealed class AccessPolicy
{
    private readonly StudyRecords _records;

    /// <param name="devices">Who is enrolled.</param>
    /// <param name="authority">The certificate of the archive's own authority.</param>
    /// <param name="trail">Where decisions are recorded.</param>
    /// <param name="clock">The time.</param>
    public AccessPolicy(DeviceRegistry devices, X509Certificate2 authority, ITrail trail, TimeProvider clock)
    {
        Devices = devices;
        Judge = new ClientCertificateJudge(authority);
        Trail = trail;
        Clock = clock;
        _records = new StudyRecords(trail, clock);
        devices.Changed += (_, change) => NoteEnrolment(change);
    }

    /// <summary>How long a grant holds before the policy has to be asked again: 10 minutes.</summary>
    public static TimeSpan GrantValidity { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Who is enrolled.</summary>
    public DeviceRegistry Devices { get; }

    internal ITrail Trail { get; }

    internal TimeProvider Clock { get; }

    internal ClientCertificateJudge Judge { get; }

    /// <summary>
    /// Who the peer of a TLS connection is. For the handshake's own callback, and once more when the connection is up.
    /// </summary>
    /// <param name="certificate">What the peer showed; null: nothing.</param>
    /// <param name="address">From where it came.</param>
    public Identification Identify(X509Certificate2? certificate, IPAddress? address)
    {
        var judgement = Judge.Judge(certificate, Devices.Current, Clock.GetUtcNow());
        switch (judgement)
        {
            case CertificateJudgement.Accepted accepted:
                return new Identification.Known(
                    new DeviceIdentity(accepted.Device, accepted.Certificate.Fingerprint, address)
                );
            case CertificateJudgement.Refused refused:
                NoteStranger(
                    refused.Reason,
                    address,
                    refused.Device,
                    certificate is null ? null : CertificateFingerprint.Of(certificate)
                );
                return new Identification.Refused(refused.Reason);
            default:
                throw new InvalidOperationException("A judgement is one of two.");
        }
    }

    /// <summary>Notes that a connection ended before anybody was identified: plain DICOM, HTTP, a broken handshake.</summary>
    public void NoteStranger(RefusalReason reason, IPAddress? address) => NoteStranger(reason, address, null, null);

    /// <summary>Who runs a command on the archive's machine: able to bring data in, not to release any.</summary>
    public static OperatorIdentity Operator(string userName) => new(userName, hasRecoveryKey: false);

    /// <summary>
    /// Who runs a command on the archive's machine and shows its recovery key: able to release data, which the trail records.
    /// </summary>
    /// <param name="userName">The user's name on this machine.</param>
    /// <param name="shown">The recovery key as the person gave it.</param>
    /// <param name="state">The folder <c>state/</c>, where the master key lies wrapped under it.</param>
    /// <param name="master">The archive's master key.</param>
    /// <returns>Null: this is not the archive's recovery key; <see cref="NoteOperatorRefusal"/> records it.</returns>
    public static OperatorIdentity? Operator(string userName, RecoveryKey shown, IDurableFolder state, MasterKey master)
    {
        try
        {
            using var unwrapped = shown.Unwrap(state);
            return unwrapped.Id == master.Id ? new OperatorIdentity(userName, hasRecoveryKey: true) : null;
        }
        catch (SealBrokenException)
        {
            return null;
        }
    }

    /// <summary>Records that a wrong recovery key was shown.</summary>
    public void NoteOperatorRefusal(string userName) =>
        NoteRefusal(Operator(userName), Operation.Export, RefusalReason.RightMissing);

    /// <summary>
    /// Whether a device may have an association under these AE titles (PS3.8 9.3.2). Null: it may. The titles are not
    /// identity; they have to agree with it.
    /// </summary>
    public RefusalReason? Admit(DeviceIdentity identity, AeTitle calling, AeTitle called)
    {
        var device = identity.Device;
        var reason =
            WhyWithdrawn(identity)
            ?? (device.AeTitles.Contains(calling) ? null : (RefusalReason?)RefusalReason.CallingAeTitleMismatch)
            ?? (
                device.CalledAeTitle is { } own && own != called
                    ? (RefusalReason?)RefusalReason.CalledAeTitleMismatch
                    : null
            );
        if (reason is { } refused)
        {
            NoteRefusal(identity, null, refused);
        }
        return reason;
    }

    /// <summary>Whether a device may do this now. For <see cref="Operation.Move"/> use <see cref="DecideMove"/>.</summary>
    public AccessDecision Decide(DeviceIdentity identity, Operation operation)
    {
        var reason =
            WhyWithdrawn(identity)
            ?? (
                operation is Operation.Move || !identity.Device.Allows(operation)
                    ? RefusalReason.RightMissing
                    : (RefusalReason?)null
            );
        return reason is { } refused
            ? Refuse(identity, operation, refused)
            : new AccessDecision.Granted(AccessGrant.Issue(this, identity, operation, destination: null));
    }

    /// <summary>
    /// Whether a device may have instances moved to this AE title (PS3.4 C.4.2): the destination is enrolled, enabled,
    /// has an address and the right to receive, and is the device itself or among its destinations.
    /// </summary>
    public AccessDecision DecideMove(DeviceIdentity identity, AeTitle destination)
    {
        var reason =
            WhyWithdrawn(identity)
            ?? (identity.Device.Allows(Operation.Move) ? null : (RefusalReason?)RefusalReason.RightMissing);
        if (reason is { } refused)
        {
            return Refuse(identity, Operation.Move, refused);
        }
        var target = Devices.Current.FindByAeTitle(destination);
        if (target?.Address is null)
        {
            return Refuse(identity, Operation.Move, RefusalReason.DestinationUnknown);
        }
        if (!MayMoveTo(identity.Device, target))
        {
            return Refuse(identity, Operation.Move, RefusalReason.DestinationNotPermitted);
        }
        return new AccessDecision.Granted(AccessGrant.Issue(this, identity, Operation.Move, target));
    }

    /// <summary>
    /// Whether whoever runs a command on this machine may do this: bring data in, always; release data, only with the
    /// recovery key.
    /// </summary>
    public AccessDecision Decide(OperatorIdentity identity, Operation operation)
    {
        var allowed =
            operation is Operation.Store
            || (operation is Operation.Query or Operation.Retrieve or Operation.Export && identity.HasRecoveryKey);
        return allowed
            ? new AccessDecision.Granted(AccessGrant.Issue(this, identity, operation, destination: null))
            : Refuse(identity, operation, RefusalReason.RightMissing);
    }

    /// <summary>A fresh grant for the same, asked anew: for operations that outlast <see cref="GrantValidity"/>.</summary>
    public AccessDecision Renew(AccessGrant grant) =>
        (grant.Identity, grant.Operation) switch
        {
            (DeviceIdentity device, Operation.Move) => DecideMove(device, grant.Destination!.AeTitles[0]),
            (DeviceIdentity device, _) => Decide(device, grant.Operation),
            (OperatorIdentity person, _) => Decide(person, grant.Operation),
            _ => new AccessDecision.Refused(RefusalReason.RightMissing),
        };

    /// <summary>Leave for upkeep, which releases nothing.</summary>
    public static MaintenanceGrant Maintain(MaintenanceTask task) => MaintenanceGrant.Issue(task);

    internal RefusalReason? WhyVoid(AccessGrant grant)
    {
        if (Clock.GetUtcNow() >= grant.ValidUntil)
        {
            return RefusalReason.GrantExpired;
        }
        if (grant.Identity is not DeviceIdentity identity)
        {
            return null;
        }
        if (WhyWithdrawn(identity) is not null)
        {
            return RefusalReason.AccessWithdrawn;
        }
        var lost =
            grant.Destination is { } destination
            && (
                Devices.Current.Find(destination.Name) is not { } target
                || !target.IsAsEnrolled(destination)
                || !MayMoveTo(identity.Device, target)
            );
        return lost ? RefusalReason.AccessWithdrawn : null;
    }

    internal ValueTask RecordStudyAsync(AccessGrant grant, StudyFacts study, CancellationToken cancellationToken) =>
        _records.EnsureAsync(grant, Devices.Current.Epoch, study, cancellationToken);

    internal ValueTask RecordQueryAsync(AccessGrant grant, string query, CancellationToken cancellationToken) =>
        _records.EnsureQueryAsync(grant, Devices.Current.Epoch, query, cancellationToken);

    internal ValueTask RecordOutcomeAsync(
        AccessGrant grant,
        StudyFacts study,
        int instances,
        int failures,
        CancellationToken cancellationToken
    ) => _records.OutcomeAsync(grant, study, instances, failures, cancellationToken);

    internal void NoteRefusal(AccessGrant grant, RefusalReason reason) =>
        NoteRefusal(grant.Identity, grant.Operation, reason);

    private static bool MayMoveTo(Device source, Device target) =>
        target is { Enabled: true, Address: not null }
        && target.Allows(Operation.Retrieve)
        && (source.Name == target.Name || source.MoveDestinations.Contains(target.Name));

    /// <summary>Whether the device, its certificate and what the identity was made from still stand.</summary>
    private RefusalReason? WhyWithdrawn(DeviceIdentity identity)
    {
        var now = Devices.Current.Find(identity.Name);
        if (now is null)
        {
            return RefusalReason.UnknownDevice;
        }
        if (!now.Enabled)
        {
            return RefusalReason.DeviceDisabled;
        }
        if (!ReferenceEquals(now, identity.Device) && !now.IsAsEnrolled(identity.Device))
        {
            return RefusalReason.AccessWithdrawn;
        }
        return WhyNotHeld(now, identity.Fingerprint);
    }

    private RefusalReason? WhyNotHeld(Device device, CertificateFingerprint fingerprint)
    {
        foreach (var held in device.Certificates)
        {
            if (held.Fingerprint == fingerprint && !held.IsRevoked)
            {
                return Clock.GetUtcNow() > held.NotAfter ? RefusalReason.CertificateExpired : null;
            }
        }
        return RefusalReason.CertificateRevoked;
    }

    private AccessDecision.Refused Refuse(Identity identity, Operation operation, RefusalReason reason)
    {
        NoteRefusal(identity, operation, reason);
        return new AccessDecision.Refused(reason);
    }

    /// <summary>What changed, by whichever command; a refusal of the trail shows at the next request.</summary>
    private void NoteEnrolment(EnrolmentChangedEventArgs change) =>
        _ = Trail
            .RecordAsync(EnrolmentEvents.Changed("archive", change), CancellationToken.None)
            .AsTask()
            .ContinueWith(
                static written => _ = written.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default
            );

    private void NoteRefusal(Identity identity, Operation? operation, RefusalReason reason) =>
        Trail.NoteRefusal(
            new TrailEvent
            {
                Event = AuditEvent.SecurityAlert,
                Type = AuditEventType.UseOfRestrictedFunction,
                Outcome = AuditOutcome.MinorFailure,
                Who = identity.Key,
                Certificate = (identity as DeviceIdentity)?.Fingerprint,
                Address = identity.Address?.ToString(),
                Operation = operation,
                Refusal = reason,
            }
        );

    private void NoteStranger(
        RefusalReason reason,
        IPAddress? address,
        Device? device,
        CertificateFingerprint? certificate
    ) =>
        Trail.NoteRefusal(
            new TrailEvent
            {
                Event = AuditEvent.UserAuthentication,
                Type = AuditEventType.NodeAuthentication,
                Outcome = AuditOutcome.MinorFailure,
                Who = device is null ? "stranger" : $"device:{device.Name}",
                Certificate = certificate,
                Address = address?.ToString(),
                Refusal = reason,
            }
        );
}
