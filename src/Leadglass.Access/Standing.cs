namespace Leadglass.Access;

/// <summary>Whether what an identity was made from still stands, what it may do, and which studies it reaches.</summary>
internal sealed class Standing(AccessRegistries registries, TimeProvider clock)
{
    /// <summary>Why the identity counts no more; null: it does.</summary>
    public RefusalReason? WhyWithdrawn(Identity identity) =>
        identity switch
        {
            DeviceIdentity device => WhyWithdrawn(device),
            OperatorIdentity => null,
            PersonIdentity person => WhyWithdrawn(person),
            ProgramIdentity program => WhyWithdrawn(program.Program),
            ShareIdentity share => WhyWithdrawn(share),
            _ => RefusalReason.RightMissing,
        };

    /// <summary>Whether the identity's rights have the operation in them, whatever the study.</summary>
    public static bool Allows(Identity identity, Operation operation) =>
        identity switch
        {
            // A move names its destination: AccessPolicy.DecideMove.
            DeviceIdentity device => operation is not Operation.Move && device.Device.Allows(operation),
            OperatorIdentity person => Allows(person, operation),
            PersonIdentity { SessionKind: SessionKind.Viewer } person => IsReading(operation)
                && RoleRights.Allows(person.Roles, operation),
            PersonIdentity person => RoleRights.Allows(person.Roles, operation),
            ProgramIdentity program => program.Program.Allows(operation),
            ShareIdentity => IsReading(operation),
            _ => false,
        };

