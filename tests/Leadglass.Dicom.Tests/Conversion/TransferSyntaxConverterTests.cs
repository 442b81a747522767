using System.Buffers;
using System.Security.Cryptography;
using Leadglass.Dicom.Tests.Files;
using Leadglass.Testing;

namespace Leadglass.Dicom.Tests.Conversion;

public sealed class TransferSyntaxConverterTests
{
    private static readonly TransferSyntax[] Convertible =
    [
        TransferSyntax.ImplicitVrLittleEndian,
        TransferSyntax.ExplicitVrLittleEndian,
        TransferSyntax.ExplicitVrBigEndian,
        TransferSyntax.DeflatedExplicitVrLittleEndian,
    ];

    [Fact]
    public void Real_files_say_the_same_in_every_syntax_and_back()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var converted = 0;
        foreach (var (name, file) in RealFileTests.ReadableFiles())
        {
            if (!file.TransferSyntax.IsConvertible || file.DataSet.IsReadAsImplicit is not null)
            {
                continue;
            }

            converted++;
            var original = DataSetWriter.ToBytes(file.DataSet, file.TransferSyntax);
            var form = Form(file.DataSet);
            foreach (var syntax in Convertible)
            {
                var there = Convert(original, file.TransferSyntax, syntax, pieceLength: 4099);
                Assert.True(Form(DataSetReader.Read(there, syntax)) == form, $"{name} in {syntax}");
                var back = Convert(there, syntax, file.TransferSyntax, pieceLength: int.MaxValue);
                Assert.True(Form(DataSetReader.Read(back, file.TransferSyntax)) == form, $"{name} back from {syntax}");
            }
        }

        Assert.InRange(converted, 300, int.MaxValue);
    }

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
        if (dataSet.Find(DicomTag.PixelData) is ValueElement pixels)
        {
            digest.AppendData(pixels.LittleEndianBytes.Span);
        }

        return System.Convert.ToHexString(digest.GetHashAndReset());
    }
}
