using System.Net;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>
/// Decides who may do what, and makes every grant. Enrolment is asked per connection (<see cref="Identify"/>), per
/// association (<see cref="Admit"/>), per operation (<see cref="Decide"/>) and at each use of a grant. Refusals are
/// recorded here. Safe for concurrent use.
/// </summary>
public sealed partial class AccessPolicy
{
    private readonly StudyRecords _records;
    private readonly Standing _standing;
    private readonly OperationsUnderWay _underWay = new();

    /// <param name="registries">Who is known, and to whom what is assigned.</param>
    /// <param name="authority">The certificate of the archive's own authority.</param>
    /// <param name="trail">Where decisions are recorded.</param>
    /// <param name="clock">The time.</param>
    public AccessPolicy(AccessRegistries registries, X509Certificate2 authority, ITrail trail, TimeProvider clock)
    {
        Registries = registries;
        Judge = new ClientCertificateJudge(authority);
        Trail = trail;
        Clock = clock;
        SignIns = new SignInRecords(trail);
        _records = new StudyRecords(trail, clock);
        _standing = new Standing(registries, clock);
        registries.Devices.Changed += (_, change) => NoteEnrolment(change);
        registries.People.Changed += (_, change) => NoteAccounts(change);
        registries.Shares.Changed += (_, change) => EndShares(change);
    }

