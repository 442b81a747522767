using System.Text.Json.Nodes;
using Leadglass.Browser.Tests;
using Leadglass.Testing;
using Leadglass.Testing.Processes;

[assembly: AssemblyFixture(typeof(ServedArchive))]

namespace Leadglass.Browser.Tests;

/// <summary>One running archive for all tests of this project, with images that the browser shall show.</summary>
public sealed class ServedArchive : IAsyncLifetime
{
    private readonly ScratchFolder files = new("images");
    private ArchiveProcess? archive;
    private EnrolledDevice? device;
    private Accounts? accounts;

    public ArchiveProcess Archive => archive ?? throw new InvalidOperationException("not started");

    public string Origin => $"https://{Archive.Host}:{Archive.HttpPort}";

    /// <summary>The certificate of the archive's own authority.</summary>
    public string AuthorityPath => device!.AuthorityPath;

    /// <summary>The programs from npm that are peers.</summary>
    public static string NodeModules => Path.Combine(SharedData.CheckoutRoot, "artifacts", "npm");

    /// <summary>The scripts that run those programs.</summary>
    public static string PeerScript(string name) => Path.Combine(AppContext.BaseDirectory, "Peers", name);

    public async ValueTask InitializeAsync()
    {
        archive = await ArchiveProcess.StartNewAsync();
        accounts = new Accounts(archive);
        device = await archive.EnrolAsync("scanner", "SCANNER", "store");
        await EnrolEdgeAsync(archive);
        foreach (var image in TestImages.All)
        {
            await File.WriteAllBytesAsync(files.File($"{image.SopInstanceUid}.dcm"), image.ToFile());
        }

        await CompressAsync();
        if (TestImages.Mammogram is { } mammogram)
        {
            File.Copy(mammogram, files.File("mammogram.dcm"));
        }

        var imported = await archive.RunHereAsync("import", files.FullPath);
        if (imported.ExitCode != 0)
        {
            throw new InvalidOperationException(imported.ToString());
        }
    }

    /// <summary>An edge and a device behind it, so that their page has something to show.</summary>
    private static async Task EnrolEdgeAsync(ArchiveProcess archive)
    {
        string[][] commands =
        [
            ["device", "add", "ward", "--edge"],
            [
                "device",
                "add",
                "ct1",
                "--ae",
                "CT1",
                "--behind",
                "ward",
                "--from",
                "192.0.2.5",
                "--station",
                "<b>CT</b>",
            ],
        ];
        foreach (var command in commands)
        {
            var result = await archive.RunHereAsync(command);
            if (result.ExitCode != 0)
            {
                throw new InvalidOperationException(result.ToString());
            }
        }
    }

    /// <summary>A page on which somebody of this role is signed in.</summary>
    public async Task<WatchedPage> SignInAsync(
        Chromium chromium,
        Staff staff,
        string locale = "en-US",
        bool isDark = false
    )
    {
        var account = await accounts!.GetAsync(chromium, staff);
        return await chromium.OpenAsync(Archive, locale, isDark, account.Cookies);
    }

    /// <summary>The account of a role, made at first use.</summary>
    internal Task<Account> AccountAsync(Chromium chromium, Staff staff) => accounts!.GetAsync(chromium, staff);

    /// <summary>Makes an account, confirmed by a second person, and returns its one-time link.</summary>
    internal async Task<string> AddAccountAsync(string name, string role)
    {
        var link = await accounts!.AddAsync(name, role);
        await accounts.ConfirmAsync(name);
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        accounts?.Dispose();
        if (archive is not null)
        {
            await archive.DisposeAsync();
        }

        files.Dispose();
    }

    /// <summary>Lets a program in and returns what it shows at the token endpoint.</summary>
    public async Task<(string Id, string Secret)> AddProgramAsync(string name, string allow)
    {
        var result = await Archive.RunHereAsync("client", "add", name, "--allow", allow, "--json");
        var answer = result.ExitCode == 0 ? JsonNode.Parse(result.Output) : null;
        return answer is null
            ? throw new InvalidOperationException(result.ToString())
            : ((string)answer["client_id"]!, (string)answer["client_secret"]!);
    }

    /// <summary>Lets a program in and gets it a token.</summary>
    public async Task<string> GetTokenAsync(string name, string allow)
    {
        var (id, secret) = await AddProgramAsync(name, allow);
        var answer = await Tool.RunAsync(
            "curl",
            [
                "--silent",
                "--show-error",
                "--cacert",
                AuthorityPath,
                "--data",
                $"grant_type=client_credentials&client_id={id}&client_secret={Uri.EscapeDataString(secret)}",
                $"{Origin}/connect/token",
            ]
        );
        return (string?)JsonNode.Parse(answer.Output)?["access_token"]
            ?? throw new InvalidOperationException(answer.ToString());
    }

    /// <summary>The ultrasound clip goes in as scanners send it: JPEG.</summary>
    private async Task CompressAsync()
    {
        var plain = files.File($"{TestImages.Clip.SopInstanceUid}.dcm");
        var jpeg = await Dcmtk.RunAsync("dcmcjpeg", ["+eb", "+q", "95", plain, files.File("clip.dcm")]);
        if (jpeg.ExitCode != 0)
        {
            throw new InvalidOperationException(jpeg.ToString());
        }

        File.Delete(plain);
    }
}
