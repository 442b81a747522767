using System.Globalization;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>Our own archive on a host of a lab.</summary>
public static class ArchiveProduct
{
    public static async Task<LabProduct> StartAsync(LabNetwork lab)
    {
        const string Setting = "as `init` makes it";
        var host = await lab.AddHostAsync("Leadglass, " + Setting);
        var archive = await ArchiveProcess.CreateAsync();
        try
        {
            await archive.StartOnAsync(host);
            var scanner = await archive.EnrolAsync("scanner", "SCANNER", "store");
            await FillAsync(archive, host, scanner);
            return new LabProduct
            {
                Name = "Leadglass",
                Setting = Setting,
                Host = host,
                ReadLog = () => archive.WholeLog,
                Stop = archive.DisposeAsync,
                DicomPort = archive.DicomPort,
                IsTls = true,
                AeTitle = "LEADGLASS",
                HttpPort = archive.HttpPort,
                IsHttps = true,
                DicomWebRoot = "/dicom-web/",
                Studies = CanaryStudies.Count,
            };
        }
        catch
        {
            await archive.DisposeAsync();
            throw;
        }
    }

    private static async Task FillAsync(ArchiveProcess archive, LabHost host, EnrolledDevice scanner)
    {
        var files = CanaryStudies.WriteFiles(Path.Combine(archive.Root, "canaries"));
        var result = await host.Inside.RunAsync(
            "storescu",
            [
                "-v",
                .. Dcmtk.TlsArguments(scanner),
                "-aet",
                scanner.AeTitle,
                "-aec",
                "LEADGLASS",
                host.Address.ToString(),
                archive.DicomPort.ToString(CultureInfo.InvariantCulture),
                .. files,
            ]
        );
        if (Dcmtk.StoreStatuses(result).Count(s => s == "Success") != files.Count)
        {
            throw new InvalidOperationException($"{result}\n{archive.WholeLog}");
        }
    }
}
