using Leadglass.Testing;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>
/// DCMTK stores and retrieves over TLS with the files that <c>device add</c> wrote. DCMTK encodes data sets anew while it
/// sends, so what it sent is taken from its own bit-preserving receiver, fed by the same command.
/// </summary>
public sealed class DcmtkTransferTests : IAsyncLifetime
{
    /// <summary>An archive for each test: several send the same files, as DCMTK encodes them and as they are.</summary>
    private readonly ArchiveFixture fixture = new();

    /// <summary>
    /// Syntaxes that DCMTK 3.6.7 sends without decoding, with getscu's option that prefers each. Every option proposes
    /// explicit little endian too, which is the archive's choice among uncompressed syntaxes in one context, so the others
    /// of these are not here: the tests of retrieval ask for each alone.
    /// </summary>
    private static readonly Dictionary<string, string> PreferOptions = new(StringComparer.Ordinal)
    {
        ["1.2.840.10008.1.2.1"] = "+xe",
        ["1.2.840.10008.1.2.4.50"] = "+xy",
        ["1.2.840.10008.1.2.4.51"] = "+xx",
        ["1.2.840.10008.1.2.4.70"] = "+xs",
        ["1.2.840.10008.1.2.4.80"] = "+xt",
        ["1.2.840.10008.1.2.4.81"] = "+xu",
        ["1.2.840.10008.1.2.4.90"] = "+xv",
        ["1.2.840.10008.1.2.4.91"] = "+xw",
        ["1.2.840.10008.1.2.5"] = "+xr",
    };

    public ValueTask InitializeAsync() => fixture.InitializeAsync();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task Echo()
    {
        var echo = await Archive(fixture.Scanner).EchoAsync();
        Assert.True(Dcmtk.EchoSucceeded(echo), $"{echo}\n{fixture.Archive.Log}");
    }

    [Fact]
    public async Task Storescu_stores_what_its_own_receiver_is_sent()
    {
        var files = OnePerSyntax(skip: 0);
        using var scratch = new ScratchFolder("storescu");
        var port = FreePort.Next();
        await using var reference = await Dcmtk.StartReceiverAsync(
            port,
            scratch.File("reference"),
            fixture.Workstation,
            "+B",
            "+xa"
        );
        foreach (var file in files)
        {
            string[] arguments = ["-xf", Profile(scratch, file), "One", file.Path];
            var toReference = await new Dcmtk("127.0.0.1", port, fixture.Scanner).StoreAsync(arguments);
            Assert.True(Dcmtk.StoreStatuses(toReference) is ["Success"], toReference.ToString());
            var toArchive = await Archive(fixture.Scanner).StoreAsync(arguments);
            Assert.True(Dcmtk.StoreStatuses(toArchive) is ["Success"], toArchive.ToString());
        }

        await AssertSameAsync(scratch.File("reference"), files);
    }

    [Fact]
    public async Task Dcmsend_stores_what_its_own_receiver_is_sent()
    {
        var files = OnePerSyntax(skip: 1);
        using var scratch = new ScratchFolder("dcmsend");
        var port = FreePort.Next();
        await using var reference = await Dcmtk.StartReceiverAsync(
            port,
            scratch.File("reference"),
            device: null,
            "+B",
            "+xa"
        );
        await using var tunnel = Tunnel(fixture.Scanner);
        string[] arguments = ["-dn", "-nuc", .. files.Select(f => f.Path)];
        var toReference = await new Dcmtk("127.0.0.1", port, device: null).SendAsync(arguments);
        var toArchive = await Through(tunnel, fixture.Scanner).SendAsync(arguments);
        Assert.True(Dcmtk.StoreStatuses(toArchive).Count == files.Count, $"{toReference}\n{toArchive}");
        Assert.True(Dcmtk.StoreStatuses(toArchive).All(s => s == "Success"), toArchive.ToString());
        await AssertSameAsync(scratch.File("reference"), files);
    }

    [Fact]
    public async Task Getscu_is_given_the_stored_bytes_when_it_prefers_the_stored_syntax()
    {
        var files = OnePerSyntax(skip: 2);
        using var scratch = new ScratchFolder("getscu");
        await using var tunnel = Tunnel(fixture.Workstation);
        foreach (var file in files)
        {
            await fixture.StoreAsync(fixture.Scanner, file.ToInstance());
            var folder = scratch.File(file.SopInstanceUid!);
            var got = await Through(tunnel, fixture.Workstation)
                .GetAsync(folder, "-S", [PreferOptions[file.TransferSyntax], "+B"], ImageKeys(file));
            Assert.True(Dcmtk.FinalStatus(got) == "Success", $"{file}\n{got}");
            var received = RawFile.TryRead(Assert.Single(Directory.EnumerateFiles(folder)));
            Assert.NotNull(received);
            Assert.Equal(file.TransferSyntax, received.TransferSyntax);
            Assert.True(received.DataSet.AsSpan().SequenceEqual(file.DataSet), $"{file} came back with other bytes");
        }
    }

