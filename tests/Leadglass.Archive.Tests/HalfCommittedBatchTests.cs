using System.Buffers;
using Leadglass.Contract;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>A batch of which the blob store took some before it failed.</summary>
public sealed class HalfCommittedBatchTests
{
    private const string Study = "1.2.826.0.1.2";
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task WhatTheStoreTookBeforeItFailedIsFoundAndNotStoredTwice()
    {
        await using var archive = await TestArchive.StartAsync(
            new ArchiveOptions { IngestBudgetBytes = 4 << 20, BufferedInstanceBytesMax = 1 << 20 }
        );
        var shortOne = TestInstances.Ct(study: Study, instance: Study + ".1.1");
        var longOne = TestInstances.Ct(study: Study, instance: Study + ".1.2", pixelBytes: 3_000_000);

        // While the first batch is held up, a short and a long instance come to wait for the second one.
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        archive.Memory.BeforeAppend = () =>
        {
            entered.TrySetResult();
            return gate.Task;
        };
        var failures = 1;
        archive.Memory.BeforeStreamCommit = () =>
        {
            if (failures-- > 0)
            {
                throw new IOException("the next pack cannot be made");
            }
        };
        var before = Task.Run(() => archive.StoreAsync(TestInstances.Ct()));
        await entered.Task;
        await using var first = await BeginAsync(archive, shortOne);
        await using var second = await BeginAsync(archive, longOne);
        var outcomes = Task.WhenAll(first.CompleteAsync(None).AsTask(), second.CompleteAsync(None).AsTask());
        while (archive.Archive.Ingest.WaitingForCommit < 2)
        {
            await Task.Delay(5);
        }

        var appends = archive.Memory.Appends;
        gate.SetResult();

        Assert.Equal(IngestResult.Stored, (await before).Result);
        Assert.All(await outcomes, one => Assert.Equal(IngestResult.Refused, one.Result));
        Assert.Equal(appends + 2, archive.Memory.Appends);

        Assert.Equal(IngestResult.AlreadyStored, (await archive.StoreAsync(shortOne)).Result);
        Assert.Equal(IngestResult.Stored, (await archive.StoreAsync(longOne)).Result);
        await CheckFoundAsync(archive);
        await archive.RestartAsync(new MemoryStudyIndex());
        Assert.Equal(0, archive.Archive.Recovery.DamagedRecords);
        await CheckFoundAsync(archive);

        async Task CheckFoundAsync(TestArchive searched)
        {
            Assert.Equal(
                [Study + ".1.1", Study + ".1.2"],
                (await searched.InstancesOfAsync(Study)).Order(StringComparer.Ordinal)
            );
            foreach (var one in new[] { shortOne, longOne })
            {
                Assert.Equal(
                    DataSetWriter.ToBytes(one, TransferSyntax.ExplicitVrLittleEndian).ToArray(),
                    await searched.RetrieveAsync(one.GetString(DicomTag.SOPInstanceUID)!)
                );
            }
        }
    }

    private static async Task<IncomingInstance> BeginAsync(TestArchive archive, DataSet dataSet)
    {
        var incoming = archive.Archive.Ingest.Begin(
            await archive.Access.GrantAsync(Access.Operation.Store),
            new IngestRequest
            {
                SopClass = SopClassUid.Parse(dataSet.GetString(DicomTag.SOPClassUID)),
                SopInstance = SopInstanceUid.Parse(dataSet.GetString(DicomTag.SOPInstanceUID)),
                TransferSyntax = TransferSyntax.ExplicitVrLittleEndian,
            }
        );
        var bytes = DataSetWriter.ToBytes(dataSet, TransferSyntax.ExplicitVrLittleEndian);
        await incoming.WriteAsync(new ReadOnlySequence<byte>(bytes), None);
        return incoming;
    }
}
