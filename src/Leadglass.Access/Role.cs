using System.Collections.Frozen;

namespace Leadglass.Access;

/// <summary>What a person is in this archive. A person has one or more roles.</summary>
public enum Role
{
    /// <summary>Reads images of all patients, uploads, assigns and shares.</summary>
    Radiologist,

    /// <summary>Sees the patients and studies assigned to the account, and others by break-glass.</summary>
    Referrer,

    /// <summary>Makes images: sees all patients and uploads.</summary>
    Technician,

    /// <summary>Keeps the records: rejects, corrects, resolves conflicts, assigns.</summary>
    Records,

    /// <summary>May do nothing until there is a de-identified view.</summary>
    Researcher,

    /// <summary>Reads the trail and reviews break-glass; no images.</summary>
    DataProtectionOfficer,

    /// <summary>Administers devices, people, programs and shares; no patient data.</summary>
    Administrator,
}

/// <summary>On what the right to a study rests. Stands in the trail.</summary>
public enum AccessBasis
{
    /// <summary>A role that sees all patients.</summary>
    Role,

    /// <summary>The person is the study's referring physician.</summary>
    ReferringPhysician,

    /// <summary>The patient or study is assigned to the person.</summary>
    Assignment,

    /// <summary>The person opened the patient in an emergency.</summary>
    BreakGlass,

    /// <summary>The study was shared with the person.</summary>
    Share,

    /// <summary>The right of a program.</summary>
    Program,
}

/// <summary>The matrix of roles and operations.</summary>
public static class RoleRights
{
    private static readonly FrozenDictionary<Role, Operation[]> Operations = new Dictionary<Role, Operation[]>
    {
        [Role.Radiologist] = [Operation.Query, Operation.Retrieve, Operation.Store, Operation.Assign, Operation.Share],
        [Role.Referrer] = [Operation.Query, Operation.Retrieve, Operation.BreakGlass],
        [Role.Technician] = [Operation.Query, Operation.Retrieve, Operation.Store],
        [Role.Records] =
        [
            Operation.Query,
            Operation.Retrieve,
            Operation.Reject,
            Operation.Correct,
            Operation.ResolveConflict,
            Operation.Assign,
        ],
        [Role.Researcher] = [],
        [Role.DataProtectionOfficer] = [Operation.ReadTrail, Operation.Confirm],
        [Role.Administrator] = [Operation.Administer, Operation.Confirm, Operation.Observe],
    }.ToFrozenDictionary();

    /// <summary>Whether a role allows an operation at all; which studies it reaches is another question.</summary>
    public static bool Allows(Role role, Operation operation) => Operations[role].Contains(operation);

    /// <summary>Whether any of the roles allows an operation.</summary>
    public static bool Allows(IEnumerable<Role> roles, Operation operation) =>
        roles.Any(role => Allows(role, operation));

    /// <summary>Whether one of the roles allows an operation for all patients.</summary>
    public static bool AllowsForEverybody(IEnumerable<Role> roles, Operation operation) =>
        roles.Any(role => SeesEverybody(role) && Allows(role, operation));

    /// <summary>Whether a role reaches all patients.</summary>
    public static bool SeesEverybody(Role role) => role is Role.Radiologist or Role.Technician or Role.Records;

    /// <summary>
    /// Whether giving a role takes a second person: every role that reaches patients or the trail, and every role that
    /// could confirm others.
    /// </summary>
    public static bool TakesTwo(Role role) => role is not Role.Researcher;
}
