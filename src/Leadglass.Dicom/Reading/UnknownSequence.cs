namespace Leadglass.Dicom;

/// <summary>Sequences that hide in a value of VR UN (PS3.5 6.2.2).</summary>
internal static class UnknownSequence
{
    /// <summary>
    /// The items of a sequence that some converter wrote as UN with a defined length; null when it is none. The rule is
    /// that of PS3.5 6.2.2: implicit VR little endian.
    /// </summary>
    public static IReadOnlyList<DataSet>? TryReadItems(ValueElement element)
    {
        if (!element.Bytes.Span.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF, 0x00, 0xE0]))
        {
            return null;
        }

        try
        {
            return ReadItems(element);
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static IReadOnlyList<DataSet> ReadItems(ValueElement element)
    {
        var syntax = TransferSyntax.ImplicitVrLittleEndian;
        var tokenizer = new DataSetTokenizer(syntax, ReadLimits.Default, element.Bytes.Length);
        var builder = new DataSetBuilder(syntax, element.Bytes);
        tokenizer.OpenSequence(element.Tag, element.Bytes.Length);
        var token = DataSetToken.SequenceStart;
        while (token != DataSetToken.End)
        {
            builder.Add(token, tokenizer);
            token = tokenizer.Read(element.Bytes.Span[(int)tokenizer.Position..], isFinal: true);
        }

        return builder.Finish(tokenizer).GetItems(element.Tag);
    }
}
