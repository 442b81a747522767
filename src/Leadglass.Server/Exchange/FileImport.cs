using System.Buffers;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;

namespace Leadglass.Server.Exchange;

/// <summary>What became of one file.</summary>
/// <param name="Outcome">What the archive said; null when it never came that far.</param>
/// <param name="Problem">Why it is not stored; names no value of the data set. Null when it is.</param>
internal sealed record FileOutcome(IngestOutcome? Outcome, string? Problem)
{
    /// <summary>It is no DICOM file, or one that holds no instance.</summary>
    public bool IsNoInstance { get; init; }
}

/// <summary>Brings DICOM files in, one after another, streamed: a file's length never decides the memory.</summary>
internal sealed class FileImport(ArchiveHost host, OperatorIdentity identity, string? issuer, PatientMap map)
{
    private const int PieceBytes = 256 * 1024;

    /// <summary>Brings in one file.</summary>
    /// <exception cref="ArchiveRefusedException">The archive takes nothing in from whoever asks.</exception>
    public async Task<FileOutcome> RunAsync(string path, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(DicomFileStart.LengthMax);
        try
        {
            await using var file = OpenFile(path);
            return await RunAsync(file, buffer, cancel);
        }
        catch (DicomFormatException failure)
        {
            return new FileOutcome(null, failure.Message);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new FileOutcome(null, $"cannot be read: {failure.GetType().Name}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>Everything before the pixel data of a file whose beginning is known.</summary>
    public static async Task<DataSet?> ReadHeaderAsync(FileStream file, DicomFileStart start, CancellationToken cancel)
    {
        using var reader = new InstanceReader(start.TransferSyntax);
        var piece = new byte[PieceBytes];
        file.Position = start.DataSetOffset;
        while (reader.Header is null)
        {
            var read = await file.ReadAsync(piece, cancel);
            if (read == 0)
            {
                reader.Complete();
                break;
            }

            reader.Feed(piece.AsSpan(0, read));
        }

        return reader.Header;
    }

    /// <summary>Reads until group 2 is whole; at most as much as it may be long.</summary>
    public static async Task<(DicomFileStart Start, int Filled)> ReadStartAsync(
        FileStream file,
        byte[] buffer,
        CancellationToken cancel
    )
    {
        for (var filled = 0; ; )
        {
            var most = Math.Min(DicomFileStart.LengthMax - filled, PieceBytes);
            var read = await file.ReadAsync(buffer.AsMemory(filled, most), cancel);
            filled += read;
            if (DicomFileStart.TryRead(buffer.AsMemory(0, filled), isFinal: read == 0) is { } start)
            {
                return (start, filled);
            }
        }
    }

    /// <summary>Opens a file for reading from beginning to end.</summary>
    public static FileStream OpenFile(string path) =>
        new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            bufferSize: 0,
            FileOptions.Asynchronous | FileOptions.SequentialScan
        );

    private async Task<FileOutcome> RunAsync(FileStream file, byte[] buffer, CancellationToken cancel)
    {
        DicomFileStart start;
        int filled;
        try
        {
            (start, filled) = await ReadStartAsync(file, buffer, cancel);
        }
        catch (DicomFormatException failure)
        {
            return new FileOutcome(null, failure.Message) { IsNoInstance = true };
        }

        if (start.FileMetaInformation.MediaStorageSopClassUid?.Value == SopClasses.MediaStorageDirectoryStorage)
        {
            return new FileOutcome(null, "a directory of files: name it DICOMDIR to import what it lists")
            {
                IsNoInstance = true,
            };
        }

        // The data set says what it is; files whose group 2 says otherwise, or nothing, are found often enough.
        var header = await ReadHeaderAsync(file, start, cancel);
        if (
            header is null
            || !SopClassUid.TryParse(header.GetString(DicomTag.SOPClassUID), out var sopClass)
            || !SopInstanceUid.TryParse(header.GetString(DicomTag.SOPInstanceUID), out var sopInstance)
        )
        {
            return new FileOutcome(null, "it has no SOP class or instance UID, (0008,0016) and (0008,0018)");
        }

        file.Position = filled;
        await using var instance = host.Archive.Ingest.Begin(
            Grant(),
            new IngestRequest
            {
                SopClass = sopClass,
                SopInstance = sopInstance,
                TransferSyntax = start.TransferSyntax,
                DefaultIssuer = issuer,
                Patient = header.GetString(DicomTag.PatientID) is { } id ? map.Find(id, issuer) : null,
            }
        );
        await instance.WriteAsync(
            new ReadOnlySequence<byte>(buffer.AsMemory(start.DataSetOffset, filled - start.DataSetOffset)),
            cancel
        );
        int read;
        while ((read = await file.ReadAsync(buffer.AsMemory(0, PieceBytes), cancel)) > 0)
        {
            await instance.WriteAsync(new ReadOnlySequence<byte>(buffer.AsMemory(0, read)), cancel);
        }

        var outcome = await instance.CompleteAsync(cancel);
        return new FileOutcome(outcome, outcome.Result is IngestResult.Refused ? Words(outcome) : null);
    }

    private AccessGrant Grant() =>
        host.Policy.Decide(identity, Operation.Store) is AccessDecision.Granted granted
            ? granted.Grant
            : throw new ArchiveRefusedException(isUsage: false, "the archive takes nothing in now: see its log");

    private static string Words(IngestOutcome outcome) =>
        outcome.Comment is { } comment ? $"{comment} ({outcome.Status:X4})" : $"refused ({outcome.Status:X4})";
}
