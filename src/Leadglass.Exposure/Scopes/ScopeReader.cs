using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Exposure;

/// <summary>
/// Reads <c>scope.yaml</c>. Refuses what is not complete, not clear or not in force, and says everything that is wrong at once.
/// </summary>
public static class ScopeReader
{
    private const int FormatVersion = 1;
    private const int BytesMax = 8 * 1024 * 1024;

    private static readonly YamlLimits Limits = new(Depth: 8, Nodes: 200_000);

    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    private static readonly string[] TimeFormats = ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mmzzz"];

    /// <summary>Reads a file of at most 8 MiB.</summary>
    /// <exception cref="ScopeException">It cannot be used; all mistakes are named, with their lines.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<ScanScope> ReadAsync(string path, TimeProvider clock, CancellationToken cancel)
    {
        if (!File.Exists(path))
        {
            throw new ScopeException(
                path,
                [new ScopeMistake(0, "no such file; leadglass exposure scope init writes one")]
            );
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var content = new byte[(int)Math.Min(file.Length, BytesMax) + 1];
        var length = await file.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancel);
        return Parse(content.AsSpan(0, length), path, clock);
    }

    /// <summary>Reads the text of a scope.</summary>
    /// <param name="source">What it is called in messages.</param>
    /// <exception cref="ScopeException">It cannot be used; all mistakes are named, with their lines.</exception>
    public static ScanScope Parse(ReadOnlySpan<byte> text, string source, TimeProvider clock)
    {
        var mistakes = new MistakeList();
        var yamlMistakes = new List<YamlMistake>();
        if (YamlTree.Read(Decode(text, source), yamlMistakes, Limits) is not { } root || yamlMistakes.Count > 0)
        {
            throw new ScopeException(source, yamlMistakes.Select(wrong => new ScopeMistake(wrong.Line, wrong.Problem)));
        }

        var scope = ScopeFields.Of(root, string.Empty, mistakes) is { } fields
            ? Read(fields, mistakes, Convert.ToHexStringLower(SHA256.HashData(text)), clock.GetUtcNow())
            : null;
        return mistakes.Count == 0 && scope is not null ? scope : throw new ScopeException(source, mistakes.All);
    }

    private static string Decode(ReadOnlySpan<byte> text, string source)
    {
        if (text.Length > BytesMax)
        {
            throw new ScopeException(source, [new ScopeMistake(0, $"longer than {BytesMax / 1024 / 1024} MiB")]);
        }

        try
        {
            return StrictUtf8.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw new ScopeException(source, [new ScopeMistake(0, "not UTF-8; save it as UTF-8")]);
        }
    }

    private static ScanScope Read(ScopeFields file, MistakeList mistakes, string digest, DateTimeOffset now)
    {
        file.Number("version", FormatVersion, FormatVersion, isRequired: true);
        var sections = new ScopeSections(mistakes);
        var (from, until) = ReadValidity(file, now);
        var scope = new ScanScope
        {
            Name = file.Text("name", isRequired: true) ?? string.Empty,
            Digest = digest,
            Authorisation = ReadAuthorisation(file),
            ValidFrom = from,
            ValidUntil = until,
            HighestRung = file.Rung("highestRung", isRequired: true) ?? Rung.Connect,
            Networks = sections.Networks(file),
            Ports = ReadPorts(file),
            Names = sections.Names(file),
            Exclusions = sections.Ranges(file, "exclusions"),
            Devices = sections.Ranges(file, "devices"),
            TriesPublishedTitles = file.Flag("triesPublishedTitles"),
            FetchesSecurityText = file.Flag("fetchesSecurityText"),
            TimeWindow = ScopeSections.Window(file),
            Rate = ScopeSections.Rate(file),
            Inventory = sections.Inventory(file),
            ProofOfControl = sections.Proofs(file),
        };
        file.RefuseOthers();
        ScopeRules.Check(scope, file, sections);
        return scope;
    }

    private static ScopeAuthorisation ReadAuthorisation(ScopeFields file)
    {
        if (file.Fields("authorisation", isRequired: true) is not { } fields)
        {
            return new ScopeAuthorisation(string.Empty, string.Empty, string.Empty, RecordsBasis: null);
        }

        var authorisation = new ScopeAuthorisation(
            fields.Text("by", isRequired: true) ?? string.Empty,
            fields.Text("basis", isRequired: true) ?? string.Empty,
            fields.Text("contact", isRequired: true) ?? string.Empty,
            fields.Text("recordsBasis")
        );
        if (authorisation.Contact.Length > 0 && !ScopeText.IsContact(authorisation.Contact))
        {
            fields.Mistaken("contact", "a mail address or an https URL: it is sent to the web servers that are probed");
        }

        fields.RefuseOthers();
        return authorisation;
    }

    private static (DateTimeOffset From, DateTimeOffset Until) ReadValidity(ScopeFields file, DateTimeOffset now)
    {
        var (begins, ends) = (ReadTime(file, "validFrom"), ReadTime(file, "validUntil"));
        if (begins is not { } from || ends is not { } until)
        {
            return default;
        }

        if (until <= from)
        {
            file.Mistaken("validUntil", "it is over before it begins");
        }
        else if (until - from > TimeSpan.FromDays(ScanScope.ValidityDaysMax))
        {
            file.Mistaken(
                "validUntil",
                $"a scope is valid for at most {ScanScope.ValidityDaysMax} days; have it authorised again then"
            );
        }
        else if (now >= until)
        {
            file.Mistaken(
                "validUntil",
                $"this scope is over since {until:u}; have it authorised again",
                isOutOfTime: true
            );
        }
        else if (now < from)
        {
            file.Mistaken("validFrom", $"this scope begins on {from:u}", isOutOfTime: true);
        }

        return (from, until);
    }

    private static DateTimeOffset? ReadTime(ScopeFields file, string key)
    {
        if (file.Text(key, isRequired: true) is not { } text)
        {
            return null;
        }

        var zoned = text.EndsWith('Z') ? text[..^1] + "+00:00" : text;
        if (
            DateTimeOffset.TryParseExact(
                zoned,
                TimeFormats,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal,
                out var time
            )
        )
        {
            return time;
        }

        file.Mistaken(key, "write date, time and offset: 2026-11-23T08:00:00Z or 2026-11-23T09:00+01:00");
        return null;
    }

    private static PortSet ReadPorts(ScopeFields file)
    {
        if (file.Scalar("ports", isRequired: true) is not { } scalar)
        {
            return PortSet.Of([]);
        }

        if (!PortSet.TryParse(scalar.Value, out var ports, out var mistake))
        {
            file.Mistaken("ports", mistake!);
        }

        return ports;
    }
}