    /// <summary>How long a grant holds before the policy has to be asked again: 10 minutes.</summary>
    public static TimeSpan GrantValidity { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Who is known, and to whom what is assigned.</summary>
    public AccessRegistries Registries { get; }

    /// <summary>Which devices are enrolled.</summary>
    public DeviceRegistry Devices => Registries.Devices;

    /// <summary>How signing in stands in the trail.</summary>
    public SignInRecords SignIns { get; }

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

    /// <summary>Notes that a browser was made to send what nobody asked it for.</summary>
    /// <param name="caller">Whose browser; null: a stranger's.</param>
    /// <param name="address">From where it came.</param>
    public void NoteCrossSite(Identity? caller, IPAddress? address)
    {
        if (caller is null)
        {
            NoteStranger(RefusalReason.CrossSite, address);
        }
        else
        {
            NoteRefusal(caller, null, RefusalReason.CrossSite);
        }
    }

    /// <summary>Who runs a command on the archive's machine: able to bring data in, not to release any.</summary>
    /// <param name="userName">The user's name on this machine.</param>
    /// <param name="isRoot">Whether the kernel says that it is root: then it may stand in for the second person.</param>
    public static OperatorIdentity Operator(string userName, bool isRoot = false) =>
        new(userName, hasRecoveryKey: false, isRoot);

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
            return unwrapped.Id == master.Id
                ? new OperatorIdentity(userName, hasRecoveryKey: true, isRoot: false)
                : null;
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
            _standing.WhyWithdrawn(identity)
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

    /// <summary>
    /// Whether an identity of any kind may do this now; which studies it reaches is another question, which the grant
    /// answers. For <see cref="Operation.Move"/> use <see cref="DecideMove"/>.
    /// </summary>
    public AccessDecision Decide(Identity identity, Operation operation) =>
        WhyNot(identity, operation) is { } refused
            ? Refuse(identity, operation, refused)
            : new AccessDecision.Granted(AccessGrant.Issue(this, identity, operation, destination: null));

    /// <summary>The same, for showing or hiding a button: no grant, no record.</summary>
    public bool May(Identity identity, Operation operation) => WhyNot(identity, operation) is null;

    /// <summary>
    /// Counts an operation of an identity until the answer is disposed of; null: it has as many under way as it may (64 of
    /// a person or share, 32 of a program), which is recorded.
    /// </summary>
    public IDisposable? TryBegin(Identity identity)
    {
        var begun = _underWay.TryBegin(identity);
        if (begun is null)
        {
            NoteRefusal(identity, null, RefusalReason.TooManyAtOnce);
        }
        return begun;
    }

    /// <summary>
    /// Whether a device may have instances moved to this AE title (PS3.4 C.4.2): the destination is enrolled, enabled,
    /// has an address and the right to receive, and is the device itself or among its destinations.
    /// </summary>
    public AccessDecision DecideMove(DeviceIdentity identity, AeTitle destination)
    {
        var reason =
            _standing.WhyWithdrawn(identity)
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

    /// <summary>A fresh grant for the same, asked anew: for operations that outlast <see cref="GrantValidity"/>.</summary>
    public AccessDecision Renew(AccessGrant grant) =>
        (grant.Identity, grant.Operation) is (DeviceIdentity device, Operation.Move)
            ? DecideMove(device, grant.Destination!.AeTitles[0])
            : Decide(grant.Identity, grant.Operation);

    /// <summary>Leave for upkeep, which releases nothing.</summary>
    public static MaintenanceGrant Maintain(MaintenanceTask task) => MaintenanceGrant.Issue(task);

    internal RefusalReason? WhyVoid(AccessGrant grant)
    {
        if (Clock.GetUtcNow() >= grant.ValidUntil)
        {
            return RefusalReason.GrantExpired;
        }
        if (_standing.WhyWithdrawn(grant.Identity) is not null)
        {
            return RefusalReason.AccessWithdrawn;
        }
        var lost =
            grant is { Destination: { } destination, Identity: DeviceIdentity identity }
            && (
                Devices.Current.Find(destination.Name) is not { } target
                || !target.IsAsEnrolled(destination)
                || !MayMoveTo(identity.Device, target)
            );
        return lost ? RefusalReason.AccessWithdrawn : null;
    }

    internal bool BasisOf(AccessGrant grant, StudyFacts study, out AccessBasis? basis) =>
        _standing.Reaches(grant.Identity, grant.Operation, study, out basis);

    /// <summary>Disables a device, once the trail has who asks for it; its associations and grants end at once.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <param name="device">The device's name.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="EnrolmentException">There is no such device.</exception>
    public async ValueTask DisableDeviceAsync(
        AccessGrant administering,
        string device,
        CancellationToken cancellationToken
    )
    {
        await administering.RecordActAsync(
            Operation.Administer,
            EnrolmentEvents.Asked(administering.Identity, $"disable {device}"),
            cancellationToken
        );
        await Devices.ChangeAsync(device, known => known with { Enabled = false }, cancellationToken);
    }

    internal bool ReachesEverything(AccessGrant grant) => Standing.ReachesEverything(grant.Identity, grant.Operation);

    internal bool ReachesPatient(AccessGrant grant, PatientKey patient) =>
        ReachesEverything(grant)
        || grant.Identity is ProgramIdentity { Program.Scope: { Modalities.IsEmpty: true } scope }
            && scope.Patients.Contains(patient);

    internal StudyReach? ReachOf(AccessGrant grant) => _standing.ReachOf(grant.Identity, grant.Operation);

    internal ValueTask RecordStudyAsync(AccessGrant grant, StudyFacts study, CancellationToken cancellationToken)
    {
        BasisOf(grant, study, out var basis);
        return _records.EnsureAsync(grant, basis, _standing.EpochOf(grant.Identity), study, cancellationToken);
    }

    internal ValueTask RecordQueryAsync(AccessGrant grant, string query, CancellationToken cancellationToken) =>
        _records.EnsureQueryAsync(grant, _standing.EpochOf(grant.Identity), query, cancellationToken);

    internal ValueTask RecordActAsync(TrailEvent act, CancellationToken cancellationToken) =>
        _records.RecordAsync(act, cancellationToken);

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

    private RefusalReason? WhyNot(Identity identity, Operation operation) =>
        _standing.WhyWithdrawn(identity) ?? (Standing.Allows(identity, operation) ? null : RefusalReason.RightMissing);

    private AccessDecision.Refused Refuse(Identity identity, Operation operation, RefusalReason reason)
    {
        NoteRefusal(identity, operation, reason);
        return new AccessDecision.Refused(reason);
    }

    /// <summary>What changed, by whichever command; a refusal of the trail shows at the next request.</summary>
    private void NoteEnrolment(EnrolmentChangedEventArgs change) =>
        Begin(Trail.RecordAsync(EnrolmentEvents.Changed("archive", change), CancellationToken.None));

    private void NoteAccounts(AccountsChangedEventArgs change) =>
        Begin(
            Trail.RecordAsync(
                EnrolmentEvents.Changed("archive", change, Registries.People.Current),
                CancellationToken.None
            )
        );

    private void EndShares(RecordsChangedEventArgs change)
    {
        var now = Clock.GetUtcNow();
        foreach (var id in change.Ids)
        {
            if (Registries.Shares.Find(id)?.WhyClosed(now) is not null)
            {
                Begin(Registries.Sessions.EndShareAsync(id, CancellationToken.None));
            }
        }
    }

    /// <summary>What has to be done, but by nobody waited for: what it is about holds already.</summary>
    private static void Begin(ValueTask work) =>
        _ = work.AsTask()
            .ContinueWith(
                static done => _ = done.Exception,
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
                Through = (identity as DeviceIdentity)?.Through?.Name,
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
