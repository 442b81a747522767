using System.Buffers.Binary;

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
        var bytes = element.Bytes.Span;
        if (!bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF, 0x00, 0xE0]))
        {
            return null;
        }

        // The value between a header of undefined length and a delimiter is a data set of one sequence.
        var wrapped = new byte[bytes.Length + 16];
        BinaryPrimitives.WriteUInt16LittleEndian(wrapped, 0x0009);
        BinaryPrimitives.WriteUInt16LittleEndian(wrapped.AsSpan(2), 0x1000);
        BinaryPrimitives.WriteUInt32LittleEndian(wrapped.AsSpan(4), 0xFFFFFFFF);
        bytes.CopyTo(wrapped.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(wrapped.AsSpan(wrapped.Length - 8), 0xE0DDFFFE);
        try
        {
            var dataSet = DataSetReader.Read(wrapped.AsMemory(), TransferSyntax.ImplicitVrLittleEndian);
            return dataSet.Count == 1 ? dataSet.GetItems(new DicomTag(0x0009, 0x1000)) : null;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }
}
