namespace Leadglass.Dicom.Tests.Files;

public sealed class FileStartTests
{
    [Fact]
    public void AFileWithoutAttributesIsItsStartInEverySyntax()
    {
        foreach (var syntax in TransferSyntax.All.Where(syntax => syntax.IsStorable))
        {
            var meta = FileMetaInformation.Create(SopClassUid.Parse("1.2"), SopInstanceUid.Parse("1.3"), syntax);
            var file = new DicomFile(meta, new DataSet()).ToBytes();
            Assert.Equal(file.Length, DicomFileStart.TryRead(file, isFinal: true)!.DataSetOffset);
            Assert.Empty(DicomFile.Read(file).DataSet);
        }
    }
}
