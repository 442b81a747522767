using System.Globalization;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>The servers of DCMTK, and others of Debian that need no database, on hosts of a lab.</summary>
public static class DcmtkProducts
{
    private const int Port = 104;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    /// <summary>dcmqrscp with one storage area.</summary>
    /// <param name="aeTitle">the area's title; null keeps the tables empty, as shipped</param>
    /// <param name="isForAnybody">whether the area is open to ANY, or to one named peer</param>
    public static async Task<LabProduct> StartArchiveAsync(
        LabNetwork lab,
        string setting,
        string? aeTitle,
        bool isForAnybody
    )
    {
        var scratch = new ScratchFolder("lab-dcmqrscp");
        var area = aeTitle is null
            ? ""
            : $"{aeTitle} {scratch.Folder("area")} RW (20, 1024mb) {(isForAnybody ? "ANY" : "peers")}";
        await File.WriteAllTextAsync(
            scratch.File("dcmqrscp.cfg"),
            $"""
            NetworkTCPPort = {Port}
            MaxPDUSize = 16384
            MaxAssociations = 16
            UserName = {Environment.UserName}
            GroupName = {Environment.UserName}
            HostTable BEGIN
            {(aeTitle is null ? "" : "insider = (INSIDER, localhost, 5678)\npeers = insider")}
            HostTable END
            VendorTable BEGIN
            VendorTable END
            AETable BEGIN
            {area}
            AETable END
            """
        );
        var host = await lab.AddHostAsync("dcmqrscp, " + setting);
        var server = host.Inside.Start("dcmqrscp", ["-v", "-c", scratch.File("dcmqrscp.cfg")], null, scratch.FullPath);
        var product = new LabProduct
        {
            Name = "DCMTK dcmqrscp",
            Setting = setting,
            Host = host,
            ReadLog = () => server.Output,
            Stop = LabProduct.Ending(server, scratch),
            DicomPort = Port,
            AeTitle = aeTitle ?? "NONE",
            Studies = aeTitle is null ? 0 : CanaryStudies.Count,
        };
        await host.Inside.WaitForListenerAsync(Port, server, StartLimit);
        if (aeTitle is not null)
        {
            await FillAsync(product, scratch);
        }

        return product;
    }

    /// <summary>storescp, which stores and answers C-ECHO, or does one of both.</summary>
    public static async Task<LabProduct> StartReceiverAsync(LabNetwork lab, string setting, bool isEchoOnly)
    {
        var scratch = new ScratchFolder("lab-storescp");
        var host = await lab.AddHostAsync("storescp, " + setting);
        await File.WriteAllTextAsync(scratch.File("echo.cfg"), EchoOnlyProfile);
        string[] profile = isEchoOnly ? ["-xf", scratch.File("echo.cfg"), "EchoOnly"] : [];
        var server = host.Inside.Start(
            "storescp",
            ["-v", "-od", scratch.Folder("received"), .. profile, Port.ToString(CultureInfo.InvariantCulture)],
            null,
            scratch.FullPath
        );
        await host.Inside.WaitForListenerAsync(Port, server, StartLimit);
        return Plain("DCMTK storescp", setting, host, server, scratch, "STORESCP");
    }

    /// <summary>storescp that takes nobody without a certificate of an authority that nobody else knows; no other port is open.</summary>
    public static async Task<LabProduct> StartMutualTlsReceiverAsync(LabNetwork lab)
    {
        const string Setting = "mutual TLS and nothing else";
        const int TlsPort = 2762;
        var scratch = new ScratchFolder("lab-storescp-tls");
        var host = await lab.AddHostAsync("storescp, " + Setting);
        using var authority = new ForeignAuthority(TimeProvider.System);
        var device = authority.Issue(scratch.Folder("tls"), "storescp", "STORESCP", TimeSpan.FromDays(2));
        string[] tls = ["+tls", device.KeyPath, device.CertificatePath, "+cf", device.AuthorityPath, "-rc"];
        var server = host.Inside.Start(
            "storescp",
            ["-v", "-od", scratch.Folder("received"), .. tls, TlsPort.ToString(CultureInfo.InvariantCulture)],
            null,
            scratch.FullPath
        );
        await host.Inside.WaitForListenerAsync(TlsPort, server, StartLimit);
        return Plain("DCMTK storescp", Setting, host, server, scratch, "STORESCP") with
        {
            DicomPort = TlsPort,
            IsTls = true,
        };
    }

