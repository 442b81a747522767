using System.Collections.Frozen;
using Leadglass.Access;

namespace Leadglass.Server.SignIn.People;

/// <summary>Roles as they are written in a configuration and on the command line.</summary>
public static class PersonRoles
{
    private static readonly FrozenDictionary<string, Role> ByName = new Dictionary<string, Role>(
        StringComparer.OrdinalIgnoreCase
    )
    {
        ["radiologist"] = Role.Radiologist,
        ["referrer"] = Role.Referrer,
        ["technician"] = Role.Technician,
        ["records"] = Role.Records,
        ["researcher"] = Role.Researcher,
        ["data-protection-officer"] = Role.DataProtectionOfficer,
        ["administrator"] = Role.Administrator,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>All names, in the order of <see cref="Role"/>.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [.. ByName.OrderBy(pair => pair.Value).Select(pair => pair.Key)];

    /// <summary>The role of this name; null: there is none.</summary>
    public static Role? Parse(string name) => ByName.TryGetValue(name, out var role) ? role : null;

    /// <summary>A role's name.</summary>
    public static string Name(Role role) => ByName.First(pair => pair.Value == role).Key;
}
