using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>A listed workstation without TLS queries and retrieves through an edge, live; the edge keeps nothing.</summary>
[Collection(nameof(EdgeFixture))]
public sealed class EdgeLiveTests(EdgeFixture fixture)
{
    private static readonly List<RawInstance> Stored =
    [
        .. Enumerable.Range(1, 3).Select(number => TestInstance.Numbered(71, 1, number).ToRaw()),
    ];

    private EdgeProcess Edge => fixture.Edge;

    private Dcmtk Peer => new("127.0.0.1", Edge.Port, device: null) { CallingAeTitle = "WS1" };

    [Fact]
    public async Task Findscu_finds()
    {
        await fixture.StoreDirectlyAsync(Stored);
        using var scratch = new ScratchFolder("edge-find");
        var (result, files) = await Peer.FindAsync(
            scratch.FullPath,
            "-S",
            "0008,0052=STUDY",
            "0020,000d=2.25.99.71",
            "0010,0010"
        );
        Assert.True(files.Count == 1, $"{result}\n{Edge.Log}");
    }

    [Fact]
    public async Task Getscu_gets_the_stored_bytes()
    {
        await fixture.StoreDirectlyAsync(Stored);
        using var scratch = new ScratchFolder("edge-get");
        var result = await Peer.GetAsync(
            scratch.FullPath,
            "-S",
            ["+xe", "+B"],
            "0008,0052=STUDY",
            "0020,000d=2.25.99.71"
        );
        Assert.True(Dcmtk.FinalStatus(result) == "Success", $"{result}\n{Edge.Log}");
        AssertSame(scratch.FullPath);
    }

    [Fact]
    public async Task Movescu_has_them_sent_to_its_own_receiver_in_clear()
    {
        await fixture.StoreDirectlyAsync(Stored);
        using var scratch = new ScratchFolder("edge-move");
        await using var receiver = await Dcmtk.StartReceiverAsync(
            fixture.WorkstationPort,
            scratch.File("in"),
            device: null,
            "+B",
            "+xa"
        );
        var moved = await Peer.MoveAsync("WS1", "-S", "0008,0052=STUDY", "0020,000d=2.25.99.71");
        Assert.True(Dcmtk.FinalStatus(moved) == "Success", $"{moved}\n{Edge.Log}\n{receiver.Output}");
        AssertSame(scratch.File("in"));
        var nowhere = await Peer.MoveAsync("ELSEWHERE", "-S", "0008,0052=STUDY", "0020,000d=2.25.99.71");
        Assert.NotEqual("Success", Dcmtk.FinalStatus(nowhere));
    }

    [Fact]
    public async Task Nothing_is_answered_from_memory_when_the_archive_is_away()
    {
        await fixture.StoreDirectlyAsync(Stored);
        using var scratch = new ScratchFolder("edge-away");
        await Peer.FindAsync(scratch.File("before"), "-S", "0008,0052=STUDY", "0020,000d=2.25.99.71");
        await fixture.Archive.KillAsync();
        var (_, files) = await Peer.FindAsync(scratch.File("after"), "-S", "0008,0052=STUDY", "0020,000d=2.25.99.71");
        Assert.Empty(files);
        await fixture.Archive.StartAsync();
        Edge.Follow();
    }

    private void AssertSame(string folder)
    {
        var received = Directory
            .EnumerateFiles(folder)
            .Select(RawFile.TryRead)
            .OfType<RawFile>()
            .ToDictionary(file => file.SopInstanceUid!, StringComparer.Ordinal);
        Assert.Equal(Stored.Count, received.Count);
        Assert.All(
            Stored,
            sent => Assert.True(received[sent.SopInstanceUid].DataSet.AsSpan().SequenceEqual(sent.DataSet))
        );
    }
}
