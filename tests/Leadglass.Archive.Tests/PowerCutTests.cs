using System.Buffers;
using System.Globalization;
using Leadglass.Access;
using Leadglass.Archive.Packs;
using Leadglass.Contract;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Tests;

/// <summary>
/// Invariants 3 and 6 with packs and keyring on a disk that loses, tears and reorders what was not flushed, and an index
/// that falls back to any earlier state: whatever was acknowledged is found and byte-exact after the next start, and a
/// rebuilt index gives the same answers.
/// </summary>
public sealed class PowerCutTests
{
    // Three cuts or kills each; LEADGLASS_CUT_VARIANTS=20 takes minutes and makes eight thousand.
    private static readonly int Variants = int.TryParse(
        Environment.GetEnvironmentVariable("LEADGLASS_CUT_VARIANTS"),
        out var variants
    )
        ? variants
        : 2;
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task NothingAcknowledgedIsLostAtAnyStepOfACommit()
    {
        using var master = MasterKey.Create();
        await using var access = await TestAccess.StartAsync(master);
        var steps = await CountStepsAsync(master, access);
        Assert.InRange(steps, 20, 400);
        var cuts = 0;
        for (var step = 1; step <= steps; step++)
        {
            for (var variant = 0; variant < Variants; variant++)
            {
                var run = new Run(master, access, seed: (step * 1000) + variant);
                cuts += await run.SurviveAsync(step);
            }
        }

        Assert.True(cuts >= steps * Variants, string.Create(CultureInfo.InvariantCulture, $"{cuts} cuts"));
        TestContext.Current.SendDiagnosticMessage($"{cuts} power cuts and kills at {steps} steps");
    }

    private static async Task<int> CountStepsAsync(MasterKey master, TestAccess access)
    {
        var run = new Run(master, access, seed: 0);
        await run.WorkAsync();
        return run.Disk.Steps;
    }

    /// <summary>One archive's life on one disk.</summary>
    private sealed class Run(MasterKey master, TestAccess access, int seed)
    {
        private const string Corrected = "1.9.9";
        private static readonly PackStoreOptions Packs = new() { RollOverBytes = 64 * 1024, ReserveBytes = 0 };
        private static readonly ArchiveOptions Options = new() { BufferedInstanceBytesMax = 512 << 10 };
        private readonly Random _random = new(seed);
        private readonly Dictionary<string, byte[]> _stored = [];
        private readonly HashSet<string> _quarantined = [];
        private readonly HashSet<string> _gone = [];

        // Whose the corrected study may be: the last acknowledged, and what was asked for since.
        private readonly List<string> _patients = ["TEST-1"];
        private readonly List<MemoryStudyIndex> _states = [new()];
        private MemoryStudyIndex _index = new();
        private int _round;

        public FaultyDisk Disk { get; } = new(seed) { TearsNeighbours = seed % 2 == 0 };

        public async Task<int> SurviveAsync(int step)
        {
            var cuts = 0;
            for (var round = 0; round < 3; round++)
            {
                Disk.CutAtStep = Disk.Steps + (round == 0 ? step : _random.Next(1, 80));
                try
                {
                    await WorkAsync();
                    Disk.CutAtStep = null;
                }
                catch (PowerCutException)
                {
                    // The disk is off.
                }

                cuts++;
                if (_random.Next(4) == 0)
                {
                    Disk.KillProcess();
                }
                else
                {
                    Disk.CutPower();
                }

                // What the index had is there as it was at some earlier time: SQLite's log is not flushed.
                var kept = _random.Next(_states.Count);
                _states.RemoveRange(kept + 1, _states.Count - kept - 1);
                _index = _states[kept].Copy();
            }

            Disk.CutAtStep = null;
            await CheckAsync(_index);
            await CheckAsync(new MemoryStudyIndex());
            await VerifyAsync(_index);
            return cuts;
        }

