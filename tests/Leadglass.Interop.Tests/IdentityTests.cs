using System.Text;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>
/// Duplicates and identity on the wire: what is answered, what is found afterwards, which bytes come back, and what storage
/// commitment says.
/// </summary>
public sealed class IdentityTests(ArchiveFixture fixture) : IClassFixture<ArchiveFixture>
{
    private static int lastTransaction = 300_000;
    private static readonly RawContext Find = new(RawServices.StudyRootFind, RawServices.ImplicitLittle);
    private static readonly RawContext FindPatient = new(RawServices.PatientRootFind, RawServices.ImplicitLittle);

    [Fact]
    public async Task The_same_instance_again_is_success_and_one_copy()
    {
        var first = TestInstance.Numbered(301).ToRaw();
        Assert.Equal(0, await StoreAsync(first));
        Assert.Equal(0, await StoreAsync(first));
        Assert.Equal(["2.25.99.301.1.1"], await ImagesAsync("2.25.99.301"));
        Assert.Equal(first.DataSet, await BytesAsync(first));
        Assert.True(await IsConfirmedAsync(first));
    }

    [Fact]
    public async Task The_same_instance_in_another_transfer_syntax_is_success_and_the_first_is_kept()
    {
        var first = TestInstance.Numbered(302).ToRaw();
        var other = (TestInstance.Numbered(302) with { TransferSyntax = RawServices.ImplicitLittle }).ToRaw();
        Assert.Equal(0, await StoreAsync(first));
        Assert.Equal(0, await StoreAsync(other));
        Assert.Equal(["2.25.99.302.1.1"], await ImagesAsync("2.25.99.302"));
        Assert.Equal(first.DataSet, await BytesAsync(first));
        Assert.True(await IsConfirmedAsync(first));
    }

    [Fact]
    public async Task The_same_UID_with_other_content_is_kept_apart_and_the_first_stays()
    {
        var first = TestInstance.Numbered(303);
        Assert.Equal(0, await StoreAsync(first.ToRaw()));
        Assert.Contains(
            await StoreAsync((first with { Pixels = new byte[first.PixelLength] }).ToRaw()),
            (ushort[])[0x0000, 0xB000]
        );
        Assert.Equal(first.ToRaw().DataSet, await BytesAsync(first.ToRaw()));
        // The scanner may be about to delete the other content: nothing under this UID is confirmed to it.
        Assert.False(await IsConfirmedAsync(first.ToRaw()));
    }

    [Fact]
    public async Task Another_patient_in_a_known_study_is_kept_apart_and_not_confirmed()
    {
        var first = TestInstance.Numbered(304);
        var stray = (TestInstance.Numbered(304, 1, 2) with { PatientId = "SOMEBODY-ELSE" }).ToRaw();
        Assert.Equal(0, await StoreAsync(first.ToRaw()));
        Assert.Contains(await StoreAsync(stray), (ushort[])[0x0000, 0xB000]);
        Assert.Equal(["2.25.99.304.1.1"], await ImagesAsync("2.25.99.304"));
        Assert.True(await IsConfirmedAsync(first.ToRaw()));
        Assert.False(await IsConfirmedAsync(stray));
    }

    [Fact]
    public async Task A_known_series_in_another_study_is_kept_apart_and_not_confirmed()
    {
        var first = TestInstance.Numbered(305);
        var stray = (
            TestInstance.Numbered(305, 1, 2) with
            {
                StudyInstanceUid = "2.25.99.30599",
                PatientId = first.PatientId,
            }
        ).ToRaw();
        Assert.Equal(0, await StoreAsync(first.ToRaw()));
        Assert.Contains(await StoreAsync(stray), (ushort[])[0x0000, 0xB000]);
        Assert.Empty(await ImagesAsync("2.25.99.30599"));
        Assert.False(await IsConfirmedAsync(stray));
    }

    [Fact]
    public async Task A_known_instance_in_another_series_is_kept_apart()
    {
        var first = TestInstance.Numbered(306);
        Assert.Equal(0, await StoreAsync(first.ToRaw()));
        Assert.Contains(
            await StoreAsync((first with { SeriesInstanceUid = "2.25.99.306.2" }).ToRaw()),
            (ushort[])[0x0000, 0xB000]
        );
        Assert.Equal(["2.25.99.306.1.1"], await ImagesAsync("2.25.99.306"));
    }

    [Fact]
    public async Task A_device_may_be_told_of_conflicts_by_a_refusal()
    {
        var strict = await fixture.Archive.EnrolAsync("strict", "STRICT", "store", "--refuse-conflicts");
        var first = TestInstance.Numbered(307);
        Assert.Equal(0, await StoreAsync(first.ToRaw()));
        var status = await StoreAsync((first with { PatientId = "SOMEBODY-ELSE" }).ToRaw(), strict);
        Assert.True(status is >= 0xA000 and < 0xB000 or >= 0xC000 or >= 0x0100 and < 0x0200, $"status {status:X4}");
    }

