using Leadglass.Access;

namespace Leadglass.Server.SignIn.Programs;

/// <summary>Rights of programs as they are written: on the command line and as scopes of a token.</summary>
public static class ProgramScopes
{
    private static readonly (string Name, ProgramRights Right)[] All =
    [
        ("read", ProgramRights.Read),
        ("write", ProgramRights.Write),
        ("records", ProgramRights.Records),
        ("observe", ProgramRights.Observe),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(static one => one.Name)];

    /// <summary>The names of what these rights hold.</summary>
    public static IReadOnlyList<string> Of(ProgramRights rights) =>
        [.. All.Where(one => rights.HasFlag(one.Right)).Select(static one => one.Name)];

    /// <summary>The rights of these names; null: one of them is none.</summary>
    public static ProgramRights? Parse(IEnumerable<string> names)
    {
        var rights = ProgramRights.None;
        foreach (var name in names)
        {
            var (_, right) = Array.Find(All, one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (right is ProgramRights.None)
            {
                return null;
            }

            rights |= right;
        }

        return rights;
    }
}