    /// <summary>Whether the identity may do it to this study, and on what that rests.</summary>
    public bool Reaches(Identity identity, Operation operation, StudyFacts study, out AccessBasis? basis)
    {
        basis = null;
        switch (identity)
        {
            case not null when !IsAboutStudies(operation):
                return false;
            case DeviceIdentity device:
                return device.Device.Scope.Covers(study);
            case OperatorIdentity:
                return true;
            case PersonIdentity person:
                basis = BasisOf(person, operation, study);
                return basis is not null;
            case ProgramIdentity program when program.Program.Scope.Covers(study):
                basis = AccessBasis.Program;
                return true;
            case ShareIdentity share when share.Share.Study == study.Study.Value && IsOpenIn(share, study):
                basis = AccessBasis.Share;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether there is no study that the identity does not reach.</summary>
    public static bool ReachesEverything(Identity identity, Operation operation) =>
        IsAboutStudies(operation)
        && identity switch
        {
            DeviceIdentity device => device.Device.Scope.IsEverything,
            OperatorIdentity => true,
            PersonIdentity person => person.SessionKind is not SessionKind.Viewer
                && RoleRights.AllowsForEverybody(person.Roles, operation),
            ProgramIdentity program => program.Program.Scope.IsEverything,
            _ => false,
        };

    /// <summary>Where what the identity reaches is to be looked for; null: everywhere.</summary>
    public StudyReach? ReachOf(Identity identity, Operation operation)
    {
        switch (identity)
        {
            case DeviceIdentity { Device.Scope.Patients: { IsEmpty: false } patients }:
                return new StudyReach(patients, [], []);
            case ProgramIdentity { Program.Scope.Patients: { IsEmpty: false } patients }:
                return new StudyReach(patients, [], []);
            case ShareIdentity share:
                return new StudyReach([], [share.Share.Study], []);
            case PersonIdentity { SessionKind: SessionKind.Viewer } person:
                return new StudyReach([], registries.Sessions.Find(person.SessionId)?.Studies ?? [], []);
            case PersonIdentity person when !RoleRights.AllowsForEverybody(person.Roles, operation):
                return ReachOf(person, operation);
            default:
                return null;
        }
    }

    /// <summary>What grows when records of former access must not stand for new ones.</summary>
    public long EpochOf(Identity identity) =>
        identity switch
        {
            DeviceIdentity => registries.Devices.Current.Epoch,
            PersonIdentity person => person.RightsVersion,
            ProgramIdentity program => program.Program.Version,
            _ => 0,
        };

    private static bool IsAboutStudies(Operation operation) =>
        operation
            is Operation.Store
                or Operation.Query
                or Operation.Retrieve
                or Operation.Move
                or Operation.Export
                or Operation.Reject
                or Operation.Correct
                or Operation.ResolveConflict
                or Operation.Assign
                or Operation.Share;

    private static bool IsReading(Operation operation) => operation is Operation.Query or Operation.Retrieve;

    private static bool Allows(OperatorIdentity person, Operation operation) =>
        operation switch
        {
            Operation.Store or Operation.Administer or Operation.Observe => true,
            Operation.Query or Operation.Retrieve or Operation.Export or Operation.ReadTrail => person.HasRecoveryKey,
            Operation.Confirm => person.MayConfirm,
            _ => false,
        };

    private AccessBasis? BasisOf(PersonIdentity person, Operation operation, StudyFacts study)
    {
        if (!IsOpenIn(person, study))
        {
            return null;
        }
        if (RoleRights.AllowsForEverybody(person.Roles, operation))
        {
            return AccessBasis.Role;
        }
        if (!IsReading(operation) || !person.Roles.Contains(Role.Referrer))
        {
            return null;
        }
        return registries.People.Current.Find(person.AccountId)?.IsReferring(study.Referring) is true
                ? AccessBasis.ReferringPhysician
            : registries.Assignments.Covers(person.AccountId, study) ? AccessBasis.Assignment
            : registries.BreakGlass.Covers(person.AccountId, study) ? AccessBasis.BreakGlass
            : null;
    }

    private bool IsOpenIn(PersonIdentity person, StudyFacts study) =>
        person.SessionKind is not SessionKind.Viewer || IsOpenIn(person.SessionId, study);

    private bool IsOpenIn(ShareIdentity share, StudyFacts study) =>
        share.SessionKind is not SessionKind.Viewer || IsOpenIn(share.SessionId, study);

    private bool IsOpenIn(string sessionId, StudyFacts study) =>
        registries.Sessions.Find(sessionId)?.Studies.Contains(study.Study.Value) is true;

    private StudyReach ReachOf(PersonIdentity person, Operation operation)
    {
        if (!IsReading(operation) || !person.Roles.Contains(Role.Referrer))
        {
            return new StudyReach([], [], []);
        }
        var assigned = registries.Assignments.Of(person.AccountId);
        var opened = registries.BreakGlass.OpenOf(person);
        return new StudyReach(
            [
                .. assigned
                    .Select(assignment => assignment.Patient)
                    .OfType<PatientKey>()
                    .Concat(opened.Select(record => record.Patient))
                    .Distinct(),
            ],
            [.. assigned.Select(assignment => assignment.Study).OfType<string>()],
            registries.People.Current.Find(person.AccountId)?.ReferringIdentities ?? []
        );
    }

    /// <summary>Whether the device, its certificate and what the identity was made from still stand.</summary>
    private RefusalReason? WhyWithdrawn(DeviceIdentity identity) =>
        WhyChanged(identity.Device, out var now)
        ?? (
            identity.Through is not { } edge
                ? WhyNotHeld(now, identity.Fingerprint)
                : WhyChanged(edge, out var edgeNow) ?? WhyNotHeld(edgeNow, identity.Fingerprint)
        );

    private RefusalReason? WhyChanged(Device enrolled, out Device now)
    {
        var found = registries.Devices.Current.Find(enrolled.Name);
        now = found ?? enrolled;
        return found is null ? RefusalReason.UnknownDevice
            : !now.Enabled ? RefusalReason.DeviceDisabled
            : !ReferenceEquals(now, enrolled) && !now.IsAsEnrolled(enrolled) ? RefusalReason.AccessWithdrawn
            : null;
    }

    private RefusalReason? WhyNotHeld(Device device, CertificateFingerprint fingerprint)
    {
        foreach (var held in device.Certificates)
        {
            if (held.Fingerprint == fingerprint && !held.IsRevoked)
            {
                return clock.GetUtcNow() > held.NotAfter ? RefusalReason.CertificateExpired : null;
            }
        }
        return RefusalReason.CertificateRevoked;
    }

    private RefusalReason? WhyWithdrawn(PersonIdentity person)
    {
        var account = registries.People.Current.Find(person.AccountId);
        return account is null ? RefusalReason.UnknownAccount
            : !account.Enabled ? RefusalReason.AccountDisabled
            : account.RightsVersion != person.RightsVersion ? RefusalReason.AccessWithdrawn
            : !registries.Sessions.IsLive(person.SessionId) ? RefusalReason.SessionUnknown
            : null;
    }

    private RefusalReason? WhyWithdrawn(RegisteredProgram program)
    {
        var now = registries.Programs.Find(program.ClientId);
        return now is null ? RefusalReason.UnknownAccount
            : !now.Enabled ? RefusalReason.AccountDisabled
            : !now.IsConfirmed ? RefusalReason.RightMissing
            : now.Version != program.Version ? RefusalReason.CredentialsReplaced
            : null;
    }

    private RefusalReason? WhyWithdrawn(ShareIdentity share) =>
        registries.Shares.Find(share.Share.Id) is { } now
            ? now.WhyClosed(clock.GetUtcNow())
                ?? (registries.Sessions.IsLive(share.SessionId) ? null : RefusalReason.SessionUnknown)
            : RefusalReason.UnknownAccount;
}
