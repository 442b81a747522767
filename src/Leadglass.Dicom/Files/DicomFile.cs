using System.Buffers;

namespace Leadglass.Dicom;

/// <summary>A DICOM file in memory: preamble, group 0002 and data set (PS3.10 7).</summary>
public sealed class DicomFile
{
    private static readonly byte[] EmptyPreamble = new byte[128];

    /// <summary>Makes a file of a data set, with a preamble of nulls.</summary>
    public DicomFile(FileMetaInformation metaInformation, DataSet dataSet)
        : this(EmptyPreamble, hasPrefix: true, metaInformation, SyntaxOf(metaInformation), dataSet) { }

    private DicomFile(
        ReadOnlyMemory<byte> preamble,
        bool hasPrefix,
        FileMetaInformation metaInformation,
        TransferSyntax syntax,
        DataSet dataSet
    )
    {
        Preamble = preamble;
        HasPrefix = hasPrefix;
        FileMetaInformation = metaInformation;
        TransferSyntax = syntax;
        DataSet = dataSet;
    }

    /// <summary>128 bytes that mean nothing to DICOM; none in a file that was read without them.</summary>
    public ReadOnlyMemory<byte> Preamble { get; }

    /// <summary>"DICM" stands before group 0002.</summary>
    public bool HasPrefix { get; }

    public FileMetaInformation FileMetaInformation { get; }

    /// <summary>The syntax of the data set.</summary>
    public TransferSyntax TransferSyntax { get; }

    public DataSet DataSet { get; }

    /// <summary>Reads a file that lies in memory; values are slices of it.</summary>
    /// <param name="stopBefore">Reads up to the first top-level attribute with this or a greater tag.</param>
    /// <exception cref="DicomFormatException">It is no DICOM file, or exceeds a limit. Positions count from the start
    /// of the file, in a deflated data set from the start of what is inflated.</exception>
    public static DicomFile Read(ReadOnlyMemory<byte> bytes, ReadLimits? limits = null, DicomTag? stopBefore = null)
    {
        // With all bytes at hand there is an answer or an exception.
        var start = DicomFileStart.TryRead(bytes, isFinal: true)!;
        var dataSet = ReadDataSet(bytes, start, limits, stopBefore);
        return new DicomFile(start.Preamble, start.HasPrefix, start.FileMetaInformation, start.TransferSyntax, dataSet);
    }

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, ReadLimits?, DicomTag?)"/>
    public static DicomFile Read(
        ReadOnlySequence<byte> bytes,
        ReadLimits? limits = null,
        DicomTag? stopBefore = null
    ) => Read(bytes.IsSingleSegment ? bytes.First : bytes.ToArray(), limits, stopBefore);

    /// <summary>Reads a file of at most <see cref="ReadLimits.FileBytesMax"/> into memory.</summary>
    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, ReadLimits?, DicomTag?)"/>
    public static async Task<DicomFile> ReadAsync(
        string path,
        ReadLimits? limits = null,
        DicomTag? stopBefore = null,
        CancellationToken cancellationToken = default
    )
    {
        limits ??= ReadLimits.Default;
        using var handle = File.OpenHandle(path, options: FileOptions.Asynchronous | FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(handle);
        if (length > limits.FileBytesMax)
        {
            throw new DicomFormatException(
                $"The file is longer than {limits.FileBytesMax} bytes",
                limits.FileBytesMax,
                tag: null,
                nameof(ReadLimits.FileBytesMax)
            );
        }

        var bytes = new byte[length];
        var filled = 0;
        while (filled < bytes.Length)
        {
            var count = await RandomAccess.ReadAsync(handle, bytes.AsMemory(filled), filled, cancellationToken);
            if (count == 0)
            {
                break;
            }

            filled += count;
        }

        return Read(bytes.AsMemory(0, filled), limits, stopBefore);
    }

    /// <summary>Writes the file; one that was read and not changed gives the same bytes, deflated ones the same inflated.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        output.Write(Preamble.Span);
        if (HasPrefix)
        {
            output.Write("DICM"u8);
        }

        DataSetWriter.Write(FileMetaInformation.Attributes, TransferSyntax.ExplicitVrLittleEndian, output);
        // Without attributes nothing, though deflated nothing would be two bytes: others write the data set behind it.
        if (DataSet.Count > 0)
        {
            DataSetWriter.Write(DataSet, TransferSyntax, output);
        }
    }

    /// <summary>The file's bytes.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output);
        return output.WrittenMemory;
    }

    /// <summary>What stands before the data set, for one that is streamed behind it: preamble, prefix and group 2.</summary>
    public static ReadOnlyMemory<byte> StartOf(FileMetaInformation metaInformation)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(new byte[128]);
        output.Write("DICM"u8);
        DataSetWriter.Write(metaInformation.Attributes, TransferSyntax.ExplicitVrLittleEndian, output);
        return output.WrittenMemory;
    }

    /// <summary>The syntax, and nothing of the values.</summary>
    public override string ToString() => $"{nameof(DicomFile)} in {TransferSyntax}";

    private static DataSet ReadDataSet(
        ReadOnlyMemory<byte> bytes,
        DicomFileStart start,
        ReadLimits? limits,
        DicomTag? stopBefore
    )
    {
        try
        {
            return DataSetReader.Read(bytes[start.DataSetOffset..], start.TransferSyntax, limits, stopBefore);
        }
        catch (DicomFormatException refused) when (!start.TransferSyntax.IsDeflated)
        {
            var position = start.DataSetOffset + refused.Position;
            throw new DicomFormatException(refused.Problem, position, refused.Tag, refused.Clause, refused);
        }
    }

    private static TransferSyntax SyntaxOf(FileMetaInformation metaInformation) =>
        TransferSyntax.FindOrAssume(
            metaInformation.TransferSyntaxUid
                ?? throw new ArgumentException("It names no transfer syntax.", nameof(metaInformation))
        );
}
