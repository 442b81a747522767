namespace Leadglass.Dicom.Tests.Dictionary;

public sealed class DicomDictionaryTests
{
    [Theory]
    [InlineData(0x00100010, "PatientName", "Patient's Name", "PN", "1")]
    [InlineData(0x00080018, "SOPInstanceUID", "SOP Instance UID", "UI", "1")]
    [InlineData(0x00020010, "TransferSyntaxUID", "Transfer Syntax UID", "UI", "1")]
    [InlineData(0x00000100, "CommandField", "Command Field", "US", "1")]
    [InlineData(0x00280106, "SmallestImagePixelValue", "Smallest Image Pixel Value", "xs", "1")]
    [InlineData(0x7FE00010, "PixelData", "Pixel Data", "px", "1")]
    [InlineData(0x00041200, "OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity", null, "UL", "1")]
    [InlineData(0xFFFEE000, "Item", "Item", "", "1")]
    [InlineData(0x60123000, "OverlayData", "Overlay Data", "ox", "1")]
    [InlineData(0x60FE0010, "OverlayRows", "Overlay Rows", "US", "1")]
    [InlineData(0x50020005, "CurveDimensions", "Curve Dimensions", "US", "1")]
    [InlineData(0x00203142, "SourceImageIDs", "Source Image IDs", "CS", "1-n")]
    [InlineData(0x00280452, "CoefficientCoding", "Coefficient Coding", "LO", "1-n")]
    [InlineData(0x00080008, "ImageType", "Image Type", "CS", "2-n")]
    [InlineData(0x00090010, "PrivateCreator", "Private Creator", "LO", "1")]
    [InlineData(0x00100000, "GenericGroupLength", "Generic Group Length", "UL", "1")]
    public void Attributes_are_found_by_tag(uint tag, string keyword, string? name, string vr, string vm)
    {
        var entry = DicomDictionary.Find(new DicomTag(tag))!.Value;
        Assert.Equal((keyword, vr, vm), (entry.Keyword, entry.Vr.Code, entry.Vm.ToString()));
        Assert.Equal(name ?? entry.Name, entry.Name);
    }

    [Theory]
    [InlineData(0x00091001)] // private: only its creator knows
    [InlineData(0x60133000)] // odd: private, not a repeating group
    [InlineData(0x00100F11)]
    [InlineData(0x00142002)] // DICONDE, not DICOM
    public void What_DICOM_does_not_define_is_not_found(uint tag) =>
        Assert.Null(DicomDictionary.Find(new DicomTag(tag)));

    [Fact]
    public void Every_keyword_leads_back_to_its_tag()
    {
        var all = DicomDictionary.All().ToList();
        Assert.Equal(DicomDictionary.Count, all.Count);
        Assert.All(all, entry => Assert.Equal(entry.Tag, DicomDictionary.FindByKeyword(entry.Keyword)!.Value.Tag));
        Assert.Equal(DicomTag.PatientName, DicomDictionary.FindByKeyword("PatientName")!.Value.Tag);
        Assert.Null(DicomDictionary.FindByKeyword("patientname"));
        Assert.Null(DicomDictionary.FindByKeyword(""));
    }

    [Fact]
    public void Every_entry_has_a_known_VR_and_a_name() =>
        Assert.All(
            DicomDictionary.All(),
            entry =>
            {
                Assert.NotEmpty(entry.Name);
                Assert.True(
                    entry.Vr.IsKnown
                        || entry.Vr
                            is ValueRepresentation.UsOrSs
                                or ValueRepresentation.UsOrOw
                                or ValueRepresentation.ObOrOw
                                or ValueRepresentation.PixelData
                        || (entry.Vr == ValueRepresentation.None && entry.Tag.Group == 0xFFFE),
                    entry.ToString()
                );
            }
        );

    [Theory]
    [InlineData("ImageOrientationPatient", 6, true)]
    [InlineData("ImageOrientationPatient", 5, false)]
    [InlineData("ImageOrientationPatient", 0, true)]
    [InlineData("PatientName", 2, false)]
    [InlineData("OtherPatientNames", 90, true)]
    [InlineData("ContourData", 9, true)]
    [InlineData("ContourData", 10, false)]
    public void Multiplicity_says_how_many_values_are_allowed(string keyword, int count, bool allowed) =>
        Assert.Equal(allowed, DicomDictionary.FindByKeyword(keyword)!.Value.Vm.Allows(count));

    [Fact]
    public void Retired_attributes_are_marked()
    {
        Assert.True(DicomDictionary.Find(DicomTag.OtherPatientIDs)!.Value.IsRetired);
        Assert.False(DicomDictionary.Find(DicomTag.PatientID)!.Value.IsRetired);
        Assert.True(DicomDictionary.Find(new DicomTag(0x5000, 0x3000))!.Value.IsRetired);
    }
}