        /// <summary>Stores, conflicts, decides; remembers what was acknowledged.</summary>
        public async Task WorkAsync()
        {
            var round = _round++;
            await WithArchiveAsync(
                _index,
                async archive =>
                {
                    for (var i = 0; i < 3; i++)
                    {
                        await StoreAsync(
                            archive,
                            TestInstances.Ct(study: $"1.9.{i % 2}", instance: $"1.9.{round}.{i}")
                        );
                    }

                    await StoreAsync(
                        archive,
                        TestInstances.Ct(study: "1.9.0", instance: $"1.9.{round}.7", pixelBytes: 600_000)
                    );
                    await StoreAsync(
                        archive,
                        TestInstances.Ct(study: "1.9.0", instance: $"1.9.{round}.8", patientId: $"TEST-{round + 2}")
                    );
                    await DecideAsync(archive, round);
                }
            );
        }

        /// <summary>From when a decision is asked for either may hold; once it is acknowledged it does.</summary>
        private async Task DecideAsync(ImageArchive archive, int round)
        {
            var (first, second, third) = ($"1.9.{round}.0", $"1.9.{round}.1", $"1.9.{round}.2");
            var deleting = await access.RecordsAsync(Operation.ResolveConflict);
            var rejecting = await access.RecordsAsync(Operation.Reject);
            var correcting = await access.RecordsAsync(Operation.Correct);
            var study = StudyInstanceUid.Parse("1.9.0");
            _stored.Remove(third);
            await archive.Conflicts.DeleteAsync(deleting, study, [SopInstanceUid.Parse(third)], "test", None);
            _gone.Add(third);

            _stored.Remove(second);
            await RejectAsync(archive, rejecting, "1.9.1", second);
            _gone.Add(second);

            _stored.Remove(first, out var bytes);
            await RejectAsync(archive, rejecting, "1.9.0", first);
            await archive.Rejections.RestoreAsync(rejecting, study, [SopInstanceUid.Parse(first)], "test", None);
            _stored.Add(first, bytes!);

            await StoreAsync(
                archive,
                TestInstances.Ct(study: Corrected, instance: $"1.9.{round}.9"),
                isCorrected: true
            );
            _patients.Add($"TEST-9{round}");
            await archive.Corrections.AssignAsync(
                correcting,
                StudyInstanceUid.Parse(Corrected),
                new PatientCorrection { PatientId = $"TEST-9{round}" },
                "test",
                None
            );
            _patients.RemoveRange(0, _patients.Count - 1);
        }

        private static async Task RejectAsync(ImageArchive archive, AccessGrant grant, string study, string instance) =>
            await archive.Rejections.RejectAsync(
                grant,
                StudyInstanceUid.Parse(study),
                null,
                [SopInstanceUid.Parse(instance)],
                RejectionReason.Quality,
                "test",
                None
            );

        private async Task CheckAsync(MemoryStudyIndex index) =>
            await WithArchiveAsync(
                index,
                async archive =>
                {
                    Assert.Empty(archive.Recovery.Damages);
                    var grant = await access.GrantAsync(Operation.Retrieve);
                    foreach (var (uid, bytes) in _stored)
                    {
                        var keys = TestInstances.Keys("IMAGE", (DicomTag.SOPInstanceUID, uid));
                        var found = Assert.Single(
                            await archive.Retrieval.SelectAsync(
                                grant,
                                new SearchRequest
                                {
                                    Model = QueryModel.StudyRoot,
                                    Identifier = keys,
                                    IsRelational = true,
                                },
                                None
                            )
                        );
                        using var opened = await archive.Retrieval.OpenAsync(grant, found, None);
                        Assert.Equal(bytes, await TestArchive.BytesOfAsync(opened, opened.TransferSyntax));
                    }

                    foreach (var uid in _gone)
                    {
                        var keys = TestInstances.Keys("IMAGE", (DicomTag.SOPInstanceUID, uid));
                        var request = new SearchRequest
                        {
                            Model = QueryModel.StudyRoot,
                            Identifier = keys,
                            IsRelational = true,
                        };
                        Assert.Empty(await archive.Retrieval.SelectAsync(grant, request, None));
                    }

                    var query = await access.GrantAsync(Operation.Query);
                    Assert.Subset(_patients.ToHashSet(), await PatientsAsync(archive, query));
                    var listed = await archive
                        .Conflicts.ListAsync(query, None)
                        .Select(one => one.SopInstance.Value)
                        .ToListAsync(None);
                    Assert.Empty(_quarantined.Except(listed));
                }
            );

