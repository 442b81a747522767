using System.Reflection;
using System.Text.Json.Serialization;
using Leadglass.Access;
using Mono.Cecil;

namespace Leadglass.Architecture.Tests;

/// <summary>
/// Invariant 1, as far as the shape of the code holds it: grants come from the policy alone, cannot be copied, changed,
/// stored or made out of nothing, and one component opens what is sealed in order to release it.
/// </summary>
public sealed class GrantTests
{
    // What reads for upkeep: it compares, indexes and verifies, and nothing that it opens leaves the room. The two
    // projections are internal to what takes a maintenance grant.
    private static readonly string[] Upkeep =
    [
        "Leadglass.Archive.ArchiveVerification",
        "Leadglass.Archive.Conflicts",
        "Leadglass.Archive.IndexUpkeep",
        "Leadglass.Archive.MetadataKeeper",
    ];
    private static readonly string[] Projections =
    [
        "Leadglass.Archive.DecisionProjection",
        "Leadglass.Archive.IndexProjection",
    ];
    private static readonly string[] GivenOut =
    [
        "Leadglass.Dicom.DataSet",
        "Leadglass.Archive.OpenedInstance",
        "Leadglass.Sealing.RecordOpener",
        "System.IO.Stream",
        "System.Byte",
    ];

    // Every kind of identity that there is.
    private static readonly string[] Identities =
    [
        .. typeof(Identity)
            .Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Identity)))
            .Select(type => type.FullName!)
            .Order(StringComparer.Ordinal),
    ];

    public static TheoryData<Type> Grants => [typeof(AccessGrant), typeof(MaintenanceGrant)];

    [Theory]
    [MemberData(nameof(Grants))]
    public void AGrantIsASealedClassWithAPrivateConstructor(Type grant)
    {
        Assert.True(grant.IsClass && grant.IsSealed && grant.BaseType == typeof(object));
        var constructors = grant.GetConstructors(
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static
        );
        Assert.All(constructors, constructor => Assert.True(constructor.IsPrivate));
        Assert.Null(grant.GetMethod("<Clone>$"));
        Assert.Null(grant.GetMethod("Deconstruct"));
        Assert.DoesNotContain(
            grant.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic),
            property => property.CanWrite
        );
        Assert.All(
            grant.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic),
            field => Assert.True(field.IsInitOnly && field.IsPrivate, field.Name)
        );
    }

    [Theory]
    [MemberData(nameof(Grants))]
    public void AGrantIsNeverSerialised(Type grant)
    {
        Assert.DoesNotContain(
            grant.GetInterfaces(),
            face => face.Name.Contains("Serializable", StringComparison.Ordinal)
        );
        var serialised =
            from module in Rooms.Modules
            from type in module.Module.GetTypes()
            from attribute in type.CustomAttributes
            where attribute.AttributeType.Name == nameof(JsonSerializableAttribute)
            let argument = (TypeReference)attribute.ConstructorArguments[0].Value
            where argument.FullName.Contains(grant.Name, StringComparison.Ordinal)
            select type.FullName;
        Assert.Empty(serialised);
    }

    [Theory]
    [MemberData(nameof(Grants))]
    public void ThePolicyAloneIssuesAGrant(Type grant)
    {
        var issuers =
            from mention in Rooms.Mentions
            where mention.To is MethodReference { Name: "Issue" } && mention.To.DeclaringType.FullName == grant.FullName
            select mention.From.FullName;
        Assert.Equal([typeof(AccessPolicy).FullName], issuers.Distinct());
        var makers =
            from mention in Rooms.Mentions
            where mention.To is MethodReference { Name: ".ctor" } && mention.To.DeclaringType.FullName == grant.FullName
            select mention.From.FullName;
        Assert.Equal([grant.FullName], makers.Distinct());
    }

    [Fact]
    public void IdentitiesAreMadeByThePolicyAlone()
    {
        var makers =
            from mention in Rooms.Mentions
            where
                mention.To is MethodReference { Name: ".ctor" }
                && Identities.Contains(mention.To.DeclaringType.FullName, StringComparer.Ordinal)
            select (Made: mention.To.DeclaringType.FullName, mention.From.FullName);
        Assert.Equal(
            Identities.Select(made => (made, typeof(AccessPolicy).FullName)),
            makers.Distinct().OrderBy(pair => pair.Made, StringComparer.Ordinal)
        );
    }

    /// <summary>
    /// A session is the proof that a person is let in by: the sign-in alone opens one, the means of an account are changed
    /// there alone, and roles by who takes a grant for it.
    /// </summary>
    [Fact]
    public void TheSignInAloneOpensSessionsAndChangesMeans()
    {
        Assert.Equal(
            ["Leadglass.Server.SignIn.Browser.BrowserSessions"],
            Outside("Leadglass.Access.Sessions", "OpenAsync", "RenewAsync", "OpenViewerAsync", "OpenStudyAsync")
        );
        Assert.All(
            Outside("Leadglass.Access.People", "AddAsync", "ReplaceAsync", "ChangeAsync", "RemoveAsync"),
            caller => Assert.StartsWith("Leadglass.Server.SignIn.", caller, StringComparison.Ordinal)
        );

        static IEnumerable<string> Outside(string type, params string[] methods) =>
            methods
                .SelectMany(method => CallersOf(type, method))
                .Select(caller => caller.Split('/')[0])
                .Where(caller => !caller.StartsWith("Leadglass.Access.", StringComparison.Ordinal))
                .Distinct(StringComparer.Ordinal);
    }

    /// <summary>The usual ways around a private constructor are not taken anywhere.</summary>
    [Fact]
    public void NobodyMakesObjectsBehindTheirConstructors()
    {
        string[] ways =
        [
            "System.Runtime.CompilerServices.RuntimeHelpers::GetUninitializedObject",
            "System.Runtime.Serialization.FormatterServices::GetUninitializedObject",
            "System.Activator::CreateInstance",
            "System.Reflection.ConstructorInfo::Invoke",
            "System.Reflection.MethodBase::Invoke",
            "System.Reflection.FieldInfo::SetValue",
            "System.Runtime.CompilerServices.Unsafe::As",
            "System.Object::MemberwiseClone",
        ];
        var taken =
            from mention in Rooms.Mentions
            where mention.To is MethodReference
            let way = $"{mention.To.DeclaringType.GetElementType().FullName}::{mention.To.Name}"
            where ways.Contains(way, StringComparer.Ordinal)
            // What compiler and generators write into types of their own makes no grants.
            where
                !mention.From.Name.StartsWith('<')
                && !mention.From.CustomAttributes.Any(a => a.AttributeType.Name == "GeneratedCodeAttribute")
            select $"{mention.From.FullName} calls {way}";
        Assert.Empty(taken.Distinct());
        var accessors =
            from room in Rooms.Types
            from method in room.Type.Methods
            where method.CustomAttributes.Any(a => a.AttributeType.Name == "UnsafeAccessorAttribute")
            select method.FullName;
        Assert.Empty(accessors);
    }

    [Fact]
    public void OneComponentOpensRecordsForRelease()
    {
        var openers = CallersOf("Leadglass.Sealing.RecordOpener", "OpenAsync");
        Assert.Equal(
            ["Leadglass.Archive.ContentOpener", "Leadglass.Sealing.SealedFile"],
            openers.Except(Upkeep, StringComparer.Ordinal)
        );
    }

    [Fact]
    public void RowsAreOpenedByTheOpenerAndByUpkeepOnly()
    {
        var openers = CallersOf("Leadglass.Archive.RowContent", "Open");
        Assert.Equal(
            ["Leadglass.Archive.ContentOpener"],
            openers.Except([.. Upkeep, .. Projections], StringComparer.Ordinal)
        );
        Assert.Equal(
            [
                "Leadglass.Access.Trails.TrailSeal",
                "Leadglass.Archive.DecisionRecord",
                "Leadglass.Archive.MetadataRows",
                "Leadglass.Archive.QuarantineRows",
                "Leadglass.Archive.RowContent",
            ],
            CallersOf("Leadglass.Sealing.RowSealer", "Open")
        );
    }

    [Fact]
    public void UpkeepTakesAMaintenanceGrantAndGivesNothingOut()
    {
        foreach (var name in Upkeep)
        {
            var type = Rooms.Types.Single(room => room.Type.FullName == name).Type;
            Assert.Contains(
                type.Methods,
                method => method.Parameters.Any(p => p.ParameterType.FullName == typeof(MaintenanceGrant).FullName)
            );
            Assert.DoesNotContain(
                type.Methods,
                method =>
                    method.IsPublic
                    && GivenOut.Any(kind => method.ReturnType.FullName.Contains(kind, StringComparison.Ordinal))
            );
        }
        Assert.All(
            Projections,
            name => Assert.False(Rooms.Types.Single(room => room.Type.FullName == name).Type.IsPublic)
        );
    }

    /// <summary>The adapters of the ports hold ciphertext: they know neither keys nor openers nor grants.</summary>
    [Theory]
    [InlineData("Leadglass.Archive.Packs")]
    [InlineData("Leadglass.Archive.Sqlite")]
    public void AStoreOrIndexHasNoKey(string room)
    {
        string[] forbidden =
        [
            "Leadglass.Sealing.MasterKey",
            "Leadglass.Sealing.DataKey",
            "Leadglass.Sealing.KeyRing",
            "Leadglass.Sealing.RecordOpener",
            "Leadglass.Sealing.RecordSealer",
            "Leadglass.Sealing.RowSealer",
            "Leadglass.Sealing.SealedFile",
            "Leadglass.Access.AccessGrant",
            "Leadglass.Dicom.DataSet",
        ];
        var used = Rooms.Modules.Single(module => module.Room == room).Module.GetTypeReferences();
        Assert.Empty(used.Select(type => type.FullName).Intersect(forbidden, StringComparer.Ordinal));
    }

    private static IEnumerable<string> CallersOf(string type, string method) =>
        Rooms
            .Mentions.Where(mention =>
                mention.To is MethodReference called
                && called.Name == method
                && called.DeclaringType.FullName == type
                && mention.From.FullName != type
            )
            .Select(mention => mention.From.FullName)
            .Distinct()
            .Order(StringComparer.Ordinal);
}
