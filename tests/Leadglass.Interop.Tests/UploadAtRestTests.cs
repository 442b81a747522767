using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>
/// While a long upload is under way, nothing of it lies on the machine in clear, and memory does not grow with it: not of a
/// file that streams, not of metadata and bulk data that wait for each other, not of an upload that breaks off.
/// </summary>
public sealed class UploadAtRestTests
{
    private const string StudyUid = "2.25.7732.48106.1";
    private const ushort Edge = 6144;

    private static readonly byte[] PixelPattern =
    [
        0xCB,
        0x4B,
        0x53,
        0x1A,
        0x78,
        0x32,
        0x5F,
        0xEE,
        0xB2,
        0x0E,
        0x0E,
        0xF1,
        0x0E,
        0x13,
        0x35,
        0x9B,
    ];

    private static readonly CanarySearch Canaries = new CanarySearch()
        .AddText("family name", "Nachtigallenprobe")
        .AddText("patient ID", "CNRY-UPLOAD-0816-4712")
        .AddText("study UID", StudyUid)
        .AddText("study description", "Upload canary description")
        .AddText("header of a part", "canary-location-of-a-part")
        .AddBytes("pixels", PixelPattern);

    [Fact]
    public async Task A_search_amid_uploads_finds_nothing()
    {
        await using var archive = await ArchiveProcess.StartNewAsync(isolateTmp: await ArchiveProcess.CanMountAsync());
        var device = await archive.EnrolAsync("scanner", "SCANNER", "store");
        using var program = await EnrolledProgram.ConnectAsync(archive, "sender", "read,write", device.AuthorityPath);
        var file = RawFile.Compose(Canary(1, Edge).ToRaw());
        Assert.True(file.Length > 70 << 20, "too short to outgrow the buffers");

        Assert.Equal(HttpStatusCode.OK, await UploadAsync(archive, program, "application/dicom", Around(file)));
        Assert.Equal(
            HttpStatusCode.OK,
            await UploadAsync(archive, program, "application/dicom+json", Metadata(Canary(2, 1024)))
        );

        // Broken off in the middle: what had come must not stay.
        await Assert.ThrowsAnyAsync<Exception>(() =>
            UploadAsync(archive, program, "application/dicom", Around(file), breaksOff: true)
        );
        var memory = archive.MemoryKibibytes();
        Assert.True(memory < 400 * 1024, $"{memory} KiB at most for {file.Length} bytes");
        await archive.KillAsync();
        AssertNothingFound(archive, "after it was killed");
        await archive.StartAsync();
        Assert.Equal(0, await archive.StopAsync());
        AssertNothingFound(archive, "after the next start and an orderly end");
    }

    private static async Task<HttpStatusCode> UploadAsync(
        ArchiveProcess archive,
        EnrolledProgram program,
        string type,
        byte[] message,
        bool breaksOff = false
    )
    {
        using var content = new PausingContent(
            message,
            async () =>
            {
                // So that what was sent has arrived, wherever it is put.
                await Task.Delay(300);
                AssertNothingFound(archive, $"amid an upload of {type}");
                if (breaksOff)
                {
                    throw new IOException("the client goes away");
                }
            }
        );
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(
            $"multipart/related; type=\"{type}\"; boundary=upload"
        );
        using var response = await program.Http.PostAsync(new Uri("/dicom-web/studies", UriKind.Relative), content);
        return response.StatusCode;
    }

    private static byte[] Around(byte[] file) =>
        [
            .. "--upload\r\nContent-Type: application/dicom\r\nContent-Location: canary-location-of-a-part\r\n\r\n"u8,
            .. file,
            .. "\r\n--upload--\r\n"u8,
        ];

    /// <summary>The pixels first, so that they have to wait for the metadata.</summary>
    private static byte[] Metadata(TestInstance instance)
    {
        var json = $$$"""
            [{"00080005":{"vr":"CS","Value":["ISO_IR 192"]},
            "00080016":{"vr":"UI","Value":["{{{TestInstance.CtImageStorage}}}"]},
            "00080018":{"vr":"UI","Value":["{{{instance.SopInstanceUid}}}"]},
            "00081030":{"vr":"LO","Value":["{{{instance.StudyDescription}}}"]},
            "00100010":{"vr":"PN","Value":[{"Alphabetic":"{{{instance.PatientName}}}"}]},
            "00100020":{"vr":"LO","Value":["{{{instance.PatientId}}}"]},
            "0020000D":{"vr":"UI","Value":["{{{instance.StudyInstanceUid}}}"]},
            "0020000E":{"vr":"UI","Value":["{{{instance.SeriesInstanceUid}}}"]},
            "00280010":{"vr":"US","Value":[{{{instance.Rows}}}]},
            "00280011":{"vr":"US","Value":[{{{instance.Columns}}}]},
            "00280100":{"vr":"US","Value":[16]},
            "7FE00010":{"vr":"OW","BulkDataURI":"canary-location-of-a-part"}}]
            """;
        return
        [
            .. "--upload\r\nContent-Type: application/octet-stream\r\n"u8,
            .. "Content-Location: canary-location-of-a-part\r\n\r\n"u8,
            .. Enumerable.Repeat(PixelPattern, 1024 * 1024 * 2 / PixelPattern.Length).SelectMany(p => p),
            .. "\r\n--upload\r\nContent-Type: application/dicom+json\r\n\r\n"u8,
            .. Encoding.UTF8.GetBytes(json),
            .. "\r\n--upload--\r\n"u8,
        ];
    }

    private static TestInstance Canary(int number, ushort edge) =>
        new()
        {
            StudyInstanceUid = StudyUid,
            SeriesInstanceUid = StudyUid + ".2",
            SopInstanceUid = $"{StudyUid}.2.{number}",
            CharacterSet = "ISO_IR 192",
            Encoding = Encoding.UTF8,
            PatientName = "Nachtigallenprobe^Upload",
            PatientId = "CNRY-UPLOAD-0816-4712",
            StudyDescription = "Upload canary description",
            Rows = edge,
            Columns = edge,
            Pixels = [.. Enumerable.Repeat(PixelPattern, edge * edge * 2 / PixelPattern.Length).SelectMany(p => p)],
        };

    private static void AssertNothingFound(ArchiveProcess archive, string when)
    {
        string[] folders = [archive.DataFolder, archive.KeyFolder, archive.HomeFolder, archive.TemporaryFolder];
        var found = Canaries.Find(folders.Where(Directory.Exists), archive.Log);
        Assert.True(found.Count == 0, $"{when}:\n{string.Join('\n', found)}");
    }

    /// <summary>A body that stops once on its way, when most of it is sent.</summary>
    private sealed class PausingContent(byte[] message, Func<Task> pause) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var most = message.Length / 8 * 7;
            await stream.WriteAsync(message.AsMemory(0, most));
            await stream.FlushAsync();
            await pause();
            await stream.WriteAsync(message.AsMemory(most));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = message.Length;
            return true;
        }
    }
}
