using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Server.Associations;
using Leadglass.Server.Control;
using Leadglass.Server.Data;

namespace Leadglass.Server.Exchange;

/// <summary>Bringing studies out as files: for whoever shows the recovery key, and in the trail.</summary>
public static class ExportCommands
{
    private const string DirectoryName = "DICOMDIR";
    private const int PieceBytes = 256 * 1024;

    /// <summary>Exports one study into a folder, with a DICOMDIR.</summary>
    public static ControlCommand<ExportArguments, ExportResult> Export { get; } =
        new("export", ExchangeJson.Default.ExportArguments, ExchangeJson.Default.ExportResult, RunAsync);

    private static async Task<ExportResult> RunAsync(
        ArchiveHost host,
        ExportArguments arguments,
        IProgress<ControlProgress> progress,
        CancellationToken cancel
    )
    {
        if (!StudyInstanceUid.TryParse(arguments.Study, out var study))
        {
            throw new ArchiveRefusedException(isUsage: true, "--study takes a Study Instance UID (PS3.5 9.1)");
        }

        var lease = new GrantLease(host.Policy, Grant(host, arguments), host.Clock);
        try
        {
            var instances = await SelectAsync(host, lease.Current, study, cancel);
            RequireFree(arguments.Folder);
            var directory = new DicomDirectoryBuilder();
            var done = 0;
            foreach (var instance in instances)
            {
                await WriteAsync(host, lease.Current, instance, directory, arguments.Folder, cancel);
                progress.Report(new ControlProgress(++done, instances.Count, "instances"));
            }

            await using (var file = CreateFile(Path.Combine(arguments.Folder, DirectoryName)))
            {
                await file.WriteAsync(directory.ToBytes(NewUid()), cancel);
            }

            await lease.Current.RecordOutcomeAsync(instances[0].Facts, done, 0, cancel);
            return new ExportResult(done, arguments.Folder);
        }
        catch (AccessRefusedException refused)
        {
            throw new ArchiveRefusedException(isUsage: false, $"refused: {refused.Reason}");
        }
        catch (Exception failure)
            when (failure is IOException or UnauthorizedAccessException or SealingException or SearchRefusedException)
        {
            throw new ArchiveUnavailableException(
                $"the export into {arguments.Folder} is not whole: {failure.Message.TrimEnd('.')}",
                failure
            );
        }
    }

    private static AccessGrant Grant(ArchiveHost host, ExportArguments arguments)
    {
        using var shown = RecoveryKey.TryParse(arguments.RecoveryKey);
        if (
            shown is not null
            && AccessPolicy.Operator(arguments.UserName, shown, DurableFolder.Open(host.Folder.State), host.Master)
                is { } identity
            && host.Policy.Decide(identity, Operation.Export) is AccessDecision.Granted granted
        )
        {
            return granted.Grant;
        }

        host.Policy.NoteOperatorRefusal(arguments.UserName);
        throw new ArchiveRefusedException(isUsage: false, "this is not the archive's recovery key");
    }

    private static async Task<IReadOnlyList<ArchivedInstance>> SelectAsync(
        ArchiveHost host,
        AccessGrant grant,
        StudyInstanceUid study,
        CancellationToken cancel
    )
    {
        var keys = new DataSet();
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        keys.SetString(DicomTag.StudyInstanceUID, study.Value);
        var instances = await host.Archive.Retrieval.SelectAsync(
            grant,
            new SearchRequest { Model = QueryModel.StudyRoot, Identifier = keys },
            cancel
        );
        return instances.Count > 0
            ? instances
            : throw new ArchiveUnavailableException("the archive has no study of this UID");
    }

    private static void RequireFree(string folder)
    {
        DataFolder.CreatePrivateFolder(folder);
        if (Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new ArchiveRefusedException(isUsage: true, $"{folder} is not empty: name an empty or absent folder");
        }
    }

    /// <summary>Writes under a passing name first: the directory names the file when its attributes are known.</summary>
    private static async Task WriteAsync(
        ArchiveHost host,
        AccessGrant grant,
        ArchivedInstance instance,
        DicomDirectoryBuilder directory,
        string folder,
        CancellationToken cancel
    )
    {
        var draft = Path.Combine(folder, "export.part");
        await using (var file = CreateFile(draft))
        {
            var meta = FileMetaInformation.Create(instance.SopClass, instance.SopInstance, instance.TransferSyntax);
            // Opening writes the study into the trail: nothing of it goes out before, not even a UID.
            using var opened = await host.Archive.Retrieval.OpenAsync(grant, instance, cancel);
            await file.WriteAsync(DicomFile.StartOf(meta), cancel);
            var pipe = PipeWriter.Create(
                file,
                new StreamPipeWriterOptions(minimumBufferSize: PieceBytes, leaveOpen: true)
            );
            await opened.CopyDataSetAsync(pipe, instance.TransferSyntax, cancel);
            await pipe.CompleteAsync();
        }

        var name = directory.Add(await ReadHeaderAsync(draft, cancel), instance.TransferSyntax);
        var target = Path.Combine([folder, .. name.Components]);
        DataFolder.CreatePrivateFolder(Path.GetDirectoryName(target)!);
        File.Move(draft, target);
    }

    private static async Task<DataSet> ReadHeaderAsync(string path, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(DicomFileStart.LengthMax);
        try
        {
            await using var file = FileImport.OpenFile(path);
            var (start, _) = await FileImport.ReadStartAsync(file, buffer, cancel);
            return await FileImport.ReadHeaderAsync(file, start, cancel)
                ?? throw new IOException("an instance without attributes");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>A UID derived from a UUID (PS3.5 B.2).</summary>
    private static SopInstanceUid NewUid() =>
        SopInstanceUid.Parse(
            $"2.25.{BinaryPrimitives.ReadUInt128BigEndian(Guid.NewGuid().ToByteArray(bigEndian: true))}"
        );

    private static FileStream CreateFile(string path) =>
        new(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = DataFolder.FileMode,
                Options = FileOptions.Asynchronous,
            }
        );
}

/// <summary>What to export.</summary>
/// <param name="UserName">Who asks, by the name on this machine.</param>
/// <param name="Study">Study Instance UID.</param>
/// <param name="Folder">An empty or absent folder, absolute.</param>
/// <param name="RecoveryKey">The archive's recovery key.</param>
public sealed record ExportArguments(string UserName, string Study, string Folder, string RecoveryKey)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "export";
}

/// <summary>What was exported.</summary>
public sealed record ExportResult(int Instances, string Folder);