    [Fact]
    public async Task Movescu_has_the_stored_bytes_sent_to_storescp_over_TLS()
    {
        var files = OnePerSyntax(skip: 4);
        using var scratch = new ScratchFolder("movescu");
        await using var destination = await Dcmtk.StartReceiverAsync(
            fixture.WorkstationPort,
            scratch.File("in"),
            fixture.Workstation,
            "+B",
            "+xa"
        );
        await using var tunnel = Tunnel(fixture.Workstation);
        foreach (var file in files)
        {
            await fixture.StoreAsync(fixture.Scanner, file.ToInstance());
            var moved = await Through(tunnel, fixture.Workstation)
                .MoveAsync(fixture.Workstation.AeTitle, "-S", ImageKeys(file));
            Assert.True(Dcmtk.FinalStatus(moved) == "Success", $"{file}\n{moved}\n{destination.Output}");
        }

        var received = Received(scratch.File("in"));
        foreach (var file in files)
        {
            Assert.True(
                received.TryGetValue(file.SopInstanceUid!, out var got)
                    && got.DataSet.AsSpan().SequenceEqual(file.DataSet),
                $"{file} did not come, or with other bytes"
            );
        }
    }

    private Dcmtk Archive(EnrolledDevice device) => new(fixture.Archive.Host, fixture.Archive.DicomPort, device);

    private TlsTunnel Tunnel(EnrolledDevice device) => new(fixture.Archive.Host, fixture.Archive.DicomPort, device);

    private static Dcmtk Through(TlsTunnel tunnel, EnrolledDevice device) =>
        new("127.0.0.1", tunnel.Port, device: null) { CallingAeTitle = device.AeTitle };

    private static string[] ImageKeys(RawFile file) =>
        [
            "QueryRetrieveLevel=IMAGE",
            $"StudyInstanceUID={file.StudyInstanceUid}",
            $"SeriesInstanceUID={file.SeriesInstanceUid}",
            $"SOPInstanceUID={file.SopInstanceUid}",
        ];

    private async Task AssertSameAsync(string referenceFolder, IReadOnlyList<RawFile> files)
    {
        var reference = Received(referenceFolder);
        foreach (var file in files)
        {
            var sent = reference[file.SopInstanceUid!];
            var result = await ArchivePeer.GetAsync(
                fixture.Archive,
                fixture.Workstation,
                sent.ToInstance(),
                ArchivePeer.ImageKey(sent.StudyInstanceUid!, sent.SeriesInstanceUid!, sent.SopInstanceUid!)
            );
            Assert.True(result is { Status: 0, Instances: [_] }, $"{file}: C-GET answered {result}");
            Assert.True(result.Instances[0].DataSet.AsSpan().SequenceEqual(sent.DataSet), $"{file}: other bytes");
        }
    }

    private static Dictionary<string, RawFile> Received(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Select(RawFile.TryRead)
            .OfType<RawFile>()
            .ToDictionary(f => f.SopInstanceUid!, StringComparer.Ordinal);

    private static string Profile(ScratchFolder scratch, RawFile file)
    {
        var path = scratch.File($"{file.SopInstanceUid}.cfg");
        File.WriteAllText(
            path,
            $"""
            [[TransferSyntaxes]]
            [Only]
            TransferSyntax1 = {file.TransferSyntax}
            [[PresentationContexts]]
            [Only]
            PresentationContext1 = {file.SopClassUid}\Only
            [[Profiles]]
            [One]
            PresentationContexts = Only

            """
        );
        return path;
    }

    /// <summary>
    /// A valid file of each syntax; each test takes another one where there are several, so that none meets what another
    /// stored.
    /// </summary>
    private static List<RawFile> OnePerSyntax(int skip) =>
        [
            .. SharedFiles
                .Valid()
                .Where(f => PreferOptions.ContainsKey(f.TransferSyntax))
                .GroupBy(f => f.TransferSyntax)
                .Select(g => g.ElementAt(skip % g.Count())),
        ];
}
