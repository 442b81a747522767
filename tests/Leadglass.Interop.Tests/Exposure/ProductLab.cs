using System.Text.Json.Nodes;
using Leadglass.Testing.Lab;
using Leadglass.Testing.Processes;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>Every product in every setting that is audited, each on a host of its own, with the same made-up patients.</summary>
public sealed class ProductLab : IAsyncDisposable
{
    /// <summary>A title that the scope knows.</summary>
    public const string KnownTitle = "COMMON";

    private const string UnknownTitle = "NOBODY-TOLD-IT";
    private LabProduct?[] started = [];

    private ProductLab(LabNetwork network) => Network = network;

    public LabNetwork Network { get; }

    public IReadOnlyList<LabProduct> Products => [.. started.OfType<LabProduct>()];

    /// <summary>Whether all that most of it needs is there.</summary>
    public static async Task<string?> WhyNotAsync() =>
        !OrthancProducts.IsInstalled ? "Orthanc and its DICOMweb plug-in are not installed as Debian packages"
        : !Dcmtk.IsInstalled ? "DCMTK is not installed"
        : !await NetworkNamespace.IsPossibleAsync() ? NetworkNamespace.Absent
        : null;

    /// <summary>Starts them, two at a time: that is how many cores a small machine has.</summary>
    /// <param name="isWhole">all of them; otherwise one of each kind</param>
    public static async Task<ProductLab> StartAsync(bool isWhole)
    {
        var lab = new ProductLab(await LabNetwork.CreateAsync());
        try
        {
            var starts = isWhole ? [.. OneOfEach, .. TheOthers] : OneOfEach;
            lab.started = new LabProduct?[starts.Length];
            await Parallel.ForAsync(
                0,
                starts.Length,
                new ParallelOptions { MaxDegreeOfParallelism = 2 },
                async (i, _) => lab.started[i] = await starts[i](lab.Network)
            );
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var product in Products)
        {
            await product.DisposeAsync();
        }

        await Network.DisposeAsync();
    }

    private static Func<LabNetwork, Task<LabProduct?>>[] OneOfEach { get; } =
    [
        async lab => await OrthancProducts.StartAsync(lab, "as shipped", []),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "`DicomAlwaysAllowGet`, users on HTTP",
                new JsonObject
                {
                    ["DicomAlwaysAllowFind"] = true,
                    ["DicomAlwaysAllowGet"] = true,
                    ["RemoteAccessAllowed"] = true,
                },
                user: OrthancProducts.User
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "HTTP open to all",
                new JsonObject { ["RemoteAccessAllowed"] = true, ["AuthenticationEnabled"] = false }
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "DICOM TLS, all allowed",
                Tls(lab, isMutual: false),
                user: OrthancProducts.User
            ),
        async lab =>
            await DcmtkProducts.StartArchiveAsync(lab, "open to ANY, title known", KnownTitle, isForAnybody: true),
        async lab =>
            await DcmtkProducts.StartArchiveAsync(lab, "open to ANY, title unknown", UnknownTitle, isForAnybody: true),
        async lab => await DcmtkProducts.StartReceiverAsync(lab, "stores and echoes", isEchoOnly: false),
        async lab => await DcmtkProducts.StartMutualTlsReceiverAsync(lab),
        async lab => DcmtkProducts.HasCentralTestNode ? await DcmtkProducts.StartCentralTestNodeAsync(lab) : null,
        async lab => await ArchiveProduct.StartAsync(lab),
    ];

    private static Func<LabNetwork, Task<LabProduct?>>[] TheOthers { get; } =
    [
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "users on HTTP",
                new JsonObject { ["RemoteAccessAllowed"] = true },
                user: OrthancProducts.User
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "remote access on and nothing else",
                new JsonObject { ["RemoteAccessAllowed"] = true },
                user: OrthancProducts.DefaultUser
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "knows one modality, no plug-in",
                new JsonObject { ["DicomModalities"] = new JsonObject { ["ws"] = Modality() } },
                hasDicomWeb: false
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "`DicomAlwaysAllowFind`",
                new JsonObject { ["DicomAlwaysAllowFind"] = true }
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "`DicomAlwaysAllowFind`, checks a called title that nobody told",
                new JsonObject
                {
                    ["DicomAlwaysAllowFind"] = true,
                    ["DicomCheckCalledAet"] = true,
                    ["DicomAet"] = UnknownTitle,
                }
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "`DicomAlwaysAllowFind`, checks a called title of the scope",
                new JsonObject
                {
                    ["DicomAlwaysAllowFind"] = true,
                    ["DicomCheckCalledAet"] = true,
                    ["DicomAet"] = KnownTitle,
                }
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "`DicomAlwaysAllowFind`, checks its published called title",
                new JsonObject { ["DicomAlwaysAllowFind"] = true, ["DicomCheckCalledAet"] = true }
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "HTTP open to all, no plug-in",
                new JsonObject { ["RemoteAccessAllowed"] = true, ["AuthenticationEnabled"] = false },
                hasDicomWeb: false
            ),
        async lab =>
            await OrthancProducts.StartAsync(
                lab,
                "mutual DICOM TLS, all allowed",
                Tls(lab, isMutual: true),
                user: OrthancProducts.User
            ),
        async lab =>
            await DcmtkProducts.StartArchiveAsync(lab, "restricted to named peers", KnownTitle, isForAnybody: false),
        async lab => await DcmtkProducts.StartArchiveAsync(lab, "empty tables, as shipped", null, isForAnybody: false),
        async lab => await DcmtkProducts.StartReceiverAsync(lab, "echoes only", isEchoOnly: true),
        async lab => await DcmtkProducts.StartWorklistAsync(lab),
    ];

    private static JsonObject Modality() =>
        new()
        {
            ["AET"] = "WORKSTATION7",
            ["Host"] = "10.99.0.250",
            ["Port"] = 11112,
        };

    /// <summary>Certificates of an authority that nobody else knows.</summary>
    private static JsonObject Tls(LabNetwork lab, bool isMutual)
    {
        using var authority = new ForeignAuthority(TimeProvider.System);
        var device = authority.Issue(lab.Scratch.Folder($"tls-{isMutual}"), "orthanc", "ORTHANC", TimeSpan.FromDays(2));
        return new JsonObject
        {
            ["DicomAlwaysAllowFind"] = true,
            ["DicomAlwaysAllowGet"] = true,
            ["DicomTlsEnabled"] = true,
            ["DicomTlsCertificate"] = device.CertificatePath,
            ["DicomTlsPrivateKey"] = device.KeyPath,
            ["DicomTlsTrustedCertificates"] = device.AuthorityPath,
            ["DicomTlsRemoteCertificateRequired"] = isMutual,
        };
    }
}