        private static async Task<HashSet<string>> PatientsAsync(ImageArchive archive, AccessGrant query)
        {
            var request = new SearchRequest
            {
                Model = QueryModel.StudyRoot,
                Identifier = TestInstances.Keys(
                    "STUDY",
                    (DicomTag.StudyInstanceUID, Corrected),
                    (DicomTag.PatientID, "")
                ),
            };
            return await archive
                .Search.FindAsync(query, request, None)
                .Select(match => match.Identifier.GetString(DicomTag.PatientID)!)
                .ToHashSetAsync(cancellationToken: None);
        }

        private async Task VerifyAsync(MemoryStudyIndex index)
        {
            await using var blobs = PackStore.OpenReadOnly(Disk.Root.Folder("packs"));
            using var ring = KeyRing.OpenReadOnly(Disk.Root.Folder("keyring"), master);
            using var verification = new ArchiveVerification(
                master,
                ring,
                blobs,
                index,
                AccessPolicy.Maintain(MaintenanceTask.Verify)
            );
            var report = await verification.RunAsync(progress: null, None);
            Assert.True(report.IsSound, string.Join("; ", report.IndexFindings));
        }

        private async Task StoreAsync(ImageArchive archive, DataSet dataSet, bool isCorrected = false)
        {
            var uid = dataSet.GetString(DicomTag.SOPInstanceUID)!;
            var bytes = DataSetWriter.ToBytes(dataSet, TransferSyntax.ExplicitVrLittleEndian);
            await using var incoming = archive.Ingest.Begin(
                await access.GrantAsync(Operation.Store),
                new IngestRequest
                {
                    SopClass = SopClassUid.Parse(dataSet.GetString(DicomTag.SOPClassUID)),
                    SopInstance = SopInstanceUid.Parse(uid),
                    TransferSyntax = TransferSyntax.ExplicitVrLittleEndian,
                }
            );
            await incoming.WriteAsync(new ReadOnlySequence<byte>(bytes), None);
            var outcome = await incoming.CompleteAsync(None);
            switch (outcome.Result)
            {
                case IngestResult.Stored when isCorrected:
                    break;
                case IngestResult.Stored:
                    _stored[uid] = bytes.ToArray();
                    break;
                case IngestResult.Quarantined:
                    _quarantined.Add(uid);
                    break;
                default:
                    Assert.True(Disk.IsOff, $"{outcome} without a cut");
                    throw new PowerCutException();
            }
        }

        private async Task WithArchiveAsync(MemoryStudyIndex index, Func<ImageArchive, Task> work)
        {
            using var ring = KeyRing.Open(Disk.Root.Folder("keyring"), master);
            await using var blobs = PackStore.Open(Disk.Root.Folder("packs"), Packs, TimeProvider.System, index.Mark);
            index.Applied = () => _states.Add(index.Copy());
            await using var archive = await ImageArchive.OpenAsync(
                new ImageArchiveParts
                {
                    Master = master,
                    Ring = ring,
                    Blobs = blobs,
                    Index = index,
                    State = Disk.Root.Folder("state"),
                    Grant = AccessPolicy.Maintain(MaintenanceTask.Recover),
                    Clock = TimeProvider.System,
                    Options = Options,
                },
                None
            );
            try
            {
                await work(archive);
            }
            catch (CommitFailedException) when (Disk.IsOff)
            {
                throw new PowerCutException();
            }
        }
    }
}
