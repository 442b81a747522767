using System.Buffers;
using CsCheck;
using Leadglass.Dicom.Tests.Generated;

namespace Leadglass.Dicom.Tests.Text;

public sealed class CharacterSetProperties
{
    private static readonly TransferSyntax[] Syntaxes =
    [
        TransferSyntax.ImplicitVrLittleEndian,
        TransferSyntax.ExplicitVrLittleEndian,
        TransferSyntax.ExplicitVrBigEndian,
        TransferSyntax.DeflatedExplicitVrLittleEndian,
    ];

    [Fact]
    public void What_a_set_writes_it_reads_again() =>
        GenText.SetAndPieces.Sample(
            (set, pieces) =>
            {
                AssertBack(set, string.Join('^', pieces), ValueRepresentation.PN);
                AssertBack(set, string.Join('=', pieces), ValueRepresentation.PN);
                AssertBack(set, string.Join("\r\n", pieces), ValueRepresentation.LT);
                var values = set.Encode(string.Join('\\', pieces), ValueRepresentation.LO);
                Assert.Equal(pieces, set.DecodeValues(values, ValueRepresentation.LO));
            },
            seed: "0N0XIzNsQ0O2",
            iter: 20_000
        );

    [Fact]
    public void Every_value_component_and_line_begins_with_the_first_sets() =>
        GenText.SetAndPieces.Sample(
            (set, pieces) =>
            {
                // Each piece by itself has the bytes that it has among others: nothing leaks over a delimiter.
                var together = set.Encode(string.Join('^', pieces), ValueRepresentation.PN);
                var alone = pieces.SelectMany(
                    (piece, index) =>
                        (byte[])[.. index == 0 ? [] : "^"u8.ToArray(), .. set.Encode(piece, ValueRepresentation.PN)]
                );
                Assert.Equal(alone.ToArray(), together);
            },
            seed: "0N0XIzNsQ0O2",
            iter: 5_000
        );

    [Fact]
    public void No_bytes_make_reading_throw() =>
        Gen.Select(GenText.SetAndPieces, Gen.Byte.Array[0, 40], Gen.Int[0, 3])
            .Sample(
                (pair, noise, kind) =>
                {
                    var vr = (ValueRepresentation[])
                        [
                            ValueRepresentation.PN,
                            ValueRepresentation.LO,
                            ValueRepresentation.UT,
                            ValueRepresentation.SH,
                        ];
                    var bytes = (byte[])
                        [.. pair.Set.Encode(pair.Pieces[0], ValueRepresentation.LT), 0x1B, (byte)'$', .. noise];
                    return pair.Set.Decode(bytes, vr[kind]).Length <= bytes.Length
                        && pair.Set.DecodeValues(bytes, vr[kind]).Length <= bytes.AsSpan().Count((byte)'\\') + 1;
                },
                seed: "0N0XIzNsQ0O2",
                iter: 50_000
            );

    [Fact]
    public void Texts_survive_every_transfer_syntax_and_JSON() =>
        Gen.Select(GenText.DataSets, GenDataSet.OneOf(Syntaxes))
            .Sample(
                (dataSet, syntax) =>
                {
                    var output = new ArrayBufferWriter<byte>();
                    DataSetWriter.Write(dataSet, syntax, output);
                    var read = DataSetReader.Read(output.WrittenMemory, syntax);
                    AssertSameTexts(dataSet, read);
                    AssertSameTexts(dataSet, DicomJson.Read(DicomJson.Write(read)));
                },
                seed: "0N0XIzNsQ0O2",
                iter: 3_000
            );

    private static void AssertBack(SpecificCharacterSet set, string text, ValueRepresentation vr) =>
        Assert.Equal(text, set.Decode(set.Encode(text, vr), vr));

    private static void AssertSameTexts(DataSet before, DataSet after)
    {
        foreach (var tag in (DicomTag[])[DicomTag.PatientName, DicomTag.OtherPatientIDs, DicomTag.PatientComments])
        {
            Assert.Equal(Values(before, tag), Values(after, tag));
        }

        foreach (
            var (one, other) in before
                .GetItems(DicomTag.ReferencedStudySequence)
                .Zip(after.GetItems(DicomTag.ReferencedStudySequence))
        )
        {
            AssertSameTexts(one, other);
        }
    }

    // An empty value and none are the same in JSON; so are names with nothing but delimiters at their end.
    private static string Values(DataSet dataSet, DicomTag tag) =>
        string.Join('\\', dataSet.GetStrings(tag)).TrimEnd('=');
}
