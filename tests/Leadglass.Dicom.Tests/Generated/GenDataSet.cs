using CsCheck;

namespace Leadglass.Dicom.Tests.Generated;

/// <summary>
/// Makes data sets of every VR, of public and private attributes, with sequences in sequences of either length encoding,
/// and now and then encapsulated pixel data.
/// </summary>
internal static class GenDataSet
{
    private const int NestingMax = 3;

    private static readonly ValueRepresentation[] Vrs =
    [
        .. Enum.GetValues<ValueRepresentation>().Where(vr => vr.IsKnown && vr != ValueRepresentation.SQ),
    ];

    private static readonly DictionaryEntry[] Public =
    [
        .. DicomDictionary
            .All()
            .Where(entry => entry.Tag is { Group: >= 0x0008 and < 0x7FE0, IsGroupLength: false } && entry.Vr.IsKnown)
            .Where(entry => entry.Tag != DicomTag.SpectroscopyData)
            // What these say governs how the rest is read.
            .Where(entry => entry.Tag != DicomTag.SpecificCharacterSet && entry.Tag != DicomTag.PixelRepresentation),
    ];

    /// <summary>Data sets with native pixel data or none.</summary>
    public static Gen<DataSet> Native { get; } = Level(NestingMax);

    /// <summary>Data sets with encapsulated pixel data.</summary>
    public static Gen<DataSet> Encapsulated { get; } =
        Gen.Select(
            Native,
            Bytes(4),
            Bytes(2).Array[0, 4],
            (dataSet, table, fragments) =>
            {
                dataSet.Set(
                    new FragmentsElement(
                        DicomTag.PixelData,
                        table,
                        [.. fragments.Select(fragment => new ReadOnlyMemory<byte>(fragment))]
                    )
                );
                return dataSet;
            }
        );

    /// <summary>One of several given ones.</summary>
    public static Gen<T> OneOf<T>(IReadOnlyList<T> choices) =>
        Gen.Int[0, choices.Count - 1].Select(index => choices[index]);

    /// <summary>Bytes of a VR, little endian and padded.</summary>
    public static Gen<byte[]> Value(ValueRepresentation vr) =>
        vr.IsText
            ? Gen.Char[' ', '~'].Where(character => character != '\\').Array[0, 20].Select(text => Padded(vr, text))
            : Bytes(Math.Max(2, vr == ValueRepresentation.AT ? 4 : vr.WordSize));

    private static Gen<byte[]> Bytes(int multiple) =>
        Gen.Int[0, 6].SelectMany(count => Gen.Byte.Array[count * multiple]);

    private static byte[] Padded(ValueRepresentation vr, char[] text)
    {
        // Spaces at the end are padding, which the canonical form does not count: none are made here but the last.
        var trimmed = new string(text).TrimEnd();
        var bytes = trimmed.Select(character => (byte)character);
        return trimmed.Length % 2 == 0 ? [.. bytes] : [.. bytes, vr.PaddingByte];
    }

    private static Gen<DataSet> Level(int nesting) =>
        Gen.Select(PublicElement(nesting).Array[0, 8], PrivateBlock(nesting).Array[0, 2], Gen.Bool)
            .Select(
                (publicElements, blocks, isUndefined) =>
                {
                    var dataSet = new DataSet { HasUndefinedLength = isUndefined };
                    foreach (var element in publicElements.Concat(blocks.SelectMany(block => block)))
                    {
                        dataSet.Set(element);
                    }

                    return dataSet;
                }
            );

    private static Gen<DataElement> PublicElement(int nesting) =>
        OneOf(Public)
            .SelectMany(entry =>
                entry.Vr == ValueRepresentation.SQ
                    ? Sequence(entry.Tag, nesting)
                    : Value(entry.Vr).Select(bytes => (DataElement)new ValueElement(entry.Tag, entry.Vr, bytes))
            );

    private static Gen<DataElement[]> PrivateBlock(int nesting) =>
        Gen.Select(Gen.UShort[0x0009, 0x4FFF], Gen.Byte[0x10, 0x12])
            .Select((group, block) => ((ushort)(group | 1), block))
            .SelectMany(
                (group, block) =>
                    Gen.Select(
                        Gen.Const<DataElement>(
                            new ValueElement(
                                new DicomTag(group, block),
                                ValueRepresentation.LO,
                                "LEADGLASS TEST"u8.ToArray()
                            )
                        ),
                        PrivateElement(group, block, nesting).Array[0, 4],
                        (creator, elements) => (DataElement[])[creator, .. elements]
                    )
            );

    private static Gen<DataElement> PrivateElement(ushort group, byte block, int nesting) =>
        Gen.Select(Gen.Byte, OneOf(Vrs), Gen.Int[0, 9])
            .SelectMany(
                (number, vr, dice) =>
                {
                    var tag = new DicomTag(group, (ushort)((block << 8) | number));
                    return dice == 0
                        ? Sequence(tag, nesting)
                        : Value(vr).Select(bytes => (DataElement)new ValueElement(tag, vr, bytes));
                }
            );

    private static Gen<DataElement> Sequence(DicomTag tag, int nesting)
    {
        var items = nesting == 0 ? Gen.Const(Array.Empty<DataSet>()) : Level(nesting - 1).Array[0, 2];
        return Gen.Select(
            items,
            Gen.Bool,
            (dataSets, isUndefined) =>
                (DataElement)
                    new SequenceElement(
                        tag,
                        ValueRepresentation.SQ,
                        dataSets,
                        isUndefined ? WireForm.UndefinedLength : WireForm.None
                    )
        );
    }
}
