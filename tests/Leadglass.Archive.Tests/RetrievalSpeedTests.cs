using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Leadglass.Access;
using Leadglass.Archive.Packs;
using Leadglass.Archive.Sqlite;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive.Tests;

/// <summary>
/// For whoever changes retrieval: <c>-explicit only</c>. Budgets: metadata of 500 slices 10 ms, a frame 0.8 ms, a frame of
/// a multi-frame 1.5 ms.
/// </summary>
public sealed class RetrievalSpeedTests
{
    private const string Study = "1.2.826.0.1.1";
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact(Explicit = true)]
    public async Task MetadataAndFramesTakeMilliseconds()
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-speed-").FullName;
        try
        {
            await using var index = await SqliteStudyIndex.OpenAsync(Path.Combine(folder, "index.db"), None);
            await using var packs = PackStore.Open(
                DurableFolder.Open(folder),
                new PackStoreOptions(),
                TimeProvider.System
            );
            await using var archive = await TestArchive.StartAsync(blobs: packs, index: index);
            for (var i = 0; i < 500; i++)
            {
                await archive.StoreAsync(
                    TestInstances.Ct(instance: $"1.2.3.{i}", pixelBytes: 512 * 1024, change: Slice),
                    pieceBytes: 64 << 10
                );
            }

            await archive.StoreAsync(Clip(), TransferSyntax.Find("1.2.840.10008.1.2.4.50")!, pieceBytes: 64 << 10);
            var retrieval = archive.Archive.Retrieval;
            var grant = await archive.Access.GrantAsync(Operation.Retrieve);
            var study = StudyInstanceUid.Parse(Study);
            var series = SeriesInstanceUid.Parse(Study + ".1");
            await TimeAsync(
                "metadata of 500, first",
                1,
                async () => await retrieval.MetadataAsync(grant, study, series, None)
            );
            await Task.Delay(500, None);
            await TimeAsync(
                "metadata of 500, ready",
                20,
                async () => await retrieval.MetadataAsync(grant, study, series, None)
            );
            await TimeAsync("CT frame", 200, () => FrameAsync(series, "1.2.3.77", 1));
            var clip = SeriesInstanceUid.Parse(Study + ".2");
            await TimeAsync("frame of a clip of 300", 200, () => FrameAsync(clip, "1.2.4.1", 217));

            async Task FrameAsync(SeriesInstanceUid ofSeries, string instance, int frame)
            {
                var found = await retrieval.FindAsync(grant, study, ofSeries, SopInstanceUid.Parse(instance), None);
                using var opened = await retrieval.OpenAsync(grant, found!, None);
                await opened.CopyFrameAsync(frame, PipeWriter.Create(Stream.Null), None);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task TimeAsync(string what, int times, Func<Task> act)
    {
        List<double> took = [];
        for (var i = 0; i < times; i++)
        {
            var watch = Stopwatch.StartNew();
            await act();
            took.Add(watch.Elapsed.TotalMilliseconds);
        }

        took.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{what}: {took[took.Count / 2]:F2} ms, best {took[0]:F2} ms")
        );
    }

    private static void Slice(DataSet slice)
    {
        slice.SetUInt16(DicomTag.Rows, 512);
        slice.SetUInt16(DicomTag.Columns, 512);
        for (ushort i = 0; i < 60; i++)
        {
            slice.SetText(new DicomTag(0x0019, (ushort)(0x1000 + i)), ValueRepresentation.LO, $"value {i}");
        }
    }

    private static DataSet Clip()
    {
        var clip = TestInstances.Ct(series: Study + ".2", instance: "1.2.4.1", modality: "US");
        clip.SetString(DicomTag.NumberOfFrames, "300");
        List<ReadOnlyMemory<byte>> frames = [];
        for (var i = 0; i < 300; i++)
        {
            var frame = new byte[60_000];
            new Random(i).NextBytes(frame);
            frames.Add(frame);
        }

        clip.Set(new FragmentsElement(DicomTag.PixelData, default, frames));
        return clip;
    }
}
