using System.Xml.Linq;
using Leadglass.Testing;

namespace Leadglass.Architecture.Tests;

/// <summary>The arrows between the rooms point downwards only, as ARCHITECTURE.md draws them.</summary>
public sealed class RoomDirectionTests
{
    private static readonly Dictionary<string, string[]> AllowedReferences = new(StringComparer.Ordinal)
    {
        ["Leadglass.Dicom"] = [],
        ["Leadglass.Sealing"] = [],
        ["Leadglass.Dicom.Network"] = ["Leadglass.Dicom"],
        ["Leadglass.Access"] = ["Leadglass.Dicom", "Leadglass.Sealing"],
        ["Leadglass.Archive"] = ["Leadglass.Dicom", "Leadglass.Sealing", "Leadglass.Access"],
        ["Leadglass.Archive.Packs"] = ["Leadglass.Archive"],
        ["Leadglass.Archive.Sqlite"] = ["Leadglass.Archive"],
        ["Leadglass.Server"] = ["Leadglass.Archive.Packs", "Leadglass.Archive.Sqlite", "Leadglass.Dicom.Network"],
        ["Leadglass.Cli"] = ["Leadglass.Server"],
    };

    [Fact]
    public void EveryRoomReferencesOnlyTheRoomsBelowIt()
    {
        var source = Path.Combine(SharedData.CheckoutRoot, "src");
        foreach (var project in Directory.EnumerateFiles(source, "*.csproj", SearchOption.AllDirectories))
        {
            var room = Path.GetFileNameWithoutExtension(project);
            Assert.True(AllowedReferences.TryGetValue(room, out var allowed), $"{room} is not a room of the design");
            var actual = XDocument
                .Load(project)
                .Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));
            Assert.Empty(actual.Except(allowed, StringComparer.Ordinal));
        }
    }
}
