using Leadglass.Testing;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>
/// Files of many vendors go through an edge as an installed scanner sends them, in clear, and the archive has the same bytes
/// that a bit-preserving receiver got from the same command.
/// </summary>
[Collection(nameof(EdgeFixture))]
public sealed class EdgeStoringTests(EdgeFixture fixture)
{
    private EdgeProcess Edge => fixture.Edge;

    [Fact]
    public async Task Storescu_as_shipped_stores_what_its_own_receiver_is_sent()
    {
        // storescu -R proposes what the files need; as shipped it is stopped by Nagle's algorithm unless its peer helps it.
        var setAside = Edge.SetAside;
        var files = SharedFiles
            .Valid()
            .Where(file => SharedFiles.IsStorable(file) && !file.IsDeflated)
            .GroupBy(file => file.TransferSyntax)
            .SelectMany(group => group.Take(LongForm.Choose(2, 1_000)))
            .ToList();
        using var scratch = new ScratchFolder("edge-storescu");
        var port = FreePort.Next();
        await using var reference = await Dcmtk.StartReceiverAsync(port, scratch.File("reference"), null, "+B", "+xa");
        List<string> sent = [];
        foreach (var (index, file) in files.Index())
        {
            var arguments = Arguments(scratch, file, index);
            var toReference = await StoreAsync(port, arguments);
            if (Dcmtk.StoreStatuses(toReference) is not ["Success"])
            {
                // DCMTK 3.6.7 does not know the syntax, or cannot read the file: there is nothing to compare with.
                continue;
            }

            var toEdge = await StoreAsync(Edge.Port, arguments);
            Assert.True(Dcmtk.StoreStatuses(toEdge) is ["Success"], $"{toEdge}\n{Edge.Log}");
            sent.Add(file.SopInstanceUid!);
        }

        Assert.True(sent.Count >= 12, $"only {sent.Count} files could be sent");
        await Edge.DrainAsync();
        Assert.Equal(setAside, Edge.SetAside);
        foreach (var received in Received(scratch.File("reference")).Where(file => sent.Contains(file.SopInstanceUid!)))
        {
            await AssertSameAsync(received);
        }
    }

    [Fact]
    public async Task Every_storable_file_reaches_the_archive_as_it_was_sent()
    {
        if (SharedData.Root is null)
        {
            Assert.Skip(SharedData.Absent);
        }

        var setAside = Edge.SetAside;
        var all = SharedFiles.Storable().Where(file => !SharedFiles.IsBroken(file)).ToList();

        // Other UIDs than those of the files that storescu encodes anew: the archive keeps what came first.
        var files = all.Where((_, index) => index % LongForm.Choose(8, 1) == 0)
            .Select((file, index) => file.IsDeflated ? file : file.WithFreshUids(500_000 + index))
            .ToList();
        foreach (var file in files)
        {
            var instance = file.ToInstance();
            await using var association = await Edge.ConnectAsync("CT1", ArchivePeer.Contexts([instance]));
            Assert.True(
                association.FindContext(instance.SopClassUid, instance.TransferSyntax) is not null,
                $"{file}: context refused"
            );
            Assert.Equal(0, await association.StoreAsync(instance));
            await association.ReleaseAsync();
        }

        await Edge.DrainAsync();
        Assert.Equal(setAside, Edge.SetAside);
        foreach (var file in files)
        {
            await AssertSameAsync(file);
        }
    }

    [Fact]
    public async Task A_file_that_the_archive_refuses_is_set_aside_and_holds_up_nothing()
    {
        var before = Edge.SetAside.Count;
        var good = TestInstance.Numbered(41).ToRaw();
        var bad = TestInstance.Numbered(42).ToRaw();
        bad = bad with { DataSet = bad.DataSet[..^101] };
        await using (var association = await Edge.ConnectAsync("CT1", ArchivePeer.Contexts([good])))
        {
            Assert.Equal(0, await association.StoreAsync(bad));
            Assert.Equal(0, await association.StoreAsync(good));
            await association.ReleaseAsync();
        }

        await Edge.DrainAsync();
        Assert.Equal(before + 1, Edge.SetAside.Count);
        var got = await fixture.GetDirectlyAsync(good, ArchivePeer.StudyKey("2.25.99.41"));
        Assert.Single(got.Instances);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Edge.Status()["queue"]!["setAside"]!.GetValue<int>() == before)
        {
            await Task.Delay(100, limit.Token);
        }

        var status = await Edge.RunAsync("status");
        Assert.Equal(1, status.ExitCode);
        Assert.Matches($"Set aside +{before + 1}", status.Output);
    }

    private async Task AssertSameAsync(RawFile file)
    {
        var instance = file.ToInstance();
        var got = await fixture.GetDirectlyAsync(
            instance,
            ArchivePeer.ImageKey(file.StudyInstanceUid!, file.SeriesInstanceUid!, file.SopInstanceUid!)
        );
        Assert.True(got is { Status: 0, Instances: [_] }, $"{file}: {got.Status:X4}, {got.Instances.Count} instances");
        Assert.True(got.Instances[0].DataSet.AsSpan().SequenceEqual(instance.DataSet), $"{file} has other bytes");
    }

    private static Task<ToolResult> StoreAsync(int port, string[] arguments) =>
        Tool.RunAsync("storescu", ["-v", "-aet", "CT1", "127.0.0.1", $"{port}", .. arguments]);

    private static string[] Arguments(ScratchFolder scratch, RawFile file, int index)
    {
        var profile = scratch.File($"profile{index}.cfg");
        File.WriteAllText(
            profile,
            $"""
            [[TransferSyntaxes]]
            [Only]
            TransferSyntax1 = {file.TransferSyntax}
            [[PresentationContexts]]
            [One]
            PresentationContext1 = {file.SopClassUid}\Only
            [[Profiles]]
            [One]
            PresentationContexts = One

            """
        );
        return ["-xf", profile, "One", file.Path];
    }

    private static IEnumerable<RawFile> Received(string folder) =>
        Directory.EnumerateFiles(folder).Select(RawFile.TryRead).OfType<RawFile>();
}
