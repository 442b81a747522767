using System.Buffers;
using System.IO.Pipelines;
using Leadglass.Access;
using Leadglass.Contract;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Tests;

/// <summary>An archive over stores in memory, with everything a test does to it.</summary>
internal sealed class TestArchive : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly FaultyDisk _state;

    private TestArchive(
        MasterKey master,
        TestAccess access,
        IBlobStore blobs,
        IStudyIndex index,
        IDurableFolder keyring
    )
    {
        (Master, Access, Blobs, Index) = (master, access, blobs, index);
        _state = new FaultyDisk(3);
        Ring = KeyRing.Open(keyring, master);
    }

    public MasterKey Master { get; }
    public KeyRing Ring { get; }
    public TestAccess Access { get; }
    public IBlobStore Blobs { get; private set; }
    public IStudyIndex Index { get; private set; }
    public MemoryBlobStore Memory => (MemoryBlobStore)Blobs;
    public MemoryStudyIndex MemoryIndex => (MemoryStudyIndex)Index;
    public ArchiveOptions Options { get; private set; } = new();
    public ImageArchive Archive { get; private set; } = null!;

    public static async Task<TestArchive> StartAsync(
        ArchiveOptions? options = null,
        IBlobStore? blobs = null,
        IStudyIndex? index = null,
        IDurableFolder? keyring = null
    )
    {
        var master = MasterKey.Create();
        var archive = new TestArchive(
            master,
            await TestAccess.StartAsync(master),
            blobs ?? new MemoryBlobStore(),
            index ?? new MemoryStudyIndex(),
            keyring ?? new FaultyDisk(2).Root
        )
        {
            Options = options ?? new ArchiveOptions(),
        };
        await archive.OpenAsync();
        return archive;
    }

    /// <summary>Closes the archive and opens it again, on another index or other blobs if they are given.</summary>
    public async Task RestartAsync(IStudyIndex? index = null, Func<IBlobStore>? blobs = null)
    {
        await Archive.DisposeAsync();
        Index = index ?? Index;
        if (blobs is not null)
        {
            await Blobs.DisposeAsync();
            Blobs = blobs();
        }

        await OpenAsync();
    }

    public async Task<IngestOutcome> StoreAsync(
        DataSet dataSet,
        TransferSyntax? syntax = null,
        string device = "device",
        Func<Device, Device>? change = null,
        int pieceBytes = 16_000
    ) =>
        await StoreAsync(
            DataSetWriter.ToBytes(dataSet, syntax ?? TransferSyntax.ExplicitVrLittleEndian),
            syntax ?? TransferSyntax.ExplicitVrLittleEndian,
            SopClassUid.Parse(dataSet.GetString(DicomTag.SOPClassUID)),
            SopInstanceUid.Parse(dataSet.GetString(DicomTag.SOPInstanceUID)),
            device,
            change,
            pieceBytes
        );

    public async Task<IngestOutcome> StoreAsync(
        ReadOnlyMemory<byte> bytes,
        TransferSyntax syntax,
        SopClassUid sopClass,
        SopInstanceUid instance,
        string device = "device",
        Func<Device, Device>? change = null,
        int pieceBytes = 16_000
    )
    {
        var grant = await Access.GrantAsync(Operation.Store, device, change);
        await using var incoming = Archive.Ingest.Begin(
            grant,
            new IngestRequest
            {
                SopClass = sopClass,
                SopInstance = instance,
                TransferSyntax = syntax,
            }
        );
        for (var rest = bytes; !rest.IsEmpty; )
        {
            var piece = rest[..Math.Min(pieceBytes, rest.Length)];
            await incoming.WriteAsync(new ReadOnlySequence<byte>(piece), None);
            rest = rest[piece.Length..];
        }

        return await incoming.CompleteAsync(None);
    }

    public async Task<List<DataSet>> FindAsync(
        DataSet identifier,
        QueryModel model = QueryModel.StudyRoot,
        bool relational = false,
        bool combined = false,
        string device = "device"
    )
    {
        var grant = await Access.GrantAsync(Operation.Query, device);
        return await Archive
            .Search.FindAsync(
                grant,
                new SearchRequest
                {
                    Model = model,
                    Identifier = identifier,
                    IsRelational = relational,
                    CombinesDateAndTime = combined,
                },
                None
            )
            .Select(match => match.Identifier)
            .ToListAsync(None);
    }

    /// <summary>SOP Instance UIDs of everything in a study.</summary>
    public async Task<List<string>> InstancesOfAsync(string study)
    {
        var keys = TestInstances.Keys("IMAGE", (DicomTag.StudyInstanceUID, study), (DicomTag.SOPInstanceUID, ""));
        return [.. (await FindAsync(keys, relational: true)).Select(one => one.GetString(DicomTag.SOPInstanceUID)!)];
    }

    public async Task<IReadOnlyList<ArchivedInstance>> SelectAsync(
        DataSet identifier,
        QueryModel model = QueryModel.StudyRoot,
        bool relational = true,
        string device = "device"
    ) =>
        await Archive.Retrieval.SelectAsync(
            await Access.GrantAsync(Operation.Retrieve, device),
            new SearchRequest
            {
                Model = model,
                Identifier = identifier,
                IsRelational = relational,
            },
            None
        );

    /// <summary>The data set of an instance, as it leaves.</summary>
    public async Task<byte[]> RetrieveAsync(string instance, TransferSyntax? accepted = null)
    {
        var selected = Assert.Single(
            await SelectAsync(TestInstances.Keys("IMAGE", (DicomTag.SOPInstanceUID, instance)))
        );
        using var opened = await Archive.Retrieval.OpenAsync(
            await Access.GrantAsync(Operation.Retrieve),
            selected,
            None
        );
        return await BytesOfAsync(opened, accepted ?? opened.TransferSyntax);
    }

    public static async Task<byte[]> BytesOfAsync(OpenedInstance opened, TransferSyntax accepted)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19));
        var reading = ReadAllAsync(pipe.Reader);
        await opened.CopyDataSetAsync(pipe.Writer, accepted, None);
        await pipe.Writer.CompleteAsync();
        return await reading;
    }

    public async Task<CommitmentFailure?> CommitAsync(
        DataSet dataSet,
        string? sopClass = null,
        string device = "device"
    ) =>
        Assert
            .Single(
                await Archive.Commitment.CheckAsync(
                    await Access.GrantAsync(Operation.Store, device),
                    [
                        new ReferencedInstance(
                            SopClassUid.Parse(sopClass ?? dataSet.GetString(DicomTag.SOPClassUID)),
                            SopInstanceUid.Parse(dataSet.GetString(DicomTag.SOPInstanceUID))
                        ),
                    ],
                    None
                )
            )
            .Failure;

    /// <summary>Deletes instances of a study, or all of it where none are named.</summary>
    public async Task DeleteAsync(string study, params string[] instances) =>
        await Archive.Conflicts.DeleteAsync(
            await Access.RecordsAsync(Operation.ResolveConflict),
            StudyInstanceUid.Parse(study),
            instances.Length == 0 ? null : [.. instances.Select(one => SopInstanceUid.Parse(one))],
            "test",
            None
        );

    public async Task DiscardAsync(params QuarantinedInstance[] discarded) =>
        await Archive.Conflicts.DiscardAsync(
            await Access.RecordsAsync(Operation.ResolveConflict),
            discarded,
            "test",
            None
        );

    public async Task<bool> AcceptAsync(QuarantinedInstance accepted) =>
        await Archive.Conflicts.AcceptAsync(
            await Access.RecordsAsync(Operation.ResolveConflict),
            accepted,
            "test",
            None
        );

    /// <summary>Rejects instances of a study, or all of it where none are named.</summary>
    public async Task<int> RejectAsync(
        string study,
        RejectionReason reason = RejectionReason.Quality,
        params string[] instances
    ) =>
        await Archive.Rejections.RejectAsync(
            await Access.RecordsAsync(Operation.Reject),
            StudyInstanceUid.Parse(study),
            null,
            instances.Length == 0 ? null : [.. instances.Select(one => SopInstanceUid.Parse(one))],
            reason,
            "test",
            None
        );

    /// <summary>Restores instances of a study, or all of it where none are named.</summary>
    public async Task<int> RestoreAsync(string study, params string[] instances) =>
        await Archive.Rejections.RestoreAsync(
            await Access.RecordsAsync(Operation.Reject),
            StudyInstanceUid.Parse(study),
            instances.Length == 0 ? null : [.. instances.Select(one => SopInstanceUid.Parse(one))],
            "test",
            None
        );

    public async Task<bool> AssignAsync(
        string study,
        string patientId,
        string? issuer = null,
        string name = "Sample^Berta"
    ) =>
        await Archive.Corrections.AssignAsync(
            await Access.RecordsAsync(Operation.Correct),
            StudyInstanceUid.Parse(study),
            new PatientCorrection
            {
                PatientId = patientId,
                Issuer = issuer,
                Name = name,
                BirthDate = "19801224",
                Sex = "F",
            },
            "test",
            None
        );

    public async Task<List<QuarantinedInstance>> QuarantinedAsync() =>
        await Archive.Conflicts.ListAsync(await Access.GrantAsync(Operation.Query), None).ToListAsync(None);

    public async ValueTask DisposeAsync()
    {
        await Archive.DisposeAsync();
        await Index.DisposeAsync();
        await Blobs.DisposeAsync();
        Ring.Dispose();
        await Access.DisposeAsync();
        Master.Dispose();
    }

    private async Task OpenAsync() =>
        Archive = await ImageArchive.OpenAsync(
            new ImageArchiveParts
            {
                Master = Master,
                Ring = Ring,
                Blobs = Blobs,
                Index = Index,
                State = _state.Root,
                Grant = AccessPolicy.Maintain(MaintenanceTask.Recover),
                Clock = TimeProvider.System,
                Options = Options,
            },
            None
        );

    private static async Task<byte[]> ReadAllAsync(PipeReader reader)
    {
        using var all = new MemoryStream();
        await reader.CopyToAsync(all);
        return all.ToArray();
    }
}
