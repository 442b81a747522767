using Leadglass.Testing;
using Mono.Cecil;

namespace Leadglass.Architecture.Tests;

/// <summary>The compiled rooms, read as they lie beside the tests, and the tracked sources.</summary>
internal static class Rooms
{
    private static readonly Dictionary<string, string[]> Below = new(StringComparer.Ordinal)
    {
        ["Leadglass.Dicom"] = [],
        ["Leadglass.Sealing"] = [],
        ["Leadglass.Dicom.Network"] = ["Leadglass.Dicom"],
        ["Leadglass.Dicom.Imaging"] = ["Leadglass.Dicom"],
        ["Leadglass.Dicom.Web"] = ["Leadglass.Dicom"],
        ["Leadglass.Access"] = ["Leadglass.Dicom", "Leadglass.Sealing"],
        ["Leadglass.Archive"] = ["Leadglass.Dicom", "Leadglass.Sealing", "Leadglass.Access"],
        ["Leadglass.Archive.Packs"] = ["Leadglass.Archive"],
        ["Leadglass.Archive.Sqlite"] = ["Leadglass.Archive"],
        ["Leadglass.Edge"] = ["Leadglass.Dicom.Network", "Leadglass.Sealing"],
        ["Leadglass.Exposure"] = ["Leadglass.Dicom.Network", "Leadglass.Dicom.Web"],
        ["Leadglass.Server"] =
        [
            "Leadglass.Archive.Packs",
            "Leadglass.Archive.Sqlite",
            "Leadglass.Dicom.Network",
            "Leadglass.Dicom.Imaging",
            "Leadglass.Dicom.Web",
            "Leadglass.Edge",
            "Leadglass.Exposure",
        ],
        ["Leadglass.Cli"] = ["Leadglass.Server", "Leadglass.Edge", "Leadglass.Exposure"],
    };

    private static readonly Lazy<IReadOnlyList<(string Room, ModuleDefinition Module)>> Loaded = new(() =>
        [
            .. Below.Keys.Select(room =>
                (
                    room,
                    ModuleDefinition.ReadModule(
                        Path.Combine(AppContext.BaseDirectory, $"{(room == "Leadglass.Cli" ? "leadglass" : room)}.dll")
                    )
                )
            ),
        ]
    );

    /// <summary>The rooms of the design.</summary>
    public static IEnumerable<string> Names => Below.Keys;

    /// <summary>Each room's compiled module.</summary>
    public static IReadOnlyList<(string Room, ModuleDefinition Module)> Modules => Loaded.Value;

    /// <summary>The rooms that a room's project file may name; null when it is no room of the design.</summary>
    public static string[]? DirectlyBelow(string room) => Below.GetValueOrDefault(room);

    /// <summary>All rooms below a room.</summary>
    public static HashSet<string> AllBelow(string room) =>
        [.. Below[room].Concat(Below[room].SelectMany(below => AllBelow(below)))];

    /// <summary>Every type of the rooms, nested ones too.</summary>
    public static IEnumerable<(string Room, TypeDefinition Type)> Types =>
        Modules.SelectMany(room => room.Module.GetTypes().Select(type => (room.Room, type)));

    /// <summary>
    /// Every call or mention of a method or field in code: the written type in which it stands (compiled helpers of lambdas
    /// and async methods count as the type around them) and what is mentioned.
    /// </summary>
    public static IEnumerable<(string Room, TypeDefinition From, MemberReference To)> Mentions =>
        from room in Types
        from method in room.Type.Methods
        where method.HasBody
        from instruction in method.Body.Instructions
        where instruction.Operand is MemberReference
        select (room.Room, Written(room.Type), (MemberReference)instruction.Operand);

    /// <summary>The files of <c>src/</c> that people write: generated ones aside.</summary>
    public static IEnumerable<string> SourceFiles =>
        Directory
            .EnumerateFiles(Path.Combine(SharedData.CheckoutRoot, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".g.cs", StringComparison.Ordinal));

    /// <summary>The outermost type that a person wrote around this one.</summary>
    public static TypeDefinition Written(TypeDefinition type) =>
        type.DeclaringType is null || !type.Name.Contains('<', StringComparison.Ordinal)
            ? type
            : Written(type.DeclaringType);
}
