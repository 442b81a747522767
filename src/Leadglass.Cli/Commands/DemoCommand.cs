using System.CommandLine;
using System.Net;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Cli.CommandLine;
using Leadglass.Cli.Demo;
using Leadglass.Dicom;
using Leadglass.Server;
using Leadglass.Server.Configuration;
using Leadglass.Server.Data;
using Leadglass.Server.SignIn;
using Microsoft.Extensions.Logging.Abstractions;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass demo</c>: the whole of it on this machine, in a minute, with patients who do not exist.</summary>
internal static class DemoCommand
{
    public static Command Create(Terminal terminal)
    {
        var once = new Option<bool>("--once") { Description = "End after the story instead of staying up" };
        var data = new Option<string?>("--data")
        {
            Description =
                "Make the archive in this empty or absent folder and leave it there. Default: a temporary one",
            HelpName = "DIR",
        };
        var command = new Command(
            "demo",
            "Show it: a scanner stores, a stranger is turned away, a workstation retrieves"
        )
        {
            once,
            data,
        };
        command.SetAction((parsed, cancel) => RunAsync(terminal, parsed.GetValue(data), parsed.GetValue(once), cancel));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string? named, bool isOnce, CancellationToken cancel)
    {
        var root = named is null ? Directory.CreateTempSubdirectory("leadglass-demo-").FullName : null;
        try
        {
            var folder = new DataFolder(named ?? Path.Combine(root!, "archive"));
            var keys = root is null ? null : Path.Combine(root, "keys");
            return await RunAsync(terminal, folder, keys, isOnce, cancel);
        }
        finally
        {
            if (root is not null)
            {
                Directory.Delete(root, recursive: true);
            }
        }
    }

    private static async Task<int> RunAsync(
        Terminal terminal,
        DataFolder folder,
        string? keys,
        bool isOnce,
        CancellationToken cancel
    )
    {
        var screen = new DemoScreen(terminal);
        screen.Open();
        screen.Chapter("An archive on this machine");
        var created = await ArchiveCreation.CreateAsync(
            folder,
            keys,
            isDemo: true,
            terminal.Environment,
            terminal.Clock,
            cancel
        );
        using var held = DataFolderLock.Take(folder);
        await using var host = await ArchiveHost.OpenAsync(
            folder,
            keys,
            held,
            terminal.Environment,
            terminal.Clock,
            cancel
        );
        await using var server = await LeadglassServer.StartAsync(
            host,
            new ServeOptions
            {
                DicomPort = 0,
                HttpPort = 0,
                Bind = IPAddress.Loopback,
                DrainTimeout = TimeSpan.FromSeconds(2),
            },
            NullLoggerFactory.Instance,
            cancel
        );
        screen.Good($"data in {folder.Path}", "marked as a demonstration: serve refuses it");
        screen.Good($"keys in {created.KeysFolder}", "apart from the data");
        screen.Good($"DICOM on {server.Dicom}, HTTPS on {server.Https}", "TLS on both, this machine only");
        var isShown = await TellAsync(terminal, screen, host, server, cancel);
        await CloseAsync(
            terminal,
            screen,
            host,
            server,
            isOnce ? null : Path.Combine(created.KeysFolder, "pki"),
            cancel
        );
        if (!isOnce)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, terminal.Clock, cancel)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await server.StopAsync();
        return isShown ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<bool> TellAsync(
        Terminal terminal,
        DemoScreen screen,
        ArchiveHost host,
        LeadglassServer server,
        CancellationToken cancel
    )
    {
        try
        {
            return await new Demonstration(terminal, screen, host, server).RunAsync(cancel);
        }
        catch (DemoFailedException failure)
        {
            screen.Bad(failure.Message);
            return false;
        }
    }

    private static async Task CloseAsync(
        Terminal terminal,
        DemoScreen screen,
        ArchiveHost host,
        LeadglassServer server,
        string? pki,
        CancellationToken cancel
    )
    {
        screen.Chapter("What to do next");
        if (pki is not null)
        {
            await EnrolVisitorAsync(host, pki, cancel);
            screen.Note($"be a workstation yourself: key and certificates are in {pki}");
            screen.Note(
                $"  findscu -S +tls {pki}/visitor.key.pem {pki}/visitor.cert.pem +cf {pki}/ca.cert.pem -aet VISITOR "
                    + $"-aec LEADGLASS -k QueryRetrieveLevel=STUDY -k PatientName {server.Dicom.Address} {server.Dicom.Port}"
            );
            var link = await DemoAccess.CreateAsync(host, "demo", cancel);
            screen.Note("be a radiologist yourself: open this in a browser on this machine. It works once.");
            screen.Note($"  {link.AbsoluteUri}");
            screen.Note(
                $"  the browser does not know the archive's authority: accept the certificate, or import {pki}/ca.cert.pem"
            );
            screen.Note("Ctrl-C ends the demonstration.");
        }

        screen.Note("an archive of your own:");
        screen.Note("  ./leadglass init --data DIR");
        screen.Note("  ./leadglass serve --data DIR");
        screen.Note("  ./leadglass user add NAME --role radiologist --data DIR");
        screen.Note("  ./leadglass device add ct1 --ae CT1 --allow store --data DIR --out PKI");
        await terminal.Out.FlushAsync(cancel);
    }

    private static async Task EnrolVisitorAsync(ArchiveHost host, string pki, CancellationToken cancel)
    {
        const string Name = "visitor";
        var issued = host.Authority.IssueDevice(Name, host: null);
        await host.Devices.AddAsync(
            new Device
            {
                Name = Name,
                AeTitles = [AeTitle.Parse("VISITOR")],
                Rights = DeviceRights.Query | DeviceRights.Retrieve | DeviceRights.Store,
                Certificates = [issued.Certificate],
                EnrolledAt = host.Clock.GetUtcNow(),
            },
            cancel
        );
        await new CertificateFolder(pki).WriteAsync(
            Name,
            issued.CertificatePem,
            issued.KeyPem,
            host.Authority.CertificatePem,
            cancel
        );
    }
}
