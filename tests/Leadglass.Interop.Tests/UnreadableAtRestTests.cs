using System.IO.Compression;
using System.Text;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>
/// Nothing that the archive writes on the machine holds a name, an identifier, a date, a description or a pixel in clear:
/// not while it runs, not after a crash, not after the next start.
/// </summary>
public sealed class UnreadableAtRestTests
{
    private const string Accession = "CNRY7731ACC";
    private const string StudyUid = "2.25.7731.48105.1";
    private static readonly byte[] PixelPattern =
    [
        0xCA,
        0x4A,
        0x52,
        0x19,
        0x77,
        0x31,
        0x5E,
        0xED,
        0xB1,
        0x0D,
        0x0D,
        0xF0,
        0x0D,
        0x12,
        0x34,
        0x9A,
    ];

    private static readonly CanarySearch Canaries = new CanarySearch()
        .AddText("family name", "Kanarienvogel")
        .AddText("family name with an accent", "Vögelchenheim")
        .AddText("the same, folded", "voegelchenheim")
        .AddText("the same without accents", "vogelchenheim")
        .AddText("given name", "Zwitschernde")
        .AddText("patient ID", "CNRY-PID-0815-4711")
        .AddText("issuer", "CanaryIssuerHospital")
        .AddText("birth date", "19470817")
        .AddText("birth date with dashes", "1947-08-17")
        .AddText("study date", "20190423")
        .AddText("study date with dashes", "2019-04-23")
        .AddText("study time", "134559")
        .AddText("accession number", Accession)
        .AddText("study UID", StudyUid)
        .AddText("series UID", StudyUid + ".2")
        .AddText("instance UID", StudyUid + ".2.3")
        .AddText("study description", "Canary study description")
        .AddText("series description", "Canary series description")
        .AddText("referring physician", "Referrer^Made-up")
        .AddText("manufacturer", "Phantom Works")
        .AddText("SOP class", TestInstance.CtImageStorage)
        .AddBytes("pixels", PixelPattern);

    [Fact]
    public async Task A_search_of_every_byte_finds_nothing()
    {
        await using var archive = await ArchiveProcess.StartNewAsync(isolateTmp: await ArchiveProcess.CanMountAsync());
        var scanner = await archive.EnrolAsync("scanner", "SCANNER", "store");
        var workstation = await archive.EnrolAsync("workstation", "WORKSTATION", "store,query,retrieve");
        var instances = Instances();
        await ArchivePeer.StoreAsync(archive, scanner, instances);
        await QuarantineAsync(archive, scanner);
        await SendBrokenAsync(archive, scanner);
        await QueryAndRetrieveAsync(archive, workstation, instances[0]);
        AssertNothingFound(archive, "while it runs");

        await archive.KillAsync();
        AssertNothingFound(archive, "after it was killed");
        AssertDoesNotCompress(archive);

        await archive.StartAsync();
        await QueryAndRetrieveAsync(archive, workstation, instances[0]);
        Assert.Equal(0, await archive.StopAsync());
        AssertNothingFound(archive, "after the next start and an orderly end");
    }

    [Theory]
    [InlineData("plain", "xxKanarienvogelxx")]
    [InlineData("upper case", "KANARIENVOGEL")]
    [InlineData("hex", "4b616e617269656e766f67656c")]
    [InlineData("Base64, first alignment", "S2FuYXJpZW52b2dlbA==")]
    [InlineData("Base64, second alignment", "eEthbmFyaWVudm9nZWw=")]
    [InlineData("Base64, third alignment", "eHhLYW5hcmllbnZvZ2Vs")]
    public void The_search_finds_what_is_there(string how, string content)
    {
        using var scratch = new ScratchFolder("canary");
        File.WriteAllText(scratch.File("found"), "noise " + content + " noise");
        Assert.True(Canaries.Find([scratch.FullPath]).Count > 0, how);
        File.WriteAllBytes(scratch.File("found"), [1, 2, 3, .. Encoding.BigEndianUnicode.GetBytes("Kanarienvogel")]);
        Assert.NotEmpty(Canaries.Find([scratch.FullPath]));
        File.Move(scratch.File("found"), scratch.File("empty"));
        File.WriteAllText(scratch.File("empty"), "nothing");
        Assert.Empty(Canaries.Find([scratch.FullPath]));
    }

    private static List<RawInstance> Instances() =>
        [
            .. Enumerable
                .Range(3, 6)
                .Select(i => (Canary() with { SopInstanceUid = $"{StudyUid}.2.{i}", InstanceNumber = i }).ToRaw()),
        ];

    private static TestInstance Canary() =>
        new()
        {
            StudyInstanceUid = StudyUid,
            SeriesInstanceUid = StudyUid + ".2",
            SopInstanceUid = StudyUid + ".2.3",
            CharacterSet = "ISO_IR 192",
            Encoding = Encoding.UTF8,
            PatientName = "Kanarienvogel-Vögelchenheim^Zwitschernde",
            PatientId = "CNRY-PID-0815-4711",
            IssuerOfPatientId = "CanaryIssuerHospital",
            BirthDate = "19470817",
            StudyDate = "20190423",
            StudyTime = "134559",
            AccessionNumber = Accession,
            StudyDescription = "Canary study description",
            SeriesDescription = "Canary series description",
            Rows = 512,
            Columns = 512,
            Pixels = [.. Enumerable.Repeat(PixelPattern, 512 * 512 * 2 / PixelPattern.Length).SelectMany(p => p)],
        };

