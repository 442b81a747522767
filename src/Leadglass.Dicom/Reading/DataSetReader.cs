using System.Buffers;

namespace Leadglass.Dicom;

/// <summary>Reads data sets that lie in memory (PS3.5 7).</summary>
public static class DataSetReader
{
    /// <summary>
    /// Reads a whole data set, or what stands before an attribute. Values are slices of the input, which must therefore
    /// stay as it is; input in several pieces and deflated input are copied once, the latter within
    /// <see cref="ReadLimits.HeldBytesMax"/>.
    /// </summary>
    /// <param name="stopBefore">Reads up to the first top-level attribute with this or a greater tag.</param>
    /// <exception cref="DicomFormatException">The bytes are no data set, or a limit is exceeded.</exception>
    public static DataSet Read(
        ReadOnlySequence<byte> bytes,
        TransferSyntax syntax,
        ReadLimits? limits = null,
        DicomTag? stopBefore = null
    ) => Read(bytes.IsSingleSegment ? bytes.First : bytes.ToArray(), syntax, limits, stopBefore);

    /// <inheritdoc cref="Read(ReadOnlySequence{byte}, TransferSyntax, ReadLimits?, DicomTag?)"/>
    public static DataSet Read(
        ReadOnlyMemory<byte> bytes,
        TransferSyntax syntax,
        ReadLimits? limits = null,
        DicomTag? stopBefore = null
    )
    {
        limits ??= ReadLimits.Default;
        if (!syntax.IsDeflated)
        {
            return ReadPlain(bytes, syntax, limits, stopBefore, isComplete: true);
        }

        var inflated = Inflater.Inflate(bytes, limits, stopBefore, out var isComplete);
        return ReadPlain(inflated, syntax, limits, stopBefore, isComplete);
    }

    /// <summary>Reads a data set, or a part of its top level, that is not deflated.</summary>
    /// <param name="isComplete">Nothing comes after the bytes; else the attribute to stop before ends them.</param>
    /// <param name="isImplicit">Whether VRs are there, where it is known already.</param>
    internal static DataSet ReadPlain(
        ReadOnlyMemory<byte> bytes,
        TransferSyntax syntax,
        ReadLimits limits,
        DicomTag? stopBefore,
        bool isComplete,
        bool? isImplicit = null
    )
    {
        var tokenizer = new DataSetTokenizer(syntax, limits, isComplete ? bytes.Length : null);
        if (isImplicit is { } settled)
        {
            tokenizer.SettleForm(settled);
        }

        var builder = new DataSetBuilder(syntax, bytes);
        while (true)
        {
            var at = (int)tokenizer.Position;
            if (stopBefore is { } stop && tokenizer.Depth == 0 && tokenizer.PeekTag(bytes.Span[at..]) >= stop)
            {
                return builder.Finish(tokenizer);
            }

            var token = tokenizer.Read(bytes.Span[at..], isFinal: true);
            if (token == DataSetToken.End)
            {
                return builder.Finish(tokenizer);
            }

            builder.Add(token, tokenizer);
        }
    }
}
