using System.Buffers;
using System.Security.Cryptography;
using CsCheck;

namespace Leadglass.Dicom.Tests.Generated;

public sealed class DataSetProperties
{
    private const long Iterations = 1_000;

    private static readonly TransferSyntax Jpeg = TransferSyntax.Find("1.2.840.10008.1.2.4.50")!;

    private static readonly TransferSyntax[] Native =
    [
        TransferSyntax.ImplicitVrLittleEndian,
        TransferSyntax.ExplicitVrLittleEndian,
        TransferSyntax.ExplicitVrBigEndian,
        TransferSyntax.DeflatedExplicitVrLittleEndian,
    ];

    private static Gen<(DataSet DataSet, TransferSyntax Syntax)> Any { get; } =
        Gen.OneOf(
            Gen.Select(GenDataSet.Native, GenDataSet.OneOf(Native)),
            GenDataSet.Encapsulated.Select(dataSet => (dataSet, Jpeg))
        );

    [Fact]
    public void What_is_written_is_read_and_written_again_the_same() =>
        Any.Sample(
            sample =>
            {
                var bytes = DataSetWriter.ToBytes(sample.DataSet, sample.Syntax);
                var read = DataSetReader.Read(bytes, sample.Syntax);
                Assert.True(bytes.Span.SequenceEqual(DataSetWriter.ToBytes(read, sample.Syntax).Span));
                Assert.Equal(Form(sample.DataSet), Form(read));
                if (sample.Syntax.IsExplicitVr)
                {
                    AssertSame(sample.DataSet, read);
                }
            },
            iter: Iterations
        );

    [Fact]
    public void A_stream_cut_anywhere_gives_the_same_as_the_whole() =>
        Gen.Select(Any, Gen.Int[1, 40].Array[1, 20])
            .Sample(
                (sample, cuts) =>
                {
                    var bytes = DataSetWriter.ToBytes(sample.DataSet, sample.Syntax);
                    using var reader = new InstanceReader(sample.Syntax);
                    var rest = bytes;
                    for (var i = 0; !rest.IsEmpty; i++)
                    {
                        var piece = rest[..Math.Min(cuts[i % cuts.Length], rest.Length)];
                        reader.Feed(piece.Span);
                        rest = rest[piece.Length..];
                    }

                    reader.Complete();
                    var whole = DataSetReader.Read(bytes, sample.Syntax);
                    var before = DataSetReader.Read(bytes, sample.Syntax, stopBefore: DicomTag.PixelData);
                    Assert.Equal(Form(before), Form(reader.Header!));
                    Assert.Equal(
                        (whole.Find(DicomTag.PixelData) as FragmentsElement)?.Fragments.Select(part =>
                            (uint)part.Length
                        ),
                        reader.PixelData?.Fragments.Select(range => range.Length)
                    );
                },
                iter: Iterations
            );

    [Fact]
    public void Conversion_there_and_back_loses_nothing() =>
        Gen.Select(GenDataSet.Native, GenDataSet.OneOf(Native), GenDataSet.OneOf(Native), Gen.Int[1, 300])
            .Sample(
                (dataSet, from, to, pieceLength) =>
                {
                    var original = DataSetWriter.ToBytes(dataSet, from);
                    var there = Convert(original, from, to, pieceLength);
                    var back = DataSetReader.Read(Convert(there, to, from, pieceLength), from);
                    Assert.Equal(Form(dataSet), Form(DataSetReader.Read(there, to)));
                    Assert.Equal(Form(dataSet), Form(back));
                    if (from.IsExplicitVr && to.IsExplicitVr)
                    {
                        AssertSame(dataSet, back);
                    }
                },
                iter: Iterations
            );

    [Fact]
    public void Another_value_gives_another_canonical_form() =>
        Gen.Select(GenDataSet.Native, Gen.Int[0, 1_000_000], Gen.Byte[1, 255])
            .Where(
                (dataSet, _, _) =>
                    dataSet.Any(element => element is ValueElement { IsEmpty: false } && !element.Vr.IsText)
            )
            .Sample(
                (dataSet, choice, flip) =>
                {
                    var before = Form(dataSet);
                    var candidates = dataSet
                        .OfType<ValueElement>()
                        .Where(element => !element.IsEmpty && !element.Vr.IsText)
                        .ToArray();
                    var element = candidates[choice % candidates.Length];
                    var bytes = element.Bytes.ToArray();
                    bytes[choice % bytes.Length] ^= flip;
                    dataSet.Set(new ValueElement(element.Tag, element.Vr, bytes));
                    Assert.NotEqual(before, Form(dataSet));
                },
                iter: Iterations
            );

    private static ReadOnlyMemory<byte> Convert(
        ReadOnlyMemory<byte> bytes,
        TransferSyntax from,
        TransferSyntax to,
        int pieceLength
    )
    {
        var output = new ArrayBufferWriter<byte>();
        using var converter = new TransferSyntaxConverter(from, to, output);
        for (var rest = bytes; !rest.IsEmpty; )
        {
            var piece = rest[..Math.Min(pieceLength, rest.Length)];
            converter.Feed(piece);
            rest = rest[piece.Length..];
        }

        converter.Complete();
        return output.WrittenMemory;
    }

    private static string Form(DataSet dataSet)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        CanonicalForm.Append(digest, dataSet);
        return System.Convert.ToHexString(digest.GetHashAndReset());
    }

    private static void AssertSame(DataSet expected, DataSet actual)
    {
        Assert.Equal(
            expected.Select(element => (element.Tag, element.Vr)),
            actual.Select(element => (element.Tag, element.Vr))
        );
        foreach (var (left, right) in expected.Zip(actual))
        {
            switch (left, right)
            {
                case (ValueElement one, ValueElement other):
                    Assert.True(one.LittleEndianBytes.Span.SequenceEqual(other.LittleEndianBytes.Span));
                    break;
                case (SequenceElement one, SequenceElement other):
                    Assert.Equal(one.Items.Count, other.Items.Count);
                    foreach (var (item, otherItem) in one.Items.Zip(other.Items))
                    {
                        AssertSame(item, otherItem);
                    }

                    break;
                default:
                    Assert.IsType<FragmentsElement>(left);
                    Assert.IsType<FragmentsElement>(right);
                    break;
            }
        }
    }
}
