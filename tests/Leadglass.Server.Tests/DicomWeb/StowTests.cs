using System.IO.Compression;
using System.Text;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;

namespace Leadglass.Server.Tests.DicomWeb;

/// <summary>STOW-RS over HTTPS (PS3.18 10.5).</summary>
public sealed class StowTests(StoredArchive stored) : IClassFixture<StoredArchive>
{
    private TokenProgram Program => stored.Program;

    [Fact]
    public async Task What_is_stored_is_found_and_comes_back_byte_for_byte()
    {
        var one = WebInstances.File(WebInstances.Make(10));
        var two = WebInstances.File(WebInstances.Make(10, number: 2), TransferSyntax.ImplicitVrLittleEndian);
        var answer = await Program.StoreAsync(one, two);
        Assert.Equal((200, "application/dicom+json"), (answer.Status, answer.Type));
        var response = DicomJson.Read(answer.Body);
        Assert.Equal(2, response.GetItems(DicomTag.ReferencedSOPSequence).Count);
        Assert.False(response.Contains(DicomTag.FailedSOPSequence));
        Assert.EndsWith(
            $"/dicom-web/studies/{WebInstances.Study(10)}",
            response.GetString(DicomTag.RetrieveURL),
            StringComparison.Ordinal
        );
        Assert.Equal(one, await ReceiveAsync(10, 1));
        Assert.Equal(DataSetOf(two), DataSetOf(await ReceiveAsync(10, 2)));
    }

    [Fact]
    public async Task A_single_file_may_be_the_whole_body()
    {
        var file = WebInstances.File(WebInstances.Make(11));
        var answer = await Program.StoreAsync("/studies", TokenProgram.Content("application/dicom", file));
        Assert.Equal(200, answer.Status);
        Assert.Equal(file, await ReceiveAsync(11, 1));
    }

    [Fact]
    public async Task Every_native_syntax_is_stored_as_it_came()
    {
        var number = 0;
        foreach (var syntax in TransferSyntax.All.Where(syntax => syntax.IsConvertible))
        {
            var file = WebInstances.File(WebInstances.Make(12, number: ++number), syntax);
            Assert.Equal(200, (await Program.StoreAsync(file)).Status);
            Assert.Equal(DataSetOf(file), DataSetOf(await ReceiveAsync(12, number)));
        }
    }

    [Fact]
    public async Task The_same_again_is_success_and_other_content_is_kept_with_a_warning()
    {
        var file = WebInstances.File(WebInstances.Make(13));
        Assert.Equal(200, (await Program.StoreAsync(file, file)).Status);
        Assert.Equal(200, (await Program.StoreAsync(file)).Status);
        var other = await Program.StoreAsync(WebInstances.File(WebInstances.Make(13, name: "Other^Name")));
        Assert.Equal(202, other.Status);
        var item = Assert.Single(DicomJson.Read(other.Body).GetItems(DicomTag.ReferencedSOPSequence));
        Assert.Equal(0xB000, item.GetInt32(DicomTag.WarningReason));
        Assert.Equal(file, await ReceiveAsync(13, 1));
    }

    [Fact]
    public async Task An_instance_of_another_study_than_the_path_names_is_refused()
    {
        var right = WebInstances.File(WebInstances.Make(14));
        var wrong = WebInstances.File(WebInstances.Make(15));
        using var content = TokenProgram.Multipart(
            "application/dicom",
            [("application/dicom", "", wrong), ("application/dicom", "", right)]
        );
        var answer = await Program.StoreAsync($"/studies/{WebInstances.Study(14)}", content);
        Assert.Equal(202, answer.Status);
        var failed = Assert.Single(DicomJson.Read(answer.Body).GetItems(DicomTag.FailedSOPSequence));
        Assert.Equal(0xA900, failed.GetInt32(DicomTag.FailureReason));
        Assert.Equal(WebInstances.Instance(15, 1, 1), failed.GetString(DicomTag.ReferencedSOPInstanceUID));
        Assert.Empty((await Program.GetAsync("/studies?PatientID=P15")).DataSets);
    }

