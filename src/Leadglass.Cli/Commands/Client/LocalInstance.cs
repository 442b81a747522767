using System.IO.Pipelines;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Cli.Commands.Client;

/// <summary>An instance in a file, sent as it lies there or, where the peer takes it only so, converted while it streams.</summary>
internal sealed class LocalInstance : IOutgoingInstance
{
    private const int PieceBytes = 256 * 1024;

    // Little endian with VRs loses least.
    private static readonly TransferSyntax[] Conversions =
    [
        TransferSyntax.ExplicitVrLittleEndian,
        TransferSyntax.ImplicitVrLittleEndian,
    ];

    private readonly long _dataSetOffset;

    private LocalInstance(
        string path,
        long dataSetOffset,
        TransferSyntax syntax,
        SopClassUid sopClass,
        SopInstanceUid sopInstance
    )
    {
        Path = path;
        _dataSetOffset = dataSetOffset;
        SopClass = sopClass;
        SopInstance = sopInstance;
        TransferSyntaxes =
        [
            syntax,
            .. Conversions.Where(other => other != syntax && TransferSyntaxConverter.CanConvert(syntax, other)),
        ];
    }

    public string Path { get; }

    public SopClassUid SopClass { get; }

    public SopInstanceUid SopInstance { get; }

    public IReadOnlyList<TransferSyntax> TransferSyntaxes { get; }

    /// <summary>Reads as much of a file as says what it is; null when it is no instance that could be stored.</summary>
    public static async Task<LocalInstance?> TryOpenAsync(string path, CancellationToken cancel)
    {
        await using var file = Open(path);
        var buffer = new byte[PieceBytes];
        var filled = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        try
        {
            if (DicomFileStart.TryRead(buffer.AsMemory(0, filled), isFinal: filled < buffer.Length) is not { } start)
            {
                return null;
            }

            using var reader = new InstanceReader(start.TransferSyntax);
            reader.Feed(buffer.AsSpan(start.DataSetOffset, filled - start.DataSetOffset));
            while (reader.Header is null && (filled = await file.ReadAsync(buffer, cancel)) > 0)
            {
                reader.Feed(buffer.AsSpan(0, filled));
            }

            if (reader.Header is null)
            {
                reader.Complete();
            }

            return
                reader.Header is { } header
                && start.TransferSyntax.IsStorable
                && SopClassUid.TryParse(header.GetString(DicomTag.SOPClassUID), out var sopClass)
                && SopInstanceUid.TryParse(header.GetString(DicomTag.SOPInstanceUID), out var sopInstance)
                ? new LocalInstance(path, start.DataSetOffset, start.TransferSyntax, sopClass, sopInstance)
                : null;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    )
    {
        await using var file = Open(Path);
        file.Position = _dataSetOffset;
        if (transferSyntax != TransferSyntaxes[0])
        {
            await TransferSyntaxConverter.ConvertAsync(
                file,
                TransferSyntaxes[0],
                transferSyntax,
                sink,
                cancellationToken: cancellationToken
            );
            return;
        }

        while (true)
        {
            var count = await file.ReadAsync(sink.GetMemory(PieceBytes), cancellationToken);
            if (count == 0)
            {
                return;
            }

            sink.Advance(count);
            if ((await sink.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }

    private static FileStream Open(string path) =>
        new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            bufferSize: 0,
            FileOptions.Asynchronous | FileOptions.SequentialScan
        );
}