    [Fact]
    public async Task Studies_without_a_patient_ID_are_patients_of_their_own()
    {
        foreach (var study in (int[])[308, 309])
        {
            var nameless = TestInstance.Numbered(study) with { PatientId = "", PatientName = "Idless^Phantom" };
            Assert.Equal(0, await StoreAsync(nameless.ToRaw()));
        }

        var studies = await QueryAsync(
            Find,
            new RawIdentifier()
                .Add(0x00080052, "CS", "STUDY")
                .Add(0x00100010, "PN", "Idless^Phantom")
                .Add(0x0020000D, "UI", "")
        );
        Assert.Equal(2, studies.Count);
    }

    [Fact]
    public async Task The_same_ID_of_two_issuers_is_two_patients()
    {
        foreach (var (study, issuer) in ((int, string)[])[(310, "NORTH"), (311, "SOUTH")])
        {
            var instance = TestInstance.Numbered(study) with { PatientId = "SHARED-ID", IssuerOfPatientId = issuer };
            Assert.Equal(0, await StoreAsync(instance.ToRaw()));
        }

        var patients = await QueryAsync(
            FindPatient,
            new RawIdentifier()
                .Add(0x00080052, "CS", "PATIENT")
                .Add(0x00100010, "PN", "")
                .Add(0x00100020, "LO", "SHARED-ID")
                .Add(0x00100021, "LO", "")
        );
        Assert.Equal(["NORTH", "SOUTH"], patients.Select(p => p[0x00100021]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Two_spellings_of_one_name_are_one_patient()
    {
        var latin = TestInstance.Numbered(312) with { PatientId = "TWO-SPELLINGS", PatientName = "Sato^Hanako" };
        var japanese = TestInstance.Numbered(313) with
        {
            PatientId = "TWO-SPELLINGS",
            PatientName = "Sato^Hanako=佐藤^花子",
            CharacterSet = @"\ISO 2022 IR 87",
            Encoding = Encoding.GetEncoding(50220),
        };
        Assert.Equal(0, await StoreAsync(latin.ToRaw()));
        Assert.Equal(0, await StoreAsync(japanese.ToRaw()));
        var patients = await QueryAsync(
            FindPatient,
            new RawIdentifier().Add(0x00080052, "CS", "PATIENT").Add(0x00100020, "LO", "TWO-SPELLINGS")
        );
        Assert.Single(patients);
        var studies = await QueryAsync(
            Find,
            new RawIdentifier().Add(0x00080052, "CS", "STUDY").Add(0x00100010, "PN", "SATO*").Add(0x0020000D, "UI", "")
        );
        Assert.Equal(2, studies.Count);
    }

    private async Task<ushort> StoreAsync(RawInstance instance, EnrolledDevice? device = null)
    {
        await using var association = await fixture.ConnectAsync(
            device ?? fixture.Scanner,
            ArchivePeer.Contexts([instance])
        );
        var status = await association.StoreAsync(instance);
        await association.ReleaseAsync();
        return status;
    }

    private async Task<IReadOnlyList<Dictionary<uint, string>>> QueryAsync(RawContext model, RawIdentifier identifier)
    {
        await using var association = await fixture.ConnectAsync(fixture.Workstation, model);
        var (status, answers) = await association.FindAsync(
            model.AbstractSyntax,
            identifier.ToBytes(isExplicit: false)
        );
        await association.ReleaseAsync();
        Assert.Equal(0, status);
        return [.. answers.Select(a => RawElements.Texts(a, isExplicit: false))];
    }

    /// <summary>The SOP instance UIDs that a retrieve of the study gives out.</summary>
    private async Task<IReadOnlyList<string>> ImagesAsync(string study)
    {
        await using var association = await fixture.ConnectAsync(
            fixture.Workstation,
            new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
            new RawContext(TestInstance.CtImageStorage, RawServices.ExplicitLittle, RawServices.ImplicitLittle)
            {
                IsProviderRoleProposed = true,
            }
        );
        var got = await association.GetAsync(RawServices.StudyRootGet, ArchivePeer.StudyKey(study));
        await association.ReleaseAsync();
        return [.. got.Instances.Select(i => i.SopInstanceUid).Order(StringComparer.Ordinal)];
    }

    private async Task<byte[]> BytesAsync(RawInstance instance)
    {
        var elements = RawElements.Walk(instance.DataSet, isExplicit: true);
        var got = await ArchivePeer.GetAsync(
            fixture.Archive,
            fixture.Workstation,
            instance,
            ArchivePeer.ImageKey(
                RawElements.Text(instance.DataSet, elements, 0x0020000D)!,
                RawElements.Text(instance.DataSet, elements, 0x0020000E)!,
                instance.SopInstanceUid
            )
        );
        return Assert.Single(got.Instances).DataSet;
    }

    private async Task<bool> IsConfirmedAsync(RawInstance instance)
    {
        var report = await ArchivePeer.CommitAsync(
            fixture.Archive,
            fixture.Scanner,
            fixture.ScannerPort,
            [instance],
            $"2.25.{Interlocked.Increment(ref lastTransaction)}"
        );
        return report.Command.GetUInt16(0x1002) == 1;
    }
}
