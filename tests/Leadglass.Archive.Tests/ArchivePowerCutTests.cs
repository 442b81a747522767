using System.Buffers;
using Leadglass.Access;
using Leadglass.Archive.Packs;
using Leadglass.Contract;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Tests;

/// <summary>
/// Invariant 3 for the archive as a whole: the power goes at any step of storing, with packs, keyring and state on a disk
/// that keeps nothing it did not promise, and an index that is as it was, older, or gone. Every instance that was
/// acknowledged is found and comes back byte for byte; the index agrees with the packs; nothing has to be mended by hand.
/// </summary>
public sealed class ArchivePowerCutTests : IAsyncLifetime
{
    private const int Cuts = 400;
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly MasterKey _master = MasterKey.Create();
    private TestAccess _access = null!;

    public async ValueTask InitializeAsync() => _access = await TestAccess.StartAsync(_master);

    public ValueTask DisposeAsync()
    {
        _access.Dispose();
        _master.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task EveryAcknowledgedInstanceIsThereAfterAPowerCut()
    {
        var (cuts, acknowledged) = (0, 0);
        for (var seed = 1; seed <= Cuts / 2; seed++)
        {
            var machine = new Machine(_master, _access, new FaultyDisk(seed), seed);
            for (var round = 0; round < 2; round++)
            {
                cuts += await machine.RunUntilThePowerGoesAsync() ? 1 : 0;
            }

            acknowledged += await machine.CheckAsync();
        }

        Assert.True(cuts > Cuts * 3 / 4 && acknowledged > Cuts, $"{cuts} power cuts, {acknowledged} acknowledged");
    }

    /// <summary>One archive's disk and what is known to be acknowledged.</summary>
    private sealed class Machine(MasterKey master, TestAccess access, FaultyDisk disk, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Dictionary<string, byte[]> _acknowledged = [];
        private MemoryStudyIndex _index = new();
        private int _stored;

        /// <summary>Stores instances until the power goes; false if it did not.</summary>
        public async Task<bool> RunUntilThePowerGoesAsync()
        {
            disk.CutAtStep = disk.Steps + _random.Next(1, 60);
            List<MemoryStudyIndex> older = [new(), _index.Copy()];
            try
            {
                await using var archive = await OpenAsync();
                for (var i = 0; i < 6 && !disk.IsOff; i++)
                {
                    await Task.WhenAll(
                        Enumerable.Range(0, _random.Next(1, 4)).Select(_ => StoreAsync(archive.Archive))
                    );
                    older.Add(_index.Copy());
                }
            }
            catch (PowerCutException)
            {
                // At the start or at the end; in between the archive answers with a failure.
            }

            var wasCut = disk.IsOff;
            disk.CutPower();

            // The index is written without a flush of its own, so it may be of any earlier moment.
            _index = _random.Next(3) == 0 ? _index : older[_random.Next(older.Count)];
            return wasCut;
        }

        public async Task<int> CheckAsync()
        {
            await using var machine = await OpenAsync();
            Assert.Equal(0, machine.Archive.Recovery.DamagedRecords);
            foreach (var (instance, bytes) in _acknowledged)
            {
                var selected = Assert.Single(
                    await machine.Archive.Retrieval.SelectAsync(
                        await access.GrantAsync(Operation.Retrieve),
                        new SearchRequest
                        {
                            Model = QueryModel.StudyRoot,
                            Identifier = TestInstances.Keys("IMAGE", (DicomTag.SOPInstanceUID, instance)),
                            IsRelational = true,
                        },
                        None
                    )
                );
                using var opened = await machine.Archive.Retrieval.OpenAsync(
                    await access.GrantAsync(Operation.Retrieve),
                    selected,
                    None
                );
                Assert.Equal(bytes, await TestArchive.BytesOfAsync(opened, opened.TransferSyntax));
            }

            using var verification = new ArchiveVerification(
                master,
                machine.Ring,
                machine.Packs,
                _index,
                AccessPolicy.Maintain(MaintenanceTask.Verify)
            );
            var report = await verification.RunAsync(progress: null, None);
            Assert.True(report.IsSound, $"seed {seed}: {string.Join("; ", report.IndexFindings)}");
            return _acknowledged.Count;
        }

        private async Task StoreAsync(ImageArchive archive)
        {
            var number = Interlocked.Increment(ref _stored);
            var study = $"1.2.826.0.1.{number % 3}";
            var dataSet = TestInstances.Ct(
                study: study,
                instance: $"{study}.1.{number}",
                patientId: $"TEST-{number % 3}",
                pixelBytes: number % 5 == 0 ? 600_000 : 4096
            );
            var bytes = DataSetWriter.ToBytes(dataSet, TransferSyntax.ExplicitVrLittleEndian).ToArray();
            try
            {
                await using var incoming = archive.Ingest.Begin(
                    await access.GrantAsync(Operation.Store),
                    new IngestRequest
                    {
                        SopClass = SopClassUid.Parse(SopClasses.CTImageStorage),
                        SopInstance = SopInstanceUid.Parse($"{study}.1.{number}"),
                        TransferSyntax = TransferSyntax.ExplicitVrLittleEndian,
                    }
                );
                foreach (var piece in bytes.Chunk(60_000))
                {
                    await incoming.WriteAsync(new ReadOnlySequence<byte>(piece), None);
                }

                var outcome = await incoming.CompleteAsync(None);
                if (outcome.Result == IngestResult.Stored)
                {
                    lock (_acknowledged)
                    {
                        _acknowledged.Add($"{study}.1.{number}", bytes);
                    }
                }
            }
            catch (PowerCutException)
            {
                // Nobody was told of success.
            }
        }

        private async Task<OpenArchive> OpenAsync()
        {
            var ring = KeyRing.Open(disk.Root.Folder("keyring"), master);
            var packs = PackStore.Open(
                disk.Root.Folder("packs"),
                new PackStoreOptions { RollOverBytes = 128 * 1024 },
                TimeProvider.System,
                _index.Mark
            );
            var archive = await ImageArchive.OpenAsync(
                new ImageArchiveParts
                {
                    Master = master,
                    Ring = ring,
                    Blobs = packs,
                    Index = _index,
                    State = disk.Root.Folder("state"),
                    Grant = AccessPolicy.Maintain(MaintenanceTask.Recover),
                    Clock = TimeProvider.System,
                    Options = new ArchiveOptions { BufferedInstanceBytesMax = 512 * 1024 },
                },
                None
            );
            return new OpenArchive(archive, ring, packs);
        }
    }

    private sealed record OpenArchive(ImageArchive Archive, KeyRing Ring, PackStore Packs) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Archive.DisposeAsync();
            await Packs.DisposeAsync();
            Ring.Dispose();
        }
    }
}
