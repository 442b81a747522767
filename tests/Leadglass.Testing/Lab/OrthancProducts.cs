using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>Orthanc on a host of a lab: the configuration that Debian ships, with the members that a setting changes.</summary>
public static class OrthancProducts
{
    private const string ShippedFolder = "/etc/orthanc";
    private const string PluginFolder = "/usr/share/orthanc/plugins/";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>The user whom a setting with users registers.</summary>
    public const string User = "keeper:not-to-be-guessed-4711";

    /// <summary>The user whom it makes up itself where remote access is on and nothing is said of users.</summary>
    public const string DefaultUser = "orthanc:orthanc";

    /// <summary>What must be there for it.</summary>
    public static bool IsInstalled =>
        Tool.IsInstalled("Orthanc")
        && File.Exists(Path.Combine(ShippedFolder, "orthanc.json"))
        && File.Exists(OrthancProcess.DicomWebPlugin);

    /// <summary>Starts it, as shipped but for these members, and fills it from within.</summary>
    /// <param name="changed">members of its configuration; folders may be named as <c>@scratch</c></param>
    /// <param name="hasDicomWeb">whether its plug-ins are loaded</param>
    /// <param name="user">whom HTTP asks for; null where it asks for nobody</param>
    public static async Task<LabProduct> StartAsync(
        LabNetwork lab,
        string setting,
        JsonObject changed,
        bool hasDicomWeb = true,
        string? user = null
    )
    {
        var scratch = new ScratchFolder("lab-orthanc");
        var host = await lab.AddHostAsync("Orthanc, " + setting);
        var configuration = Configure(scratch, changed, hasDicomWeb, user);
        var server = host.Inside.Start(
            File.Exists("/usr/sbin/Orthanc") ? "/usr/sbin/Orthanc" : "Orthanc",
            ["--verbose", configuration],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["TCP_NODELAY"] = "1" },
            scratch.FullPath
        );
        try
        {
            await host.Inside.WaitForListenerAsync(8042, server, StartLimit);
            await host.Inside.WaitForListenerAsync(4242, server, StartLimit);
            string[] signIn = user is null ? [] : ["--user", user];
            foreach (var file in CanaryStudies.WriteFiles(scratch.File("canaries")))
            {
                await CurlAsync(host, [.. signIn, "--data-binary", "@" + file, "http://127.0.0.1:8042/instances"]);
            }

            var statistics = await CurlAsync(host, [.. signIn, "http://127.0.0.1:8042/statistics"]);
            var system = await CurlAsync(host, [.. signIn, "http://127.0.0.1:8042/system"]);
            return new LabProduct
            {
                Name = "Orthanc",
                Setting = setting,
                Host = host,
                ReadLog = () => server.Output,
                Stop = LabProduct.Ending(server, scratch),
                DicomPort = 4242,
                IsTls = changed["DicomTlsEnabled"]?.GetValue<bool>() ?? false,
                AeTitle = changed["DicomAet"]?.GetValue<string>() ?? "ORTHANC",
                HttpPort = 8042,
                DicomWebRoot = hasDicomWeb ? "/dicom-web/" : null,
                Studies = JsonNode.Parse(statistics)!["CountStudies"]!.GetValue<int>(),
                Version = JsonNode.Parse(system)!["Version"]!.GetValue<string>(),
            };
        }
        catch
        {
            await server.DisposeAsync();
            scratch.Dispose();
            throw;
        }
    }

    private static string Configure(ScratchFolder scratch, JsonObject changed, bool hasDicomWeb, string? user)
    {
        var configuration = Shipped("orthanc.json");
        foreach (var (name, value) in Shipped("dicomweb.json").Where(_ => hasDicomWeb))
        {
            configuration[name] = value?.DeepClone();
        }

        configuration["StorageDirectory"] = scratch.Folder("storage");
        configuration["IndexDirectory"] = scratch.Folder("index");
        configuration["Plugins"] = hasDicomWeb ? new JsonArray(PluginFolder) : new JsonArray();
        if (user == User)
        {
            var (name, password) = (User.Split(':')[0], User.Split(':')[1]);
            configuration["AuthenticationEnabled"] = true;
            configuration["RegisteredUsers"] = new JsonObject { [name] = password };
        }

        foreach (var (name, value) in changed)
        {
            configuration[name] = value?.DeepClone();
        }

        var path = scratch.File("orthanc.json");
        File.WriteAllText(path, configuration.ToJsonString(new JsonSerializerOptions()));
        return path;
    }

    private static JsonObject Shipped(string file) =>
        JsonNode
            .Parse(
                File.ReadAllText(Path.Combine(ShippedFolder, file)),
                documentOptions: new JsonDocumentOptions
                {
                    CommentHandling = JsonCommentHandling.Skip,
                    AllowTrailingCommas = true,
                }
            )!
            .AsObject();

    private static async Task<string> CurlAsync(LabHost host, IEnumerable<string> arguments)
    {
        var result = await host.Inside.RunAsync("curl", ["-sS", "--fail", "--noproxy", "*", .. arguments]);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"{host.Name}: {result}")
            );
    }
}