    /// <summary>The worklist server, which answers worklist queries of its own tables and C-ECHO.</summary>
    public static async Task<LabProduct> StartWorklistAsync(LabNetwork lab)
    {
        const string Setting = "worklists only";
        var scratch = new ScratchFolder("lab-wlmscpfs");
        var host = await lab.AddHostAsync("wlmscpfs, " + Setting);
        var table = Path.Combine(scratch.Folder("tables"), "WORKLIST");
        Directory.CreateDirectory(table);
        await File.WriteAllTextAsync(Path.Combine(table, "lockfile"), "");
        var server = host.Inside.Start(
            "wlmscpfs",
            ["-v", "-dfp", scratch.File("tables"), Port.ToString(CultureInfo.InvariantCulture)],
            null,
            scratch.FullPath
        );
        await host.Inside.WaitForListenerAsync(Port, server, StartLimit);
        return Plain("DCMTK wlmscpfs", Setting, host, server, scratch, "WORKLIST");
    }

    /// <summary>Whether the Central Test Node is there.</summary>
    public static bool HasCentralTestNode => Tool.IsInstalled("simple_storage");

    /// <summary>
    /// The storage server of the Central Test Node, which needs no database. It takes C-FIND too and answers anything with
    /// made-up rows. Any connection that says nothing ends it, so that it stands behind a relay that waits for a first byte,
    /// and is started again when it ends.
    /// </summary>
    public static async Task<LabProduct> StartCentralTestNodeAsync(LabNetwork lab)
    {
        const string Setting = "simple_storage";
        const int InnerPort = 10104;
        var scratch = new ScratchFolder("lab-ctn");
        var host = await lab.AddHostAsync("CTN, " + Setting);
        var server = host.Inside.Start(
            "sh",
            ["-c", "while :; do setpriv --pdeathsig KILL simple_storage -i \"$0\"; done", $"{InnerPort}"],
            null,
            scratch.Folder("received")
        );
        var relay = host.Inside.Start("python3", ["-c", RelayScript, $"{Port}", $"{InnerPort}"]);
        await host.Inside.WaitForListenerAsync(InnerPort, server, StartLimit);
        await host.Inside.WaitForListenerAsync(Port, relay, StartLimit);
        return Plain("CTN", Setting, host, server, scratch, "DICOM_STORAGE") with
        {
            Stop = async () =>
            {
                await relay.DisposeAsync();
                await server.DisposeAsync();
                scratch.Dispose();
            },
        };
    }

    private const string RelayScript = """
        import socket, sys, threading
        listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
        def carry(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
            except OSError:
                pass
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        def serve(near):
            first = near.recv(65536)
            if not first:
                near.close()
                return
            far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
            far.sendall(first)
            threading.Thread(target=carry, args=(far, near), daemon=True).start()
            carry(near, far)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """;

    private const string EchoOnlyProfile = """
        [[TransferSyntaxes]]
        [Plain]
        TransferSyntax1 = LittleEndianImplicit
        [[PresentationContexts]]
        [Echo]
        PresentationContext1 = VerificationSOPClass\Plain
        [[Profiles]]
        [EchoOnly]
        PresentationContexts = Echo
        """;

    private static LabProduct Plain(
        string name,
        string setting,
        LabHost host,
        BackgroundProcess server,
        ScratchFolder scratch,
        string aeTitle
    ) =>
        new()
        {
            Name = name,
            Setting = setting,
            Host = host,
            ReadLog = () => server.Output,
            Stop = LabProduct.Ending(server, scratch),
            DicomPort = Port,
            AeTitle = aeTitle,
            Studies = 0,
        };

    private static async Task FillAsync(LabProduct product, ScratchFolder scratch)
    {
        var files = CanaryStudies.WriteFiles(scratch.File("canaries"));
        var result = await product.Host.Inside.RunAsync(
            "storescu",
            [
                "-v",
                "-aet",
                "INSIDER",
                "-aec",
                product.AeTitle,
                "127.0.0.1",
                product.DicomPort.ToString(CultureInfo.InvariantCulture),
                .. files,
            ]
        );
        if (Dcmtk.StoreStatuses(result).Count(s => s == "Success") != files.Count)
        {
            throw new InvalidOperationException($"{result}\n{product.ReadLog()}");
        }
    }
}
