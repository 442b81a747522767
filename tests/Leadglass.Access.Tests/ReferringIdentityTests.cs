using Leadglass.Dicom;

namespace Leadglass.Access.Tests;

/// <summary>A referrer is the referring physician by the whole name or an exact ID, and by nothing less.</summary>
public sealed class ReferringIdentityTests
{
    [Theory]
    [InlineData("Muster^Erika", "Muster^Erika", true)]
    [InlineData("Muster^Erika", "MUSTER^ERIKA", true)]
    [InlineData("Müller^Jörg", "MUELLER^JOERG", true)]
    [InlineData("Muster^Erika", "Muster^Erika^^^", true)]
    [InlineData("Muster^Erika", "Muster ^Erika ", true)]
    [InlineData("Yamada^Tarou=山田^太郎", "Yamada^Tarou", true)]
    [InlineData("Yamada^Tarou=山田^太郎", "=山田^太郎", true)]
    [InlineData("Muster^Erika", "Muster^Eri", false)]
    [InlineData("Muster^Erika", "Muster^Erika^Maria", false)]
    [InlineData("Muster^Erika", "Muster^Erika^^Dr.", false)]
    [InlineData("Muster^Erika", "Muster", false)]
    [InlineData("Muster^Erika", "Muster^E*", false)]
    [InlineData("Muster^*", "Muster^Erika", false)]
    [InlineData("Muster^E????", "Muster^Erika", false)]
    [InlineData("Muster^Erika", "Altmuster^Erika", false)]
    [InlineData("Muster^Erika", "Erika^Muster", false)]
    [InlineData("Muster^Erika", "", false)]
    [InlineData("Yamada^Tarou=山田^太郎", "Yamada^Tarou=山多^太郎", false)]
    [InlineData("=山田^太郎=やまだ^たろう", "==やまだ^たろう", false)]
    [InlineData("Muster^Erika", "Muster^Erika\\Other^Name", false)]
    public void ANameIsTheWholeName(string mapped, string inStudy, bool expected) =>
        Assert.Equal(
            expected,
            ReferringIdentity.ByName(mapped).Matches(new ReferringPhysician(PersonName.Parse(inStudy), []))
        );

    [Theory]
    [InlineData("12345", "LANR", "12345", "LANR", true)]
    [InlineData("12345", "", "12345", "", true)]
    [InlineData("12345", "LANR", "12345", "BSNR", false)]
    [InlineData("12345", "LANR", "12345", "", false)]
    [InlineData("12345", "", "12345", "LANR", false)]
    [InlineData("12345", "LANR", "123456", "LANR", false)]
    [InlineData("12345", "LANR", "012345", "LANR", false)]
    [InlineData("abc", "L", "ABC", "L", false)]
    public void AnIdIsExact(string value, string scheme, string inStudy, string schemeInStudy, bool expected) =>
        Assert.Equal(
            expected,
            ReferringIdentity
                .ById(value, scheme)
                .Matches(new ReferringPhysician(PersonName.Empty, [new PhysicianId(inStudy, schemeInStudy)]))
        );

    [Theory]
    [InlineData("Muster^Erika", true)]
    [InlineData("Muster", false)]
    [InlineData("Muster^", false)]
    [InlineData("^Erika", false)]
    [InlineData("", false)]
    [InlineData("^", false)]
    [InlineData("Yamada^Tarou=山田", false)]
    public void AMappedNameHasFamilyAndGivenName(string name, bool expected) =>
        Assert.Equal(expected, ReferringIdentity.ByName(name).IsWellFormed);

    [Fact]
    public void AnEmptyOrDoubledIdentityIsNotWellFormed()
    {
        Assert.False(new ReferringIdentity(null, null).IsWellFormed);
        Assert.False(new ReferringIdentity("Muster^Erika", new PhysicianId("1", "")).IsWellFormed);
        Assert.False(ReferringIdentity.ById("", "LANR").IsWellFormed);
        Assert.False(ReferringIdentity.ById(new string('1', 1_000), "").IsWellFormed);
    }

    [Fact]
    public void AStudysPhysicianIsReadFromItsAttributes()
    {
        var code = new DataSet();
        code.SetString(DicomTag.CodeValue, "12345");
        code.SetString(DicomTag.CodingSchemeDesignator, "LANR");
        var person = new DataSet();
        person.Set(new SequenceElement(DicomTag.PersonIdentificationCodeSequence, [code]));
        var study = new DataSet();
        Assert.Null(ReferringPhysician.Of(study));
        study.SetString(DicomTag.ReferringPhysicianName, "MUSTER^ERIKA");
        study.Set(new SequenceElement(DicomTag.ReferringPhysicianIdentificationSequence, [person]));
        var physician = ReferringPhysician.Of(study);
        Assert.NotNull(physician);
        Assert.True(ReferringIdentity.ByName("Muster^Erika").Matches(physician));
        Assert.True(ReferringIdentity.ById("12345", "LANR").Matches(physician));
        Assert.DoesNotContain("MUSTER", physician.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task AStudyWithoutPhysicianIsNobodys()
    {
        await using var archive = await Enrolled.StartAsync();
        var account = await archive.Policy.AddPersonAsync(
            "referrer",
            [Role.Referrer],
            ReferringIdentity.ByName("Muster^Erika"),
            ReferringIdentity.ById("1", "")
        );
        var grant = archive.Policy.Grant(await archive.Policy.SignInAsync(account), Operation.Query);
        Assert.False(grant.Covers(Enrolled.Study()));
        Assert.False(grant.ReachesEverything);
        Assert.Equal(2, grant.Reach!.Referring.Length);
    }

    [Fact]
    public async Task ANamelessPatientIsNotAssignedOrOpenedByAnothersLackOfAnId()
    {
        await using var archive = await Enrolled.StartAsync();
        var referrer = await archive.Policy.PersonAsync("referrer", Role.Referrer);
        var radiologist = await archive.Policy.PersonAsync("radiologist", Role.Radiologist);
        var assigning = archive.Policy.Grant(radiologist, Operation.Assign);
        var nameless = new StudyFacts { Study = StudyInstanceUid.Parse("1.2.9") };
        await Assert.ThrowsAsync<StateException>(async () =>
            await archive.Registries.Assignments.AssignAsync(
                assigning,
                nameless,
                referrer.AccountId,
                wholePatient: true,
                until: null,
                default
            )
        );
        await archive.Registries.Assignments.AssignAsync(
            assigning,
            nameless,
            referrer.AccountId,
            wholePatient: false,
            until: null,
            default
        );
        var grant = archive.Policy.Grant(referrer, Operation.Query);
        Assert.True(grant.Covers(nameless));
        Assert.False(grant.Covers(nameless with { Study = StudyInstanceUid.Parse("1.2.10") }));
        // The same ID of another issuer is another patient.
        await archive.Registries.Assignments.AssignAsync(
            assigning,
            new PatientKey("TEST-1", "WARD"),
            referrer.AccountId,
            until: null,
            default
        );
        Assert.True(grant.Covers(Enrolled.Study()));
        Assert.False(grant.Covers(Enrolled.Study() with { Patient = new PatientKey("TEST-1", "") }));
    }
}
