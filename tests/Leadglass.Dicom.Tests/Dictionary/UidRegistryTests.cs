namespace Leadglass.Dicom.Tests.Dictionary;

public sealed class UidRegistryTests
{
    [Fact]
    public void Registered_uids_are_found_and_others_are_not()
    {
        var ct = UidRegistry.Find(SopClasses.CTImageStorage)!;
        Assert.Equal(
            new UidEntry(
                "1.2.840.10008.5.1.4.1.1.2",
                "CT Image Storage",
                "CTImageStorage",
                UidKind.SopClass,
                false,
                StorageScope.PatientStudy
            ),
            ct
        );
        Assert.Equal(UidKind.TransferSyntax, UidRegistry.Find(TransferSyntaxUids.RLELossless)!.Kind);
        Assert.Equal("1.2.840.10008.3.1.1.1", WellKnownUids.DICOMApplicationContext);
        Assert.Null(UidRegistry.Find("1.2.840.10008.5.1.4.1.1.2\0"));
        Assert.Null(UidRegistry.Find("1.2.3"));
        Assert.Null(UidRegistry.Find(""));
    }

    [Fact]
    public void Every_registered_uid_is_found_again() =>
        Assert.All(UidRegistry.All(), entry => Assert.Equal(entry, UidRegistry.Find(entry.Uid)));

    [Theory]
    [InlineData(SopClasses.CTImageStorage, StorageScope.PatientStudy)]
    [InlineData(SopClasses.RTBeamsDeliveryInstructionStorage, StorageScope.PatientStudy)]
    [InlineData(SopClasses.CTPerformedProcedureProtocolStorage, StorageScope.PatientStudy)]
    [InlineData("1.2.840.10008.5.1.4.1.1.9.100.1", StorageScope.PatientStudy)]
    [InlineData(SopClasses.NuclearMedicineImageStorageRetired, StorageScope.PatientStudy)]
    [InlineData(SopClasses.HangingProtocolStorage, StorageScope.NonPatient)]
    [InlineData(SopClasses.ColorPaletteStorage, StorageScope.NonPatient)]
    [InlineData(SopClasses.GenericImplantTemplateStorage, StorageScope.NonPatient)]
    [InlineData(SopClasses.ImplantTemplateGroupStorage, StorageScope.NonPatient)]
    [InlineData(SopClasses.CTDefinedProcedureProtocolStorage, StorageScope.NonPatient)]
    [InlineData(SopClasses.InventoryStorage, StorageScope.NonPatient)]
    [InlineData(SopClasses.MediaStorageDirectoryStorage, StorageScope.NonPatient)]
    [InlineData(SopClasses.DICOSCTImageStorage, StorageScope.NonPatient)]
    [InlineData(SopClasses.StorageCommitmentPushModel, StorageScope.None)]
    [InlineData(SopClasses.StudyRootQueryRetrieveInformationModelFind, StorageScope.None)]
    [InlineData("1.2.840.113619.4.27", StorageScope.None)]
    public void Storage_classes_are_told_apart_by_what_their_instances_belong_to(string uid, StorageScope scope) =>
        Assert.Equal(scope, UidRegistry.StorageScopeOf(uid));

    [Fact]
    public void About_180_storage_classes_belong_to_patient_and_study() =>
        Assert.InRange(UidRegistry.PatientStudyStorageSopClasses.Count, 170, 210);
}
