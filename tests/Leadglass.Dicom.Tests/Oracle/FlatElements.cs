using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Dicom.Tests.Oracle;

/// <summary>A data set as a flat list that compares with an oracle's.</summary>
internal static class FlatElements
{
    public static List<PydicomOracle.Element> Of(DicomFile file)
    {
        var elements = new List<PydicomOracle.Element>();
        Add(file.FileMetaInformation.Attributes, "", elements);
        Add(file.DataSet, "", elements);
        return elements;
    }

    private static void Add(DataSet dataSet, string prefix, List<PydicomOracle.Element> elements)
    {
        foreach (var element in dataSet)
        {
            var path = $"{prefix}{element.Tag.Value:X8}";
            switch (element)
            {
                case SequenceElement sequence:
                    elements.Add(new(path, "SQ", sequence.Items.Count, Hash: null));
                    for (var i = 0; i < sequence.Items.Count; i++)
                    {
                        Add(sequence.Items[i], $"{path}[{i}].", elements);
                    }

                    break;
                case FragmentsElement fragments:
                    elements.Add(OfBytes(path, element.Vr, Encoded(fragments)));
                    break;
                case ValueElement value:
                    elements.Add(OfBytes(path, element.Vr, value.Bytes.Span));
                    break;
                default:
                    break;
            }
        }
    }

#pragma warning disable CA5350 // A fingerprint to compare by, not a defence.
    private static PydicomOracle.Element OfBytes(string path, ValueRepresentation vr, ReadOnlySpan<byte> bytes) =>
        new(path, vr.Code, bytes.Length, Convert.ToHexStringLower(SHA1.HashData(bytes)));
#pragma warning restore CA5350

    private static byte[] Encoded(FragmentsElement element)
    {
        using var bytes = new MemoryStream();
        Span<byte> header = stackalloc byte[8];
        ReadOnlyMemory<byte>[] items =
            element.EncodedItems.Count == 0 ? [] : [element.BasicOffsetTable, .. element.Fragments];
        foreach (var item in items)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0xE000FFFE);
            BinaryPrimitives.WriteInt32LittleEndian(header[4..], item.Length);
            bytes.Write(header);
            bytes.Write(item.Span);
        }

        return bytes.ToArray();
    }
}
