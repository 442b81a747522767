using System.Xml.Linq;
using Leadglass.Testing.Lab;
using Leadglass.Testing.Processes;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>
/// What nmap says of the products with the scripts it ships: <c>dicom-ping</c>, and those that look at web servers and
/// certificates. <c>dicom-brute</c> is left out: it guesses AE titles.
/// </summary>
public static class NmapView
{
    private const string Ports = "104,2762,4242,8042,8443";

    public static bool IsInstalled => Tool.IsInstalled("nmap");

    public static async Task<string> VersionAsync()
    {
        var result = await Tool.RunAsync("nmap", ["--version"]);
        return result.Output.Split(' ').SkipWhile(w => w != "version").Skip(1).FirstOrDefault("unknown");
    }

    /// <summary>By address, what the scripts said, in a few words each.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> LookAsync(
        LabNetwork lab,
        IEnumerable<LabProduct> products
    )
    {
        var addresses = products.Select(p => p.Host.Address.ToString()).ToList();
        var dicom = await RunAsync(lab, ["-p", Ports, "--script", "dicom-ping"], addresses);
        var web = await RunAsync(
            lab,
            ["-p", "8042,8443", "--script", "+http-title,+http-auth,+http-server-header,+ssl-cert"],
            addresses
        );
        return addresses.ToDictionary(
            address => address,
            address =>
                string.Join(
                    "; ",
                    Said(dicom, address)
                        .Concat(Said(web, address))
                        .Order(StringComparer.Ordinal)
                        .DefaultIfEmpty("nothing")
                ),
            StringComparer.Ordinal
        );
    }

    private static async Task<XDocument> RunAsync(LabNetwork lab, string[] arguments, IEnumerable<string> addresses)
    {
        var result = await lab.Stranger.RunAsync("nmap", ["-Pn", "-n", "-T5", "-oX", "-", .. arguments, .. addresses]);
        return XDocument.Parse(result.Output, LoadOptions.None);
    }

    private static IEnumerable<string> Said(XDocument run, string address) =>
        run.Descendants("host")
            .Where(h => h.Elements("address").Any(a => a.Attribute("addr")?.Value == address))
            .Descendants("port")
            .SelectMany(port =>
                port.Elements("script").Select(script => InShort(port.Attribute("portid")!.Value, script))
            )
            .Where(said => said.Length > 0);

    private static string InShort(string port, XElement script)
    {
        var output = script.Attribute("output")?.Value ?? "";
        return script.Attribute("id")?.Value switch
        {
            "dicom-ping" when output.Contains("Any AET is accepted", StringComparison.Ordinal) =>
                $"{port}: any AET is accepted (insecure)",
            "dicom-ping" when output.Contains("Called AET check", StringComparison.Ordinal) =>
                $"{port}: called AET check enabled",
            "http-title" when !output.Contains("have a title", StringComparison.Ordinal) =>
                $"{port}: title {output.Trim().Split('\n')[0]}",
            "http-auth" => $"{port}: asks for sign-in",
            "ssl-cert" => $"{port}: a certificate",
            _ => "",
        };
    }
}
