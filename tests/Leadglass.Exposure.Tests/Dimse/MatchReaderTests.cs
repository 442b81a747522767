using System.Text;
using CsCheck;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>The readers of raw bytes: what they take is what the archive's own codec wrote, and nothing makes them fail.</summary>
public sealed class MatchReaderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ElementsAroundSequencesAreFoundAndThoseWithinAreNot(bool isExplicit)
    {
        var inner = new DataSet();
        inner.SetString(DicomTag.StudyInstanceUID, "9.9.9");
        inner.SetItems(DicomTag.ReferencedSeriesSequence, new DataSet());
        var match = new DataSet();
        match.SetString(DicomTag.StudyDate, "20200131");
        match.SetItems(DicomTag.ReferencedStudySequence, inner, new DataSet());
        match.SetString(DicomTag.StudyInstanceUID, "1.2.3");
        var syntax = isExplicit ? TransferSyntax.ExplicitVrLittleEndian : TransferSyntax.ImplicitVrLittleEndian;
        Assert.Equal(
            [(NullKeys.StudyDate, "20200131"), (0x0008_1110u, ""), (NullKeys.StudyInstanceUid, "1.2.3\0")],
            Elements(DataSetWriter.ToBytes(match, syntax).ToArray(), isExplicit)
        );
    }

    [Fact]
    public void SequencesOfUndefinedLengthAreSteppedOver()
    {
        var sequence = Bytes(
            "0800 1011 FFFFFFFF  FEFF 00E0 FFFFFFFF  2000 0D00 04000000 392E3900  FEFF 0DE0 00000000  FEFF DDE0 00000000"
        );
        var after = Bytes("2000 0D00 04000000 312E3200");
        Assert.Equal(
            [(0x0008_1110u, ""), (NullKeys.StudyInstanceUid, "1.2\0")],
            Elements([.. sequence, .. after], isExplicit: false)
        );
    }

    [Fact]
    public void NestingWithoutEndIsRefused()
    {
        var level = Bytes("0800 1011 FFFFFFFF  FEFF 00E0 FFFFFFFF");
        var reader = new MatchReader([.. Enumerable.Repeat(level, 1_000).SelectMany(bytes => bytes)], false);
        while (reader.Read()) { }

        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void NothingMakesTheReadersThrow() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Bool)
            .Sample(
                (bytes, isExplicit) =>
                {
                    using var tally = new StudyTally();
                    tally.Begin(new(new(2000, 1, 1), new(2001, 1, 1)), 10);
                    tally.Take(bytes, isExplicit);
                    new FilledFields().Take(bytes, isExplicit);
                    CommandHead.TryRead(bytes, out _);
                    AssociationAnswer.Classify(bytes);
                },
                iter: 20_000
            );

    [Theory]
    [InlineData("Made^Up", true)]
    [InlineData("   ", false)]
    [InlineData("^^^^", false)]
    [InlineData("=^=", false)]
    [InlineData("", false)]
    public void AFieldIsFilledWhenItHoldsMoreThanPaddingAndDelimiters(string name, bool isFilled)
    {
        var match = new DataSet();
        match.SetText(DicomTag.PatientName, ValueRepresentation.PN, name);
        var fields = new FilledFields();
        Assert.False(fields.Take(DataSetWriter.ToBytes(match, TransferSyntax.ImplicitVrLittleEndian).Span, false));
        Assert.Equal(isFilled, fields.Filled.Contains("PatientName"));
    }

    [Fact]
    public void OfACommandOnlyNumbersAreRead()
    {
        var comment = Encoding.ASCII.GetBytes("Made^Up is here ");
        byte[] command =
        [
            .. Bytes(
                "0000 0001 02000000 2080  0000 2001 02000000 0700  0000 0008 02000000 0101  0000 0009 02000000 00C0"
            ),
            .. Bytes("0000 0209"),
            (byte)comment.Length,
            0,
            0,
            0,
            .. comment,
        ];
        Assert.True(CommandHead.TryRead(command, out var head));
        Assert.Equal(new CommandHead(CommandField.CFindResponse, 7, false, 0xC000), head);
    }

    private static List<(uint Tag, string Value)> Elements(byte[] bytes, bool isExplicit)
    {
        var found = new List<(uint, string)>();
        var reader = new MatchReader(bytes, isExplicit);
        while (reader.Read())
        {
            // A sequence of a known length is a value like any other; its bytes are nobody's business.
            var isText = reader.Tag >> 16 != 0x0008 || reader.Tag == NullKeys.StudyDate;
            found.Add((reader.Tag, isText ? Encoding.ASCII.GetString(reader.Value) : ""));
        }

        Assert.False(reader.IsMalformed);
        return found;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
