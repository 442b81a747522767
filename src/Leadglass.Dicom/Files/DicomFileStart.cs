using System.Buffers.Binary;

namespace Leadglass.Dicom;

/// <summary>
/// What a file says before its data set (PS3.10 7.1): enough to know how to read on, without reading on. Files without
/// preamble, without group 0002 or without a transfer syntax are read as docs/reading-tolerances.md tells.
/// </summary>
public sealed class DicomFileStart
{
    /// <summary>Group 0002 with its preamble may not be longer: real ones have some hundred bytes.</summary>
    public const int LengthMax = 1 << 20;

    private const int PreambleLength = 128;

    private DicomFileStart(
        ReadOnlyMemory<byte> preamble,
        bool hasPrefix,
        FileMetaInformation metaInformation,
        TransferSyntax syntax,
        int dataSetOffset
    )
    {
        Preamble = preamble;
        HasPrefix = hasPrefix;
        FileMetaInformation = metaInformation;
        TransferSyntax = syntax;
        DataSetOffset = dataSetOffset;
    }

    private static ReadOnlySpan<byte> Prefix => "DICM"u8;

    /// <summary>128 bytes that mean nothing to DICOM; none in a file without them.</summary>
    public ReadOnlyMemory<byte> Preamble { get; }

    /// <summary>"DICM" stood where it should.</summary>
    public bool HasPrefix { get; }

    /// <summary>Group 0002; without attributes when the file has none.</summary>
    public FileMetaInformation FileMetaInformation { get; }

    /// <summary>
    /// The syntax of the data set: the one announced or, when none is, the one that its first bytes show. One that is not
    /// known is taken for an encapsulated one and is not storable.
    /// </summary>
    public TransferSyntax TransferSyntax { get; }

    /// <summary>Where the data set begins in the file.</summary>
    public int DataSetOffset { get; }

    /// <summary>Reads the beginning of a file; null when more of it is needed, <see cref="LengthMax"/> at most.</summary>
    /// <param name="isFinal">The bytes are the whole file.</param>
    /// <exception cref="DicomFormatException">It is no DICOM file, or group 0002 is malformed.</exception>
    public static DicomFileStart? TryRead(ReadOnlyMemory<byte> bytes, bool isFinal)
    {
        isFinal |= bytes.Length >= LengthMax;
        var span = bytes.Span;
        if (span.Length < PreambleLength + Prefix.Length && !isFinal)
        {
            return null;
        }

        var (preambleLength, hasPrefix) = FindPrefix(span);
        var start = preambleLength + (hasPrefix ? Prefix.Length : 0);
        if (!TryReadGroup2(bytes, start, isFinal, out var attributes, out var offset))
        {
            return null;
        }

        var meta = new FileMetaInformation(attributes);
        if (span.Length - offset < 8 && !isFinal)
        {
            return null;
        }

        var syntax = meta.TransferSyntaxUid is { } uid
            ? TransferSyntax.FindOrAssume(uid)
            : Guess(span[offset..], isSure: hasPrefix);
        return new DicomFileStart(bytes[..preambleLength], hasPrefix, meta, syntax ?? throw NoDicom(), offset);
    }

    private static DicomFormatException NoDicom() =>
        new("Neither the prefix DICM nor anything that could begin a data set", 0, tag: null, "PS3.10 7.1");

    private static (int PreambleLength, bool HasPrefix) FindPrefix(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= PreambleLength + Prefix.Length && bytes[PreambleLength..].StartsWith(Prefix))
        {
            return (PreambleLength, true);
        }

        if (bytes.StartsWith(Prefix))
        {
            return (0, true);
        }

        var beginsWithGroup2 = bytes is [0x02, 0x00, _, 0x00, _, _, _, _, ..];
        return beginsWithGroup2 || Guess(bytes, isSure: false) is not null ? (0, false) : throw NoDicom();
    }

    private static bool TryReadGroup2(
        ReadOnlyMemory<byte> bytes,
        int start,
        bool isFinal,
        out DataSet attributes,
        out int end
    )
    {
        // The length of the group is not needed, and in the wild it is wrong: the group ends where another begins.
        var tokenizer = new DataSetTokenizer(
            TransferSyntax.ExplicitVrLittleEndian,
            ReadLimits.Default,
            length: null,
            start
        );
        var builder = new DataSetBuilder(TransferSyntax.ExplicitVrLittleEndian, bytes);
        while (true)
        {
            end = (int)tokenizer.Position;
            var window = bytes.Span[end..];
            var isGroup2 = window.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(window) == 0x0002;
            if (tokenizer.Depth == 0 && !isGroup2 && (window.Length >= 2 || isFinal))
            {
                attributes = builder.Finish(tokenizer);
                return true;
            }

            var token = tokenizer.Read(window, isFinal);
            if (
                token == DataSetToken.NeedMoreData
                || (!isFinal && tokenizer.ValueRemaining > bytes.Length - tokenizer.Position)
            )
            {
                attributes = new DataSet();
                return false;
            }

            builder.Add(token, tokenizer);
        }
    }

    /// <summary>The syntax that the first header of a data set shows; null when it shows none.</summary>
    /// <param name="isSure">It is known to be a data set.</param>
    private static TransferSyntax? Guess(ReadOnlySpan<byte> bytes, bool isSure)
    {
        if (bytes.Length < 8)
        {
            return bytes.IsEmpty ? TransferSyntax.ImplicitVrLittleEndian : null;
        }

        var hasVr = ValueRepresentations.FromCode(bytes.Slice(4, 2)) is { IsKnown: true };
        // Data sets of patients begin in group 0008; commands and directories, in 0000 and 0004, come without a file.
        return bytes switch
        {
            [0x00, 0x08, ..] when hasVr => TransferSyntax.ExplicitVrBigEndian,
            _ when isSure || bytes is [0x08, 0x00, ..] => hasVr
                ? TransferSyntax.ExplicitVrLittleEndian
                : TransferSyntax.ImplicitVrLittleEndian,
            _ => null,
        };
    }
}