    /// <summary>The same study under another patient: what does not fit is kept apart, and as unreadable.</summary>
    private static async Task QuarantineAsync(ArchiveProcess archive, EnrolledDevice scanner)
    {
        var other = (Canary() with { SopInstanceUid = StudyUid + ".2.99", PatientId = "CNRY-PID-0815-4711-B" }).ToRaw();
        await using var association = await ArchivePeer.ConnectAsync(archive, scanner, ArchivePeer.Contexts([other]));
        Assert.Contains<ushort>(await association.StoreAsync(other), (ushort[])[0x0000, 0xB000]);
        await association.ReleaseAsync();
    }

    /// <summary>A data set that ends too early, and one cut off in the middle: their parts must not stay anywhere.</summary>
    private static async Task SendBrokenAsync(ArchiveProcess archive, EnrolledDevice scanner)
    {
        var whole = (Canary() with { SopInstanceUid = StudyUid + ".2.98" }).ToRaw();
        var broken = whole with { DataSet = whole.DataSet[..200_001] };
        await using (var first = await ArchivePeer.ConnectAsync(archive, scanner, ArchivePeer.Contexts([whole])))
        {
            try
            {
                Assert.NotEqual(0, await first.StoreAsync(broken));
            }
            catch (RawAbortedException)
            {
                // An abort is a refusal too.
            }
        }

        await using var second = await ArchivePeer.ConnectAsync(archive, scanner, ArchivePeer.Contexts([whole]));
        var request = RawCommand
            .Request(0x0001, second.NextMessageId(), whole.SopClassUid, hasDataSet: true)
            .Set(0x0700, 0)
            .Set(0x1000, whole.SopInstanceUid);
        await second.SendAsync(1, request);
        await second.SendBytesAsync(
            RawPdu.DataValue(1, isCommand: false, isLast: false, whole.DataSet.AsSpan(0, 60_000))
        );
        await second.SendBytesAsync(RawPdu.Of(RawPdu.Abort, 0, 0, 0, 0));
    }

    private static async Task QueryAndRetrieveAsync(
        ArchiveProcess archive,
        EnrolledDevice workstation,
        RawInstance instance
    )
    {
        await using var association = await ArchivePeer.ConnectAsync(
            archive,
            workstation,
            [
                new RawContext(RawServices.StudyRootFind, RawServices.ImplicitLittle),
                new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
                .. ArchivePeer.Contexts([instance], asReceiver: true),
            ]
        );
        var query = new RawIdentifier()
            .Add(0x00080050, "SH", Accession)
            .Add(0x00080052, "CS", "STUDY")
            .Add(0x00100010, "PN", "KANARIENVOGEL*")
            .Add(0x00100020, "LO", "CNRY-PID-0815-4711")
            .Add(0x0020000D, "UI", "")
            .ToBytes(isExplicit: false);
        var (status, answers) = await association.FindAsync(RawServices.StudyRootFind, query);
        Assert.Equal((0, 1), (status, answers.Count));
        var got = await association.GetAsync(RawServices.StudyRootGet, ArchivePeer.StudyKey(StudyUid));
        Assert.Equal((0, 6), (got.Status, got.Instances.Count));
        await association.ReleaseAsync();
    }

    private static void AssertNothingFound(ArchiveProcess archive, string when)
    {
        string[] folders = [archive.DataFolder, archive.KeyFolder, archive.HomeFolder, archive.TemporaryFolder];
        var found = Canaries.Find(folders.Where(Directory.Exists), archive.Log);
        Assert.True(found.Count == 0, $"{when}:\n{string.Join('\n', found)}");
    }

    /// <summary>Ciphertext does not compress; runs of zeros, which are padding and preallocation, are left out.</summary>
    private static void AssertDoesNotCompress(ArchiveProcess archive)
    {
        var packs = Directory.GetFiles(Path.Combine(archive.DataFolder, "packs"), "*", SearchOption.AllDirectories);
        var bytes = packs.SelectMany(path => WithoutZeros(File.ReadAllBytes(path))).ToArray();
        Assert.True(bytes.Length > 3_000_000, $"only {bytes.Length} bytes in {packs.Length} packs");
        using var compressed = new MemoryStream();
        using (var deflate = new DeflateStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(bytes);
        }

        Assert.True(
            compressed.Length > bytes.Length * 0.999,
            $"{bytes.Length} bytes of packs compress to {compressed.Length}"
        );
    }

    private static byte[] WithoutZeros(byte[] bytes)
    {
        using var kept = new MemoryStream();
        var at = 0;
        while (at < bytes.Length)
        {
            var run = bytes.AsSpan(at).IndexOfAnyExcept((byte)0);
            if (run < 0)
            {
                break;
            }

            at += run;
            var next = bytes.AsSpan(at).IndexOf(new byte[16]);
            var length = next < 0 ? bytes.Length - at : next;
            kept.Write(bytes, at, length);
            at += length;
        }

        return kept.ToArray();
    }
}
