using System.Buffers;
using System.Diagnostics;
using Leadglass.Access;
using Leadglass.Contract;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>Runs alone: what it measures is the whole process's.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Memory stays flat whatever the length of instances.</summary>
[Collection(nameof(Alone))]
public sealed class IngestMemoryTests
{
    private const int Instances = 8;
    private const int PixelBytes = 96 << 20;

    [Fact]
    public async Task EightLongInstancesAtOnceTakeTheMemoryOfShortOnes()
    {
        await using var blobs = new ForgetfulBlobStore();
        await using var archive = await TestArchive.StartAsync(blobs: blobs);
        var grant = await archive.Access.GrantAsync(Operation.Store);
        var piece = new byte[64 << 10];
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long peak = 0;

        var stored = Enumerable
            .Range(0, Instances)
            .Select(i => Task.Run(() => SendAsync(archive.Archive, grant, i, piece)))
            .ToList();
        var all = Task.WhenAll(stored);
        while (!all.IsCompleted)
        {
            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false) - before);
            await Task.WhenAny(all, Task.Delay(5));
        }

        Assert.All(await all, outcome => Assert.Equal(IngestResult.Stored, outcome.Result));
        Assert.Equal(Instances, blobs.Streams);
        Assert.True(blobs.Bytes > (long)Instances * PixelBytes);
        // The budget of 48 MiB, and what the collector has not taken back yet.
        TestContext.Current.SendDiagnosticMessage($"peak {peak >> 20} MiB");
        Assert.InRange(peak, 0, 80L << 20);
        Assert.Equal(archive.Options.IngestBudgetBytes, archive.Archive.Ingest.BudgetLeftBytes);
    }

    private static async Task<IngestOutcome> SendAsync(
        ImageArchive archive,
        AccessGrant grant,
        int number,
        byte[] piece
    )
    {
        var head = TestInstances.Ct(instance: $"1.2.3.{number}");
        head.Remove(DicomTag.PixelData);
        await using var incoming = archive.Ingest.Begin(
            grant,
            new IngestRequest
            {
                SopClass = SopClassUid.Parse(SopClasses.CTImageStorage),
                SopInstance = SopInstanceUid.Parse($"1.2.3.{number}"),
                TransferSyntax = TransferSyntax.ExplicitVrLittleEndian,
            }
        );
        await WriteAsync(DataSetWriter.ToBytes(head, TransferSyntax.ExplicitVrLittleEndian));
        byte[] element = [0xE0, 0x7F, 0x10, 0x00, (byte)'O', (byte)'W', 0, 0, .. BitConverter.GetBytes(PixelBytes)];
        await WriteAsync(element);
        for (var sent = 0; sent < PixelBytes; sent += piece.Length)
        {
            await WriteAsync(piece);
        }

        return await incoming.CompleteAsync(CancellationToken.None);

        ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) =>
            incoming.WriteAsync(new ReadOnlySequence<byte>(bytes), CancellationToken.None);
    }

    /// <summary>Counts what it is given and keeps nothing of it.</summary>
    private sealed class ForgetfulBlobStore : IBlobStore
    {
        private long _bytes;
        private int _streams;
        private int _records;

        public long Bytes => Interlocked.Read(ref _bytes);

        public int Streams => _streams;

        public BlobMark End => new(1, _records);

        public ValueTask<IReadOnlyList<BlobLocation>> AppendAsync(
            IReadOnlyList<ReadOnlySequence<byte>> sealedRecords,
            CancellationToken cancellationToken
        ) => throw new UnreachableException();

        public ValueTask<IBlobStream> BeginStreamAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<IBlobStream>(new Stream(this, Interlocked.Increment(ref _streams)));

        public ValueTask<int> ReadAsync(BlobLocation record, long offset, Memory<byte> buffer, CancellationToken ct) =>
            throw new BlobDamagedException("kept nothing");

        public IAsyncEnumerable<BlobEntry> ReplayAsync(BlobMark from, CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<BlobEntry>();

        public IAsyncEnumerable<BlobEntry> ListAsync(BlobMark from, CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<BlobEntry>();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class Stream(ForgetfulBlobStore store, int number) : IBlobStream
        {
            public long Length { get; private set; }

            public ValueTask WriteAsync(ReadOnlyMemory<byte> sealedBytes, CancellationToken cancellationToken)
            {
                Length += sealedBytes.Length;
                Interlocked.Add(ref store._bytes, sealedBytes.Length);
                return ValueTask.CompletedTask;
            }

            public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

            public ValueTask<BlobLocation> CommitAsync(CancellationToken cancellationToken)
            {
                Interlocked.Increment(ref store._records);
                return ValueTask.FromResult(new BlobLocation(number + 1, 0, Length));
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
