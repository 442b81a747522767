using System.Buffers;
using System.Security.Cryptography;
using Leadglass.Dicom.Tests.Files;
using Leadglass.Dicom.Tests.Oracle;
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

    [Fact]
    public async Task What_is_converted_is_read_by_pydicom_as_by_us()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var folder = Directory.CreateTempSubdirectory("leadglass-convert-");
        try
        {
            Dictionary<string, List<PydicomOracle.Element>> ours = [];
            foreach (var (name, file) in RealFileTests.ReadableFiles().Where(entry => IsSmallAndConvertible(entry)))
            {
                var original = DataSetWriter.ToBytes(file.DataSet, file.TransferSyntax);
                foreach (var syntax in Convertible)
                {
                    var path = Path.Combine(folder.FullName, $"{ours.Count}-{Path.GetFileName(name)}-{syntax.Uid}");
                    var converted = AsFile(Convert(original, file.TransferSyntax, syntax, int.MaxValue), syntax);
                    await File.WriteAllBytesAsync(path, converted);
                    ours.Add(path, FlatElements.Of(DicomFile.Read(converted)));
                }
            }

            var oracle = await PydicomOracle.ReadAsync(ours.Keys);
            Assert.SkipWhen(oracle is null, "no /usr/bin/python3 with pydicom");
            var differences = ours.SelectMany(entry =>
                RealFileTests.Compare(entry.Key, entry.Value, oracle[entry.Key] ?? [])
            );
            var report = string.Join("\n", differences);
            Assert.True(report.Length == 0, report);
            Assert.InRange(ours.Count, 800, int.MaxValue);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool IsSmallAndConvertible((string Name, DicomFile File) entry) =>
        entry.File is { TransferSyntax.IsConvertible: true, DataSet.IsReadAsImplicit: null }
        && !entry.File.DataSet.HadTagsOutOfOrder
        && new FileInfo(Path.Combine(SharedData.Root!, entry.Name)).Length < 50_000;

    private static byte[] AsFile(ReadOnlyMemory<byte> dataSet, TransferSyntax syntax)
    {
        var meta = FileMetaInformation.Create(SopClassUid.Parse("1.2.3"), SopInstanceUid.Parse("2.25.1"), syntax);
        return
        [
            .. new byte[128],
            .. "DICM"u8,
            .. DataSetWriter.ToBytes(meta.Attributes, Convertible[1]).Span,
            .. dataSet.Span,
        ];
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
