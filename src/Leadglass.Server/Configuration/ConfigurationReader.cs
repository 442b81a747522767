using System.Net;
using System.Text.Json;

namespace Leadglass.Server.Configuration;

/// <summary>
/// Reads <c>leadglass.json</c>, the environment (<c>LEADGLASS__KEY</c>, lists as <c>LEADGLASS__KEY__0</c>) and the options
/// of the command line, each winning over the one before, and reports every mistake at once.
/// </summary>
public sealed partial class ConfigurationReader
{
    private const string Prefix = "LEADGLASS__";
    private const int FileLengthMax = 1024 * 1024;
    private const int ListLengthMax = 1_000;
    private const char SectionMark = '.';

    private readonly List<string> _mistakes = [];
    private readonly Dictionary<string, Setting> _settings = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads and validates.</summary>
    /// <param name="file">The configuration file, which may be absent.</param>
    /// <param name="environment">Where variables are looked up.</param>
    /// <param name="options">What the command line says, by key: <c>bind</c>, <c>dicomPort</c> ...</param>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is named.</exception>
    public static ServeOptions Read(
        string file,
        HostEnvironment environment,
        IReadOnlyDictionary<string, string> options
    )
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        var reader = new ConfigurationReader();
        reader.AddFile(file);
        reader.AddEnvironment(environment);
        foreach (var (key, value) in options)
        {
            reader._settings[key] = new Setting([value], $"option --{Dashed(key)}");
        }

