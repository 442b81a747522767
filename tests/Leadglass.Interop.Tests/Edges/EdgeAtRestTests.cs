using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>A stolen edge gives nothing: with a full queue, in the middle of an instance, after a kill.</summary>
public sealed class EdgeAtRestTests
{
    private const string Study = "2.25.8842.48105.1";
    private static readonly byte[] Pattern = [0x91, 0x4A, 0x52, 0x19, 0x77, 0x31, 0x5E, 0xED, 0xB1, 0x0D, 0x0D, 0xF1];

    private static readonly CanarySearch Canaries = new CanarySearch()
        .AddText("family name", "Kanarienhahn")
        .AddText("given name", "Pfeifender")
        .AddText("patient ID", "EDGE-PID-0815-4711")
        .AddText("birth date", "19480918")
        .AddText("accession number", "EDGE7731ACC")
        .AddText("study UID", Study)
        .AddText("study description", "Canary at the edge")
        .AddText("SOP class", TestInstance.CtImageStorage)
        .AddText("transaction UID", "2.25.884255501")
        .AddBytes("pixels", Pattern);

    [Fact]
    public async Task A_search_of_every_byte_of_the_edge_finds_nothing()
    {
        await using var archive = await ArchiveProcess.StartNewAsync();
        await using var edge = await EdgeProcess.StartNewAsync(archive, "EDGE1", ("CT1", "CT1", ["--allow", "store"]));
        edge.Link.Cut();
        await archive.KillAsync();
        var instances = Enumerable.Range(1, 4).Select(Instance).ToList();
        await using (
            var association = await edge.ConnectAsync(
                "CT1",
                [
                    .. ArchivePeer.Contexts(instances),
                    new RawContext(RawServices.StorageCommitment, RawServices.ImplicitLittle),
                ]
            )
        )
        {
            foreach (var instance in instances)
            {
                Assert.Equal(0, await association.StoreAsync(instance));
            }

            Assert.Equal(0, await association.RequestCommitmentAsync("2.25.884255501", instances));
            AssertNothingFound(edge, "while it runs");

            // Half an instance: the edge dies in the middle of it.
            var half = Instance(9);
            var request = RawCommand
                .Request(0x0001, association.NextMessageId(), half.SopClassUid, hasDataSet: true)
                .Set(0x0700, 0)
                .Set(0x1000, half.SopInstanceUid);
            var sending = association.SendAsync(
                association.ContextFor(half.SopClassUid),
                request,
                new StallingStream(half.DataSet[..400_000])
            );
            await Task.Delay(500);
            AssertNothingFound(edge, "in the middle of an instance");
            await edge.KillAsync();
            _ = sending.ContinueWith(done => done.Exception, TaskScheduler.Default);
        }

        Assert.Equal(5, edge.Queue.Count);
        AssertNothingFound(edge, "after it was killed");
    }

    private static void AssertNothingFound(EdgeProcess edge, string when)
    {
        var found = Canaries.Find([edge.Root], edge.Log);
        Assert.True(found.Count == 0, $"{when}:\n{string.Join('\n', found)}");
    }

    private static RawInstance Instance(int number) =>
        new TestInstance
        {
            StudyInstanceUid = Study,
            SeriesInstanceUid = Study + ".2",
            SopInstanceUid = $"{Study}.2.{number}",
            InstanceNumber = number,
            PatientName = "Kanarienhahn^Pfeifender",
            PatientId = "EDGE-PID-0815-4711",
            BirthDate = "19480918",
            AccessionNumber = "EDGE7731ACC",
            StudyDescription = "Canary at the edge",
            Rows = 512,
            Columns = 480,
            Pixels = [.. Enumerable.Repeat(Pattern, 512 * 480 * 2 / Pattern.Length).SelectMany(bytes => bytes)],
        }.ToRaw();

    /// <summary>Gives its bytes, then nothing and no end.</summary>
    private sealed class StallingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            if (Position == Length)
            {
                await Task.Delay(TimeSpan.FromSeconds(20), cancellationToken);
                throw new IOException("the scanner was switched off");
            }

            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