    [Fact]
    public async Task Each_part_stands_or_falls_by_itself()
    {
        var good = WebInstances.File(WebInstances.Make(16));
        var classless = WebInstances.Make(16, number: 2);
        classless.SetString(DicomTag.SOPClassUID, "1.2.840.10008.1.1");
        var cut = WebInstances.File(WebInstances.Make(16, number: 3))[..^10];
        var bare = DataSetWriter.ToBytes(WebInstances.Make(16, number: 4), TransferSyntax.ExplicitVrLittleEndian);
        using var content = TokenProgram.Multipart(
            "application/dicom",
            [
                ("application/dicom", "", "nonsense"u8.ToArray()),
                ("application/dicom", "", []),
                ("application/dicom", "", WebInstances.File(classless)),
                ("application/dicom", "", cut),
                ("application/dicom", "", bare.ToArray()),
                ("text/plain", "", good),
                ("application/dicom", "", good),
            ]
        );
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal(202, answer.Status);
        var response = DicomJson.Read(answer.Body);
        Assert.Single(response.GetItems(DicomTag.ReferencedSOPSequence));
        Assert.Equal(
            [0x0122, 0xC000],
            response.GetItems(DicomTag.FailedSOPSequence).Select(item => item.GetInt32(DicomTag.FailureReason)!.Value)
        );
        Assert.Equal(4, response.GetItems(DicomTag.OtherFailuresSequence).Count);
        Assert.DoesNotContain("Probe", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_came_before_a_broken_end_is_stored_and_said_to_be()
    {
        using var content = TokenProgram.Multipart(
            "application/dicom",
            [
                ("application/dicom", "", WebInstances.File(WebInstances.Make(17))),
                ("application/dicom", "", WebInstances.File(WebInstances.Make(17, number: 2))),
            ],
            end: ""
        );
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal(202, answer.Status);
        Assert.Single(DicomJson.Read(answer.Body).GetItems(DicomTag.ReferencedSOPSequence));
        Assert.Single((await Program.GetAsync("/instances?PatientID=P17")).DataSets);
    }

    [Fact]
    public async Task What_group_2_says_goes_before_the_parts_parameter()
    {
        // PS3.18 8.7.9.
        var file = WebInstances.File(WebInstances.Make(18), TransferSyntax.ImplicitVrLittleEndian);
        using var content = TokenProgram.Multipart(
            "application/dicom",
            [("application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50", "", file)]
        );
        Assert.Equal(200, (await Program.StoreAsync("/studies", content)).Status);
        Assert.Equal(DataSetOf(file), DataSetOf(await ReceiveAsync(18, 1)));
    }

    [Fact]
    public async Task The_answer_is_XML_where_that_is_accepted()
    {
        var answer = await Program.StoreAsync(
            "/studies",
            TokenProgram.Content("application/dicom", WebInstances.File(WebInstances.Make(19))),
            "application/dicom+xml"
        );
        Assert.Equal((200, "application/dicom+xml"), (answer.Status, answer.Type));
        Assert.Single(NativeDicomModel.Read(answer.Body).GetItems(DicomTag.ReferencedSOPSequence));
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("application/json", 415)]
    [InlineData("multipart/form-data; boundary=TEST", 415)]
    [InlineData("multipart/related; type=\"text/plain\"; boundary=TEST", 415)]
    [InlineData("multipart/related; type=\"application/dicom\"", 400)]
    [InlineData("nonsense", 415)]
    public async Task Other_media_types_are_refused(string type, int status)
    {
        using var content = TokenProgram.Content(type, "--TEST--"u8.ToArray());
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal((status, "application/problem+json"), (answer.Status, answer.Type));
    }

    [Fact]
    public async Task A_message_without_parts_and_a_packed_one_are_refused()
    {
        using var empty = TokenProgram.Multipart("application/dicom", [], end: "--TEST--");
        Assert.Equal(400, (await Program.StoreAsync("/studies", empty)).Status);
        using var packed = TokenProgram.Content("application/dicom", [1, 2, 3]);
        packed.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(415, (await Program.StoreAsync("/studies", packed)).Status);
    }

    [Fact]
    public async Task Who_may_only_read_stores_nothing()
    {
        using var reader = await TokenProgram.ConnectAsync(stored.Archive, ProgramRights.Read);
        Assert.Equal(403, (await reader.StoreAsync(WebInstances.File(WebInstances.Make(20)))).Status);
        Assert.Empty((await Program.GetAsync("/studies?PatientID=P20")).DataSets);
    }

    [Theory]
    [InlineData("application/dicom+json", true)]
    [InlineData("application/dicom+json", false)]
    [InlineData("application/dicom+xml", true)]
    public async Task Metadata_and_bulk_data_in_any_order_make_an_instance(string type, bool metadataFirst)
    {
        var patient = metadataFirst ? 21 : 22;
        patient += type.EndsWith("xml", StringComparison.Ordinal) ? 2 : 0;
        var dataSet = WebInstances.Make(patient);
        BulkDataUriSource uris = (path, element) => element.Vr.IsBulk ? $"bulk/{path}" : null;
        var metadata = type.EndsWith("xml", StringComparison.Ordinal)
            ? NativeDicomModel.Write(dataSet, uris)
            : [.. "["u8, .. DicomJson.Write(dataSet, uris), .. "]"u8];
        (string, string, byte[])[] parts =
        [
            (type, "", metadata),
            ("application/octet-stream", "bulk/7FE00010", dataSet.GetBytes(DicomTag.PixelData)!.Value.ToArray()),
        ];
        using var content = TokenProgram.Multipart(type, metadataFirst ? parts : [.. parts.Reverse()]);
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal(200, answer.Status);
        var back = DicomFile.Read(await ReceiveAsync(patient, 1)).DataSet;
        Assert.Equal(DicomJson.Write(dataSet), DicomJson.Write(back));
    }

    [Fact]
    public async Task Compressed_frames_become_fragments()
    {
        var dataSet = WebInstances.Make(30);
        dataSet.SetString(DicomTag.NumberOfFrames, "2");
        var metadata = DicomJson.Write(dataSet, (path, element) => element.Vr.IsBulk ? "frames" : null);
        using var content = TokenProgram.Multipart(
            "application/dicom+json",
            [
                ("application/dicom+json", "", metadata),
                ("image/jls", "frames", [1, 2, 3]),
                ("image/jls", "frames", [4, 5]),
            ]
        );
        Assert.Equal(200, (await Program.StoreAsync("/studies", content)).Status);
        var file = DicomFile.Read(await ReceiveAsync(30, 1));
        Assert.Equal("1.2.840.10008.1.2.4.80", file.TransferSyntax.Uid);
        var pixels = Assert.IsType<FragmentsElement>(file.DataSet.Find(DicomTag.PixelData));
        Assert.Equal(
            [
                [1, 2, 3, 0],
                [4, 5],
            ],
            pixels.Fragments.Select(fragment => fragment.ToArray())
        );
    }

    [Fact]
    public async Task Metadata_whose_bulk_data_is_missing_makes_no_instance()
    {
        var metadata = DicomJson.Write(WebInstances.Make(31), (path, element) => element.Vr.IsBulk ? "gone" : null);
        using var content = TokenProgram.Multipart(
            "application/dicom+json",
            [("application/dicom+json", "", metadata)]
        );
        var answer = await Program.StoreAsync("/studies", content);
        Assert.Equal(409, answer.Status);
        Assert.Single(DicomJson.Read(answer.Body).GetItems(DicomTag.FailedSOPSequence));
        Assert.Empty((await Program.GetAsync("/studies?PatientID=P31")).DataSets);
    }

    [Fact]
    public async Task A_rejection_note_is_for_whoever_keeps_the_records()
    {
        Assert.Equal(200, (await Program.StoreAsync(WebInstances.File(WebInstances.Make(32)))).Status);
        var note = WebInstances.File(WebInstances.Rejecting(32));
        var refused = await Program.StoreAsync(note);
        Assert.Equal(403, refused.Status);
        var failed = Assert.Single(DicomJson.Read(refused.Body).GetItems(DicomTag.FailedSOPSequence));
        Assert.Equal(0x0124, failed.GetInt32(DicomTag.FailureReason));
        Assert.Single((await Program.GetAsync("/instances?PatientID=P32")).DataSets);

        using var records = await TokenProgram.ConnectAsync(
            stored.Archive,
            ProgramRights.Write | ProgramRights.Records
        );
        Assert.Equal(200, (await records.StoreAsync(note)).Status);
        Assert.Empty((await Program.GetAsync("/instances?PatientID=P32")).DataSets);
    }

    /// <summary>The data set behind group 2, which is written anew.</summary>
    private static byte[] DataSetOf(byte[] file) => file[DicomFileStart.TryRead(file, isFinal: true)!.DataSetOffset..];

    private async Task<byte[]> ReceiveAsync(int patient, int number)
    {
        var path =
            $"/studies/{WebInstances.Study(patient)}/series/{WebInstances.Series(patient, 1)}"
            + $"/instances/{WebInstances.Instance(patient, 1, number)}";
        var answer = await Program.GetAsync(path, "application/dicom; transfer-syntax=*");
        Assert.Equal(200, answer.Status);
        return answer.Body;
    }
}

/// <summary>One archive for tests that store each under patients of their own.</summary>
public sealed class StoredArchive : IAsyncLifetime
{
    internal ServedArchive Archive { get; private set; } = null!;

    internal TokenProgram Program { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Archive = await ServedArchive.StartAsync();
        Program = await TokenProgram.ConnectAsync(Archive);
    }

    public async ValueTask DisposeAsync()
    {
        Program.Dispose();
        await Archive.DisposeAsync();
    }
}