        var result = reader.Bind();
        return reader._mistakes.Count == 0 ? result : throw new ConfigurationException(reader._mistakes);
    }

    private void AddFile(string file)
    {
        if (!File.Exists(file))
        {
            return;
        }

        try
        {
            if (new FileInfo(file).Length > FileLengthMax)
            {
                _mistakes.Add($"{file}: longer than {FileLengthMax} bytes");
                return;
            }

            using var document = JsonDocument.Parse(
                File.ReadAllBytes(file),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
            );
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                _mistakes.Add($"{file}: not a JSON object");
                return;
            }

            foreach (var property in document.RootElement.EnumerateObject())
            {
                AddFileSetting(file, property.Name, property.Value);
            }
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            _mistakes.Add($"{file}: {failure.Message.TrimEnd('.')}");
        }
    }

    private void AddFileSetting(string file, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object && IsSection(name))
        {
            foreach (var member in value.EnumerateObject())
            {
                AddFileSetting(file, $"{name}{SectionMark}{member.Name}", member.Value);
            }

            return;
        }

        var isList = value.ValueKind == JsonValueKind.Array;
        var values = isList ? value.EnumerateArray().Take(ListLengthMax + 1).ToArray() : [value];
        if (values.Any(value => value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null))
        {
            _mistakes.Add($"{file}: {name} must be a text, a number, true or false, or a list of those");
            return;
        }

        if (!_settings.TryAdd(name, new Setting([.. values.Select(one => one.ToString())], file, isList)))
        {
            _mistakes.Add($"{file}: {name} stands there twice");
        }
    }

    private void AddEnvironment(HostEnvironment environment)
    {
        var ours = environment
            .Variables.Where(variable => variable.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(variable => variable.Key, StringComparer.Ordinal);
        var lists = new Dictionary<string, SortedDictionary<int, string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in ours)
        {
            var parts = name[Prefix.Length..].Split("__");
            if (
                parts is [.. var section, var place]
                && section.Length > 0
                && int.TryParse(place, out var index)
                && index >= 0
            )
            {
                var list = string.Join(SectionMark, section);
                lists.TryAdd(list, []);
                lists[list][index] = value;
            }
            else if (parts.Length == 1 || IsSection(parts[0]))
            {
                _settings[string.Join(SectionMark, parts)] = new Setting([value], $"environment variable {name}");
            }
            else
            {
                _mistakes.Add($"environment variable {name}: no such setting");
            }
        }

        foreach (var (key, values) in lists)
        {
            _settings[key] = new Setting([.. values.Values], $"environment variables {Prefix}{key}__...", IsList: true);
        }
    }

    private ServeOptions Bind()
    {
        var defaults = new ServeOptions();
        var result = new ServeOptions
        {
            Bind = Take("bind", defaults.Bind, Address),
            DicomPort = Take("dicomPort", defaults.DicomPort, Number(0, 65535)),
            HttpPort = Take("httpPort", defaults.HttpPort, Number(0, 65535)),
            ProgramPort = Take("programPort", defaults.ProgramPort, OptionalPort),
            HttpsCertificate = Take("httpsCertificate", defaults.HttpsCertificate, AbsolutePath),
            HttpsKey = Take("httpsKey", defaults.HttpsKey, AbsolutePath),
            OtlpEndpoint = Take("otlpEndpoint", defaults.OtlpEndpoint, Collector),
            AeTitle = Take("aeTitle", defaults.AeTitle, Title),
            ChecksCalledAeTitle = Take("checksCalledAeTitle", defaults.ChecksCalledAeTitle, Truth),
            Names = TakeList("names", HostName),
            DicomConnectionsMax = Take("dicomConnectionsMax", defaults.DicomConnectionsMax, Number(1, 1_000)),
            HttpConnectionsMax = Take("httpConnectionsMax", defaults.HttpConnectionsMax, Number(1, 10_000)),
            HandshakeTimeout = Take("handshakeTimeoutSeconds", defaults.HandshakeTimeout, Seconds(1, 60)),
            AssociationIdleTimeout = Take(
                "associationIdleTimeoutSeconds",
                defaults.AssociationIdleTimeout,
                Seconds(5, 86_400)
            ),
            DrainTimeout = Take("drainTimeoutSeconds", defaults.DrainTimeout, Seconds(0, 600)),
            PrivateStorageClasses = TakeList("privateStorageClasses", Uid),
            SignIn = BindSignIn(),
        };
        foreach (var (key, setting) in _settings)
        {
            _mistakes.Add($"{setting.Source}: {key}: no such setting");
        }

        Compare(result);
        return result;
    }

    private void Compare(ServeOptions result)
    {
        int[] ports = [result.DicomPort, result.HttpPort, result.ProgramPort ?? 0];
        foreach (var port in ports.Where(port => port != 0).GroupBy(port => port).Where(same => same.Count() > 1))
        {
            _mistakes.Add($"two of dicomPort, httpPort and programPort are {port.Key}: give each its own");
        }

        if (result.HttpsCertificate is null != result.HttpsKey is null)
        {
            _mistakes.Add("httpsCertificate and httpsKey belong together: give both or none");
        }
    }

    private T Take<T>(string key, T otherwise, Func<string, Parsed<T>> parse)
    {
        if (!_settings.Remove(key, out var setting))
        {
            return otherwise;
        }

        if (setting.IsList)
        {
            _mistakes.Add($"{setting.Source}: {key} takes one value, not a list");
            return otherwise;
        }

        return Judge(key, setting, setting.Values[0], parse, otherwise);
    }

    private IReadOnlyList<string> TakeList(string key, Func<string, Parsed<string>> parse)
    {
        if (!_settings.Remove(key, out var setting))
        {
            return [];
        }

        if (setting.Values.Count > ListLengthMax)
        {
            _mistakes.Add($"{setting.Source}: {key} holds more than {ListLengthMax} values");
            return [];
        }

        return [.. setting.Values.Select(value => Judge(key, setting, value, parse, string.Empty))];
    }

    private T Judge<T>(string key, Setting setting, string text, Func<string, Parsed<T>> parse, T otherwise)
    {
        var parsed = parse(text.Trim());
        if (parsed.Expected is null)
        {
            return parsed.Value!;
        }

        _mistakes.Add($"{setting.Source}: {key} must be {parsed.Expected}");
        return otherwise;
    }

    private static Parsed<IPAddress> Address(string text) =>
        IPAddress.TryParse(text, out var address)
            ? new(address, null)
            : new(null, "an IP address, such as 127.0.0.1 or 0.0.0.0");

    private static Func<string, Parsed<int>> Number(int least, int most) =>
        text =>
            int.TryParse(text, out var number) && number >= least && number <= most
                ? new(number, null)
                : new(0, $"a whole number from {least} to {most}");

    private static Parsed<int?> OptionalPort(string text)
    {
        var (port, expected) = Number(0, 65535)(text);
        return new(port, expected);
    }

    private static Parsed<string?> AbsolutePath(string text) =>
        Path.IsPathRooted(text) ? new(text, null) : new(null, "an absolute path");

    private static Parsed<Uri?> Collector(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? new(address, null)
            : new(null, "an https address, or an http address of this machine");

    private static Func<string, Parsed<TimeSpan>> Seconds(int least, int most) =>
        text =>
        {
            var (seconds, expected) = Number(least, most)(text);
            return new(TimeSpan.FromSeconds(seconds), expected);
        };

    private static Parsed<bool> Truth(string text) =>
        bool.TryParse(text, out var truth) ? new(truth, null) : new(false, "true or false");

    private static Parsed<string> Title(string text) =>
        text.Length is > 0 and <= 16 && text.All(letter => letter is > ' ' and <= '~' and not '\\')
            ? new(text, null)
            : new(null, "1 to 16 printable ASCII characters without backslash (PS3.5 6.2, AE)");

    private static Parsed<string> HostName(string text) =>
        Uri.CheckHostName(text) == UriHostNameType.Unknown
            ? new(null, "a host name or an IP address")
            : new(text, null);

    private static Parsed<string> Uid(string text) =>
        text.Length is > 0 and <= 64
        && text.Split('.')
            .All(part => part.Length > 0 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0'))
            ? new(text, null)
            : new(null, "a UID of at most 64 characters (PS3.5 9.1)");

    private static string Dashed(string key) =>
        string.Concat(
            key.Select(letter => char.IsAsciiLetterUpper(letter) ? $"-{char.ToLowerInvariant(letter)}" : $"{letter}")
        );

    private sealed record Setting(IReadOnlyList<string> Values, string Source, bool IsList = false);

    private readonly record struct Parsed<T>(T? Value, string? Expected);
}
