using Leadglass.Dicom.Network.Tests.Peers;
using Leadglass.Testing.Processes;

namespace Leadglass.Dicom.Network.Tests;

/// <summary>Real peers in plain over loopback: DCMTK's clients against our acceptor, our client against its servers.</summary>
public sealed class DcmtkTests : IDisposable
{
    private const string FindModel = SopClasses.StudyRootQueryRetrieveInformationModelFind;
    private const string GetModel = SopClasses.StudyRootQueryRetrieveInformationModelGet;
    private const string MoveModel = SopClasses.StudyRootQueryRetrieveInformationModelMove;
    private readonly ScratchFolder _scratch = new("network");

    public DcmtkTests() =>
        Assert.SkipUnless(Dcmtk.IsInstalled, "DCMTK is not installed: tools/install-test-peers.sh installs it");

    public void Dispose() => _scratch.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task EchoscuGetsItsAnswerAndReleases()
    {
        await using var server = new TcpListenerPeer(() => new TestHandler());

        var result = await Client(server).EchoAsync();

        Assert.True(Dcmtk.EchoSucceeded(result), $"{result}");
        Assert.Equal([AssociationEndKind.Released], (await server.EndsAsync()).Select(end => end.Kind));
    }

    [Fact(Timeout = 60_000)]
    public async Task StorescuDeliversEveryByteOfItsInstances()
    {
        var received = new List<byte[]>();
        await using var server = new TcpListenerPeer(() =>
            new TestHandler { Store = (_, _) => new CollectedInstance(received.Add) }
        );
        var files = await Task.WhenAll(
            Enumerable.Range(1, 5).Select(i => Phantom.WriteFileAsync(_scratch.FullPath, i))
        );

        var result = await Client(server).StoreAsync(["-R", .. files]);

        Assert.Equal(Enumerable.Repeat("Success", 5), Dcmtk.StoreStatuses(result));
        Assert.Equal(
            Enumerable.Range(1, 5).Select(i => $"{Phantom.Study}.1.{i}"),
            received.Select(bytes => Read(bytes).GetString(DicomTag.SOPInstanceUID))
        );
        Assert.Equal(
            Phantom.CtSlice(3).GetBytes(DicomTag.PixelData)!.Value.ToArray(),
            Read(received[2]).GetBytes(DicomTag.PixelData)!.Value.ToArray()
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task FindscuGetsTheMatchesAndCanCancel()
    {
        string? asked = null;
        await using var server = new TcpListenerPeer(() =>
            new TestHandler
            {
                Find = (identifier, _) =>
                {
                    asked = identifier.GetString(DicomTag.PatientName);
                    return Enumerable
                        .Range(1, 3)
                        .Select(i => CFindResponse.Match(Phantom.CtSlice(i, rows: 1)))
                        .ToAsyncEnumerable();
                },
            }
        );

        var (result, files) = await Client(server)
            .FindAsync(_scratch.FullPath, "-S", "QueryRetrieveLevel=STUDY", "PatientName=PHAN*");

        Assert.True(files.Count == 3, $"{result}");
        Assert.Equal("PHAN*", asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task FindscuCancelsAQueryWithoutEnd()
    {
        await using var server = new TcpListenerPeer(() => new TestHandler { Find = (_, token) => Endless(token) });

        var result = await Dcmtk.RunAsync(
            "findscu",
            ["-v", "-S", "--cancel", "3", "-k", "QueryRetrieveLevel=STUDY", "127.0.0.1", $"{server.Port}"]
        );

        Assert.True(result.Everything.Contains("Cancel", StringComparison.Ordinal), $"{result}");
        Assert.Equal([AssociationEndKind.Released], (await server.EndsAsync()).Select(end => end.Kind));
    }

    [Fact(Timeout = 60_000)]
    public async Task GetscuReceivesOverItsOwnAssociation()
    {
        await using var server = new TcpListenerPeer(() => new TestHandler { Get = (_, _) => Plan(4) });
        var folder = Path.Combine(_scratch.FullPath, "got");

        var result = await Client(server)
            .GetAsync(folder, "-S", ["+xe"], "QueryRetrieveLevel=STUDY", $"StudyInstanceUID={Phantom.Study}");

        Assert.True(Directory.Exists(folder) && Directory.GetFiles(folder).Length == 4, $"{result}");
    }

    [Fact(Timeout = 60_000)]
    public async Task MovescuHasTheInstancesSentToStorescp()
    {
        var port = FreePort.Next();
        var folder = Path.Combine(_scratch.FullPath, "moved");
        await using var receiver = await Dcmtk.StartReceiverAsync(port, folder, device: null);
        await using var server = new TcpListenerPeer(() =>
            new TestHandler
            {
                Move = (request, _, _) => new MovePlan { SubOperations = 4, Outcomes = Send(port, request) },
            }
        );

        var result = await Client(server)
            .MoveAsync("STORESCP", "-S", "QueryRetrieveLevel=STUDY", $"StudyInstanceUID={Phantom.Study}");

        Assert.True(Directory.GetFiles(folder).Length == 4, $"{result}");
        Assert.Equal("Success", Dcmtk.FinalStatus(result));
    }

    [Fact(Timeout = 60_000)]
    public async Task OurClientStoresIntoStorescpByteForByte()
    {
        var port = FreePort.Next();
        var folder = Path.Combine(_scratch.FullPath, "stored");
        await using var receiver = await Dcmtk.StartReceiverAsync(port, folder, device: null, "+B");
        await using var client = await ConnectAsync(port, Connected.Options(SopClasses.CTImageStorage));

        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(DimseStatus.Success, await client.StoreAsync(Phantom.Instance(i)));
        }

        Assert.Equal(AssociationEndKind.Released, (await client.ReleaseAsync()).Kind);
        Assert.Equal(
            Enumerable.Range(1, 3).Select(i => Phantom.Encode(Phantom.CtSlice(i))),
            Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(DataSetBytes)
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task OurClientStoresFindsGetsAndMovesWithDcmqrscp()
    {
        var moved = new List<byte[]>();
        await using var destination = new TcpListenerPeer(() =>
            new TestHandler { Store = (_, _) => new CollectedInstance(moved.Add) }
        );
        var port = FreePort.Next();
        await using var archive = await StartDcmqrscpAsync(port, destination.Port);
        var got = new List<byte[]>();
        var options = Connected.Options(
            SopClasses.Verification,
            SopClasses.CTImageStorage,
            FindModel,
            GetModel,
            MoveModel
        ) with
        {
            RoleSelections = [new RoleSelection(SopClasses.CTImageStorage, RequestorIsScu: true, RequestorIsScp: true)],
        };
        var handler = new TestHandler { Store = (_, _) => new CollectedInstance(got.Add) };
        await using var client = await ConnectAsync(port, options, handler);

        Assert.Equal(DimseStatus.Success, await client.EchoAsync());
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(DimseStatus.Success, await client.StoreAsync(Phantom.Instance(i)));
        }

        var query = new DataSet();
        query.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        query.SetString(DicomTag.StudyInstanceUID, Phantom.Study);
        var found = await client.FindAsync(SopClassUid.Parse(FindModel), query).ToListAsync();
        Assert.Equal(2, found.Count);
        Assert.Equal(DimseStatus.Success, found[^1].Status);

        var get = await client.GetAsync(SopClassUid.Parse(GetModel), query);
        Assert.Equal(3, get.Completed);
        Assert.Equal(3, got.Count);

        var move = await client.MoveAsync(SopClassUid.Parse(MoveModel), AeTitle.Parse("DESTINATION"), query);
        Assert.Equal(3, move.Completed);
        Assert.Equal(3, moved.Count);
    }

    private static Dcmtk Client(TcpListenerPeer server) => new("127.0.0.1", server.Port, device: null);

    private static RetrievePlan Plan(int count) =>
        new()
        {
            SubOperations = count,
            Instances = Enumerable
                .Range(1, count)
                .Select(i => (IOutgoingInstance)Phantom.Instance(i))
                .ToAsyncEnumerable(),
        };

    private static async IAsyncEnumerable<CFindResponse> Endless(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        for (var i = 0; ; i++)
        {
            yield return CFindResponse.Match(Phantom.CtSlice(i, rows: 1));
            await Task.Delay(1, cancellationToken);
        }
    }

    private static async IAsyncEnumerable<SubOperationOutcome> Send(int port, CMoveRequest request)
    {
        await using var client = await ConnectAsync(port, Connected.Options(SopClasses.CTImageStorage));
        for (var i = 1; i <= 4; i++)
        {
            var instance = Phantom.Instance(i);
            var status = await client.StoreAsync(instance, AeTitle.Parse("MOVESCU"), request.MessageId);
            yield return new SubOperationOutcome(instance.SopInstance, status);
        }

        await client.ReleaseAsync();
    }

    private static async Task<DicomClientAssociation> ConnectAsync(
        int port,
        RequestorOptions options,
        IDimseHandler? handler = null
    )
    {
        var transport = await TcpListenerPeer.ConnectAsync(port);
        var result = await DicomClientAssociation.ConnectAsync(transport, options, TimeProvider.System, handler);
        return result.Association ?? throw new InvalidOperationException($"{result.Failure}");
    }

    private static DataSet Read(byte[] bytes) =>
        DataSetReader.Read(bytes, TransferSyntax.ExplicitVrLittleEndian, ReadLimits.Default);

    private static byte[] DataSetBytes(string path)
    {
        var file = File.ReadAllBytes(path);
        return file[DicomFileStart.TryRead(file, isFinal: true)!.DataSetOffset..];
    }

    private async Task<BackgroundProcess> StartDcmqrscpAsync(int port, int destinationPort)
    {
        var storage = Path.Combine(_scratch.FullPath, "qr");
        Directory.CreateDirectory(storage);
        var configuration = Path.Combine(_scratch.FullPath, "dcmqrscp.cfg");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            NetworkTCPPort = {port}
            MaxPDUSize = 16384
            MaxAssociations = 16
            HostTable BEGIN
            destination = (DESTINATION, localhost, {destinationPort})
            HostTable END
            VendorTable BEGIN
            VendorTable END
            AETable BEGIN
            SCP {storage} RW (200, 1024mb) ANY
            AETable END

            """
        );
        var process = BackgroundProcess.Start("dcmqrscp", ["-v", "-c", configuration]);
        await process.WaitForPortAsync(port, TimeSpan.FromSeconds(20));
        return process;
    }
}
