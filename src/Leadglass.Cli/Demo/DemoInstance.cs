using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Cli.Demo;

/// <summary>A phantom image as the simulated scanner sends it.</summary>
internal sealed class DemoInstance : IOutgoingInstance
{
    private readonly ReadOnlyMemory<byte> _bytes;

    public DemoInstance(DataSet dataSet)
    {
        var buffer = new ArrayBufferWriter<byte>();
        DataSetWriter.Write(dataSet, TransferSyntax.ExplicitVrLittleEndian, buffer);
        _bytes = buffer.WrittenMemory;
        SopClass = SopClassUid.Parse(dataSet.GetString(DicomTag.SOPClassUID));
        SopInstance = SopInstanceUid.Parse(dataSet.GetString(DicomTag.SOPInstanceUID));
        Study = StudyInstanceUid.Parse(dataSet.GetString(DicomTag.StudyInstanceUID));
        Description = dataSet.GetString(DicomTag.StudyDescription) ?? string.Empty;
        Secrets = ReadSecrets(dataSet);
        Digest = Convert.ToHexString(SHA256.HashData(_bytes.Span));
    }

    public SopClassUid SopClass { get; }

    public SopInstanceUid SopInstance { get; }

    public StudyInstanceUid Study { get; }

    public string Description { get; }

    /// <summary>What must not be readable on the disk.</summary>
    public IReadOnlyList<string> Secrets { get; }

    /// <summary>SHA-256 of the bytes as they leave the scanner.</summary>
    public string Digest { get; }

    public ReadOnlyMemory<byte> Bytes => _bytes;

    public long LengthBytes => _bytes.Length;

    public IReadOnlyList<TransferSyntax> TransferSyntaxes { get; } = [TransferSyntax.ExplicitVrLittleEndian];

    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    ) => await sink.WriteAsync(_bytes, cancellationToken);

    private static List<string> ReadSecrets(DataSet dataSet) =>
        [
            .. new[]
            {
                DicomTag.PatientName,
                DicomTag.PatientID,
                DicomTag.PatientBirthDate,
                DicomTag.AccessionNumber,
                DicomTag.StudyDescription,
                DicomTag.SeriesDescription,
                DicomTag.StudyInstanceUID,
                DicomTag.SeriesInstanceUID,
                DicomTag.SOPInstanceUID,
            }.SelectMany(dataSet.GetStrings),
        ];
}

/// <summary>What a simulated workstation receives: a digest of each instance is all it keeps.</summary>
internal sealed class DemoWorkstation : IDimseHandler
{
    public ConcurrentDictionary<string, string> Digests { get; } = new(StringComparer.Ordinal);

    public long BytesReceived { get; private set; }

    public ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(new Arriving(this, request.SopInstance));

    private sealed class Arriving(DemoWorkstation workstation, SopInstanceUid instance) : IIncomingInstance
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
        {
            foreach (var segment in fragment)
            {
                _hash.AppendData(segment.Span);
            }

            workstation.BytesReceived += fragment.Length;
            return ValueTask.CompletedTask;
        }

        public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
        {
            workstation.Digests[instance.Value] = Convert.ToHexString(_hash.GetHashAndReset());
            _hash.Dispose();
            return new(DimseStatus.Success);
        }

        public ValueTask AbandonAsync()
        {
            _hash.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
