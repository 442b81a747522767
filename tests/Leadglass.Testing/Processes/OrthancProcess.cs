using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Leadglass.Testing.Processes;

/// <summary>A modality as Orthanc's configuration names it.</summary>
public sealed record OrthancModality(string Name, string AeTitle, string Host, int Port, bool IsTls);

/// <summary>
/// An Orthanc of the tests' own: in memory of its own folder, loopback only, without sign-in, and with the TLS files of an
/// enrolled device when it has them.
/// </summary>
public sealed class OrthancProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly ScratchFolder scratch = new("orthanc");
    private readonly HttpClient client;
    private BackgroundProcess? process;

    private OrthancProcess()
    {
        HttpPort = FreePort.Next();
        DicomPort = FreePort.Next();
        client = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{HttpPort}/"),
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public static bool IsInstalled => Tool.IsInstalled("Orthanc");

    /// <summary>Orthanc's DICOMweb plug-in, as Debian installs it.</summary>
    public const string DicomWebPlugin = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

    public int HttpPort { get; }

    public int DicomPort { get; private init; }

    public string Log => process?.Output ?? "";

    public int ProcessId => process?.Id ?? 0;

    /// <param name="device">gives Orthanc's TLS files and AE title; null runs DICOM in clear</param>
    /// <param name="dicomPort">where it shall listen, when somebody was told before; 0 takes a free port</param>
    /// <param name="further">further members of its configuration</param>
    public static async Task<OrthancProcess> StartAsync(
        EnrolledDevice? device,
        IEnumerable<OrthancModality> modalities,
        int dicomPort = 0,
        JsonObject? further = null
    )
    {
        var orthanc = dicomPort == 0 ? new OrthancProcess() : new OrthancProcess { DicomPort = dicomPort };
        try
        {
            await orthanc.StartAsync(device, modalities, further);
            return orthanc;
        }
        catch
        {
            await orthanc.DisposeAsync();
            throw;
        }
    }

    /// <summary>GET of its REST interface.</summary>
    public async Task<JsonNode> ReadAsync(string path) =>
        await client.GetFromJsonAsync<JsonNode>(path) ?? throw new InvalidOperationException($"{path}: nothing");

    /// <summary>An instance's file as it lies in Orthanc.</summary>
    public Task<byte[]> ReadFileAsync(string instance) => client.GetByteArrayAsync($"instances/{instance}/file");

    /// <summary>POST of its REST interface.</summary>
    public async Task<JsonNode> PostAsync(string path, JsonNode body)
    {
        using var content = JsonContent.Create(body);
        return await AnswerAsync(path, content);
    }

    /// <summary>Hands it a DICOM file through REST.</summary>
    public async Task<JsonNode> AddAsync(string file)
    {
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(file));
        return await AnswerAsync("instances", content);
    }

    /// <summary>DELETE of its REST interface.</summary>
    public async Task DeleteAsync(string path)
    {
        using var answer = await client.DeleteAsync(path);
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        scratch.Dispose();
    }

    private async Task<JsonNode> AnswerAsync(string path, HttpContent content)
    {
        using var answer = await client.PostAsync(path, content);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text) ?? new JsonObject()
            : throw new InvalidOperationException($"POST {path}: {(int)answer.StatusCode} {text}\n{Log}");
    }

    private async Task StartAsync(EnrolledDevice? device, IEnumerable<OrthancModality> modalities, JsonObject? further)
    {
        var configuration = new JsonObject
        {
            ["Name"] = "Interoperability peer",
            ["StorageDirectory"] = scratch.Folder("storage"),
            ["IndexDirectory"] = scratch.Folder("index"),
            ["Plugins"] = new JsonArray(),
            ["HttpPort"] = HttpPort,
            ["RemoteAccessAllowed"] = false,
            ["AuthenticationEnabled"] = false,
            ["DicomPort"] = DicomPort,
            ["DicomAet"] = device?.AeTitle ?? "ORTHANC",
            ["DicomCheckCalledAet"] = false,
            ["DicomAlwaysAllowStore"] = true,
            ["DicomAlwaysAllowFind"] = true,
            ["DicomAlwaysAllowGet"] = true,
            ["DicomAlwaysAllowMove"] = true,
            ["DicomScuTimeout"] = 30,
            ["StableAge"] = 1,
            ["OverwriteInstances"] = false,
            ["DicomTlsEnabled"] = device is not null,
            ["DicomModalities"] = new JsonObject(
                modalities.Select(m =>
                    KeyValuePair.Create<string, JsonNode?>(
                        m.Name,
                        new JsonObject
                        {
                            ["AET"] = m.AeTitle,
                            ["Host"] = m.Host,
                            ["Port"] = m.Port,
                            ["UseDicomTls"] = m.IsTls,
                            ["AllowStorageCommitment"] = true,
                        }
                    )
                )
            ),
        };
        if (device is not null)
        {
            configuration["DicomTlsCertificate"] = device.CertificatePath;
            configuration["DicomTlsPrivateKey"] = device.KeyPath;
            configuration["DicomTlsTrustedCertificates"] = device.AuthorityPath;
        }

        foreach (var (name, value) in further ?? [])
        {
            configuration[name] = value?.DeepClone();
        }

        var path = scratch.File("orthanc.json");
        await File.WriteAllTextAsync(path, configuration.ToJsonString(new JsonSerializerOptions()));
        process = BackgroundProcess.Start(
            Tool.IsInstalled("Orthanc") && File.Exists("/usr/sbin/Orthanc") ? "/usr/sbin/Orthanc" : "Orthanc",
            ["--verbose", path],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["TCP_NODELAY"] = "1" },
            scratch.FullPath
        );
        await process.WaitForPortAsync(HttpPort, StartLimit);
        await process.WaitForPortAsync(DicomPort, StartLimit);
    }
}
