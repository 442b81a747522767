namespace Leadglass.Dicom.Tests.Data;

public sealed class IdentifierTests
{
    [Theory]
    [InlineData("1.2.840.10008.1.1", true)]
    [InlineData("1.2.3\0", true)]
    [InlineData("1.2.3 ", true)]
    [InlineData("1.02.3", true)]
    [InlineData("", false)]
    [InlineData("1..2", false)]
    [InlineData(".1", false)]
    [InlineData("1.", false)]
    [InlineData("1.2.x", false)]
    [InlineData("1.2/../3", false)]
    [InlineData("1234567890.1234567890.1234567890.1234567890.1234567890.1234567890", false)]
    public void Uids(string text, bool isValid)
    {
        Assert.Equal(isValid, SopInstanceUid.TryParse(text, out var uid));
        Assert.Equal(isValid, StudyInstanceUid.TryParse(text, out _));
        Assert.Equal(isValid ? text.Trim('\0', ' ') : "", uid.Value);
    }

    [Theory]
    [InlineData("LEADGLASS", true)]
    [InlineData(" CT 1 ", true)]
    [InlineData("1234567890123456", true)]
    [InlineData("12345678901234567", false)]
    [InlineData("    ", false)]
    [InlineData("A\\B", false)]
    [InlineData("A\nB", false)]
    [InlineData("Ä", false)]
    public void Ae_titles(string text, bool isValid)
    {
        Assert.Equal(isValid, AeTitle.TryParse(text, out var title));
        Assert.Equal(isValid ? text.Trim() : "", title.Value);
    }

    [Theory]
    [InlineData("(0010,0020)", true)]
    [InlineData("00100020", true)]
    [InlineData("PatientID", true)]
    [InlineData("patientid", false)]
    [InlineData("(0010,002)", false)]
    [InlineData("0010002g", false)]
    [InlineData("", false)]
    public void Tags(string text, bool isValid)
    {
        Assert.Equal(isValid, DicomTag.TryParse(text, out var tag));
        Assert.Equal(isValid ? DicomTag.PatientID : default, tag);
    }

    [Fact]
    public void Every_transfer_syntax_of_the_registry_is_known()
    {
        var missing = UidRegistry
            .All()
            .Where(entry => entry.Kind == UidKind.TransferSyntax && TransferSyntax.Find(entry.Uid) is null)
            .Select(entry => entry.Uid);
        Assert.Equal([], missing);
    }
}
