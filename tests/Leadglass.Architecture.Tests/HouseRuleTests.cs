using System.Diagnostics;
using System.Text.RegularExpressions;
using Leadglass.Testing;
using Mono.Cecil;

namespace Leadglass.Architecture.Tests;

/// <summary>The rules of the house that a machine can check.</summary>
public sealed partial class HouseRuleTests
{
    private const int LinesMax = 500;

    // It has to spell what it looks for.
    private const string OwnFile = nameof(HouseRuleTests) + ".cs";

    [Fact]
    public void NoNameSaysManagerHelperOrUtils()
    {
        var names = Rooms
            .Types.Where(room => !room.Type.Name.Contains('<', StringComparison.Ordinal))
            .Select(room => room.Type.FullName)
            .Where(name => EmptyNames.IsMatch(name));
        Assert.Empty(names);
    }

    [Fact]
    public void NoSourceFileIsLongerThanFiveHundredLines()
    {
        var long_ = Rooms
            .SourceFiles.Select(file => (file, Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > LinesMax)
            .Select(file => $"{Path.GetFileName(file.file)}: {file.Lines} lines");
        Assert.Empty(long_);
    }

    [Fact]
    public void NothingIsLeftToBeDone()
    {
        var left =
            from file in Rooms.SourceFiles
            from line in File.ReadLines(file)
            where Unfinished.IsMatch(line)
            select $"{Path.GetFileName(file)}: {line.Trim()}";
        Assert.Empty(left);
    }

    [Fact]
    public void EveryPublicTypeSaysWhatItIs()
    {
        var silent = new List<string>();
        foreach (var file in Rooms.SourceFiles)
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                if (PublicType.IsMatch(lines[i]) && !IsDocumented(lines, i))
                {
                    silent.Add($"{Path.GetFileName(file)}({i + 1}): {lines[i].Trim()}");
                }
            }
        }
        Assert.Empty(silent);
    }

    /// <summary>
    /// Messages stand in catalogues, where they can be read for patient data in one sitting: nobody logs in place.
    /// </summary>
    [Fact]
    public void LogMessagesComeFromACatalogue()
    {
        var strays =
            from mention in Rooms.Mentions
            where mention.To.DeclaringType?.FullName == "Microsoft.Extensions.Logging.LoggerExtensions"
            select $"{mention.From.FullName} calls {mention.To.Name}";
        Assert.Empty(strays.Distinct());
    }

    /// <summary>Types that hold a patient's values show none of them in text.</summary>
    [Theory]
    [InlineData("Leadglass.Dicom", "StudyInstanceUid")]
    [InlineData("Leadglass.Dicom", "SeriesInstanceUid")]
    [InlineData("Leadglass.Dicom", "SopInstanceUid")]
    [InlineData("Leadglass.Dicom", "DataSet")]
    [InlineData("Leadglass.Dicom", "ValueElement")]
    [InlineData("Leadglass.Dicom", "SequenceElement")]
    [InlineData("Leadglass.Dicom", "PersonName")]
    [InlineData("Leadglass.Access", "PatientKey")]
    [InlineData("Leadglass.Access", "StudyFacts")]
    [InlineData("Leadglass.Access", "DeviceScope")]
    [InlineData("Leadglass.Access", "StudyReach")]
    [InlineData("Leadglass.Access", "Assignment")]
    [InlineData("Leadglass.Access", "StudyShare")]
    [InlineData("Leadglass.Access", "ShareRequest")]
    [InlineData("Leadglass.Access", "MadeShare")]
    [InlineData("Leadglass.Access", "BreakGlassRecord")]
    [InlineData("Leadglass.Access", "Session")]
    [InlineData("Leadglass.Access", "MadeSession")]
    [InlineData("Leadglass.Access", "ReferringPhysician")]
    [InlineData("Leadglass.Access", "ReferringIdentity")]
    [InlineData("Leadglass.Access", "PhysicianId")]
    [InlineData("Leadglass.Access", "Account")]
    [InlineData("Leadglass.Access", "ProgramRegistration")]
    [InlineData("Leadglass.Access.Trails", "TrailEvent")]
    [InlineData("Leadglass.Access.Trails", "TrailQuestion")]
    [InlineData("Leadglass.Access.Trails", "TrailAnswer")]
    public void WhatHoldsAPatientsValuesHasAToStringOfItsOwn(string ofNamespace, string name)
    {
        var type = Rooms.Types.Single(room => room.Type.FullName == $"{ofNamespace}.{name}").Type;
        var own = Ancestry(type)
            .SelectMany(ancestor => ancestor.Methods)
            .FirstOrDefault(method => method is { Name: "ToString", IsVirtual: true, Parameters.Count: 0 });
        Assert.True(
            own is null || !own.CustomAttributes.Any(a => a.AttributeType.Name == "CompilerGeneratedAttribute"),
            $"{name} is a record whose ToString shows all it holds"
        );
    }

    /// <summary>
    /// A clone builds from the public registry that whoever builds it has configured: tracked files name no other, and no
    /// path of one machine.
    /// </summary>
    [Fact]
    public async Task TrackedFilesNameNoPrivateRegistryAndNoMachine()
    {
        var strays = new List<string>();
        foreach (var file in await TrackedAsync())
        {
            var path = Path.Combine(SharedData.CheckoutRoot, file);
            if (!IsText(file) || !File.Exists(path) || Path.GetFileName(file) == OwnFile)
            {
                continue;
            }
            var number = 0;
            await foreach (var line in File.ReadLinesAsync(path))
            {
                number++;
                if (MachinePath.IsMatch(line) || RegistryHost.IsMatch(line))
                {
                    strays.Add($"{file}({number})");
                }
            }
        }
        Assert.Empty(strays);
    }

    /// <summary>A promise of the threat model without its test would be a claim.</summary>
    [Fact]
    public async Task EveryTestThatTheThreatModelNamesExists()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(SharedData.CheckoutRoot, "docs", "threat-model.md"));
        var named = TestClass.Matches(text).Select(match => match.Value.Trim('`')).ToHashSet(StringComparer.Ordinal);
        Assert.True(named.Count > 20, "the threat model names its tests");
        var tests = Path.Combine(SharedData.CheckoutRoot, "tests");
        var existing = Directory
            .EnumerateFiles(tests, "*Tests.cs", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension);
        Assert.Empty(named.Except(existing!, StringComparer.Ordinal));
    }

    [GeneratedRegex("`[A-Z][A-Za-z]+Tests`", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex TestClass { get; }

    [GeneratedRegex(@"(Manager|Helper|Helpers|Utils|Utility|Utilities)(`\d)?$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex EmptyNames { get; }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Unfinished { get; }

    [GeneratedRegex(
        @"^\s*public\s+((static|sealed|abstract|readonly|ref|partial|unsafe)\s+)*(class|struct|record|interface|enum|delegate)\s",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex PublicType { get; }

    [GeneratedRegex("(^|[\\s\"'(=:])/(home|root|work|Users)/[A-Za-z]", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex MachinePath { get; }

    // Where packages come from stands in the configuration of whoever builds, so no file has a source or an index URL.
    [GeneratedRegex(
        "(/v3/index\\.json|packageSources|--index-url|registry=http|\"resolved\":\\s*\"http)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex RegistryHost { get; }

    private static bool IsDocumented(string[] lines, int at)
    {
        for (var i = at - 1; i >= 0; i--)
        {
            var line = lines[i].Trim();
            if (line.StartsWith("///", StringComparison.Ordinal))
            {
                return true;
            }
            var isAttribute = line.StartsWith('[') || line.EndsWith(']') || line.EndsWith(',') || line is ")]" or "(";
            if (!isAttribute)
            {
                // The other half of a partial type may carry the text.
                return lines[at].Contains(" partial ", StringComparison.Ordinal);
            }
        }
        return false;
    }

    private static IEnumerable<TypeDefinition> Ancestry(TypeDefinition type)
    {
        for (var at = type; at?.Namespace.StartsWith("Leadglass", StringComparison.Ordinal) == true; )
        {
            yield return at;
            at = at.BaseType as TypeDefinition;
        }
    }

    private static bool IsText(string file) =>
        Path.GetExtension(file)
            is ".cs"
                or ".csproj"
                or ".props"
                or ".slnx"
                or ".json"
                or ".md"
                or ".sh"
                or ".txt"
                or ".yml"
                or ".config"
                or "";

    private static async Task<string[]> TrackedAsync()
    {
        using var git = Process.Start(
            new ProcessStartInfo("git", ["ls-files", "-z"])
            {
                WorkingDirectory = SharedData.CheckoutRoot,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        var listed = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        Assert.Equal(0, git.ExitCode);
        return listed.Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }
}
