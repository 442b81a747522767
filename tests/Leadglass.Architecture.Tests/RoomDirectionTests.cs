using System.Xml.Linq;
using Leadglass.Testing;

namespace Leadglass.Architecture.Tests;

/// <summary>The arrows between the rooms point downwards only, as ARCHITECTURE.md draws them.</summary>
public sealed class RoomDirectionTests
{
    [Fact]
    public void EveryRoomReferencesOnlyTheRoomsBelowIt()
    {
        var source = Path.Combine(SharedData.CheckoutRoot, "src");
        foreach (var project in Directory.EnumerateFiles(source, "*.csproj", SearchOption.AllDirectories))
        {
            var room = Path.GetFileNameWithoutExtension(project);
            var allowed = Rooms.DirectlyBelow(room);
            Assert.True(allowed is not null, $"{room} is not a room of the design");
            var actual = XDocument
                .Load(project)
                .Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));
            Assert.Empty(actual.Except(allowed, StringComparer.Ordinal));
        }
    }

    [Fact]
    public void NoTypeReachesUpwardsOrSideways()
    {
        foreach (var (room, module) in Rooms.Modules)
        {
            var reached = module
                .AssemblyReferences.Select(reference => reference.Name)
                .Where(name => name.StartsWith("Leadglass", StringComparison.Ordinal));
            Assert.Empty(reached.Except(Rooms.AllBelow(room), StringComparer.Ordinal));
        }
    }

    /// <summary>Protocols, sealing, access and use cases know no socket, no file format of a database, no web server.</summary>
    [Theory]
    [InlineData("System.Net.Sockets", "Leadglass.Server", "Leadglass.Cli", "Leadglass.Edge", "Leadglass.Exposure")]
    [InlineData("System.Net.Security", "Leadglass.Server", "Leadglass.Cli", "Leadglass.Edge", "Leadglass.Exposure")]
    [InlineData("Microsoft.AspNetCore", "Leadglass.Server")]
    [InlineData("Microsoft.Data.Sqlite", "Leadglass.Archive.Sqlite")]
    [InlineData("Spectre.Console", "Leadglass.Cli")]
    [InlineData("System.CommandLine", "Leadglass.Cli")]
    [InlineData("System.Net.Http", "Leadglass.Server", "Leadglass.Cli", "Leadglass.Edge", "Leadglass.Exposure")]
    public void WhatBelongsToOneRoomStaysThere(string ofNamespace, params string[] rooms)
    {
        var strays =
            from room in Rooms.Modules
            where !rooms.Contains(room.Room, StringComparer.Ordinal)
            from type in room.Module.GetTypeReferences()
            where
                type.Namespace == ofNamespace || type.Namespace.StartsWith(ofNamespace + ".", StringComparison.Ordinal)
            select $"{room.Room} uses {type.FullName}";
        Assert.Empty(strays);
    }

    /// <summary>
    /// The archive calls nobody by HTTP but the hospital's sign-in provider, through one guarded handler, and its own
    /// listeners, when it looks at itself through a dialer whose scope holds nothing else.
    /// </summary>
    [Fact]
    public void OnlyTheSignInProviderIsCalledByHttp()
    {
        var strays =
            from mention in Rooms.Mentions
            where
                mention.Room == "Leadglass.Server"
                && mention.To.DeclaringType?.Namespace is { } used
                && (used == "System.Net.Http" || used.StartsWith("System.Net.Http.", StringComparison.Ordinal))
                && !mention.From.FullName.Contains("Leadglass.Server.SignIn.Provider.", StringComparison.Ordinal)
                && !mention.From.FullName.Contains("Leadglass.Server.SelfExamination.", StringComparison.Ordinal)
            select $"{mention.From.FullName} uses {mention.To.FullName}";
        Assert.Empty(strays.Distinct());
    }

    /// <summary>Tests open an archive on purpose to see that it notices; the program has no such variation.</summary>
    [Theory]
    [InlineData("Leadglass.Server.SelfExamination.ServerVariation")]
    [InlineData("Leadglass.Server.Listeners.ListenerParts", "set_Below")]
    public void NothingInTheProgramOpensTheArchiveOnPurpose(string type, string? member = null)
    {
        var makers =
            from mention in Rooms.Mentions
            where
                mention.To.DeclaringType?.FullName == type
                && mention.From.FullName != type
                && (
                    member is null
                        ? mention.To.Name is ".ctor" || mention.To.Name.StartsWith("set_", StringComparison.Ordinal)
                        : mention.To.Name == member
                )
            select $"{mention.From.FullName} uses {mention.To.Name}";
        Assert.Empty(makers.Distinct());
    }

    [Fact]
    public void OnlyTheCommandTouchesTheConsole()
    {
        var strays =
            from mention in Rooms.Mentions
            where mention.Room != "Leadglass.Cli" && mention.To.DeclaringType?.FullName == "System.Console"
            select $"{mention.From.FullName} uses {mention.To.Name}";
        Assert.Empty(strays.Distinct());
    }

    /// <summary>A room opens its internals to its own tests and to nobody else.</summary>
    [Fact]
    public void InternalsAreVisibleToARoomsOwnTestsOnly()
    {
        foreach (var (room, module) in Rooms.Modules)
        {
            var friends = module
                .Assembly.CustomAttributes.Where(a => a.AttributeType.Name == "InternalsVisibleToAttribute")
                .Select(a => (string)a.ConstructorArguments[0].Value);
            Assert.Empty(friends.Except([$"{room}.Tests"], StringComparer.Ordinal));
        }
    }
}
