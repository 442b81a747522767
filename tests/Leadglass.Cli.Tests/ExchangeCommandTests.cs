using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom;

namespace Leadglass.Cli.Tests;

/// <summary>Files in, files out, and the upkeep between, as whoever runs the command meets them.</summary>
public sealed class ExchangeCommandTests
{
    private const string Study = "1.2.826.0.1.3680043.10.999.4";

    [Fact]
    public async Task AFolderComesInAndAStudyGoesOutByteForByte()
    {
        using var folder = new TemporaryFolder();
        var bytes = await PrepareAsync(folder);
        await File.WriteAllTextAsync(folder.Below("in/readme.txt"), "not an image");
        var import = await RunAsync(folder, "import", folder.Below("in"), "--json");
        Assert.True(import.ExitCode == ExitCode.Done, import.Error);
        var counts = JsonDocument.Parse(import.Out).RootElement;
        Assert.Equal((2, 1), (counts.GetProperty("stored").GetInt32(), counts.GetProperty("skipped").GetInt32()));

        var export = await RunAsync(
            folder,
            "export",
            "--study",
            Study,
            "--out",
            folder.Below("out"),
            "--recovery-key-file",
            folder.Below("recovery")
        );
        Assert.True(export.ExitCode == ExitCode.Done, export.Error);
        var written = Directory.GetFiles(folder.Below("out/DICOM"), "*", SearchOption.AllDirectories).Order().ToList();
        Assert.Equal(bytes.Select(DataSetOf), written.Select(file => DataSetOf(File.ReadAllBytes(file))));
        var directory = DicomDirectory.Read(await File.ReadAllBytesAsync(folder.Below("out/DICOMDIR")));
        Assert.Equal(
            written,
            directory.ReferencedFiles().Select(one => one.ReferencedFile!.FindBelow(folder.Below("out")))
        );
    }

    [Fact]
    public async Task WhatADirectoryListsIsImported()
    {
        using var folder = new TemporaryFolder();
        await PrepareAsync(folder);
        await RunAsync(folder, "import", folder.Below("in"));
        await RunAsync(
            folder,
            "export",
            "--study",
            Study,
            "--out",
            folder.Below("medium"),
            "--recovery-key-file",
            folder.Below("recovery")
        );
        var again = await RunAsync(folder, "import", folder.Below("medium/DICOMDIR"), "--json");
        Assert.Equal(ExitCode.Done, again.ExitCode);
        Assert.Equal(2, JsonDocument.Parse(again.Out).RootElement.GetProperty("alreadyStored").GetInt32());
    }

    [Fact]
    public async Task NothingGoesOutWithoutTheRecoveryKey()
    {
        using var folder = new TemporaryFolder();
        await PrepareAsync(folder);
        await RunAsync(folder, "import", folder.Below("in"));
        var without = await RunAsync(folder, "export", "--study", Study, "--out", folder.Below("out"));
        Assert.Equal(ExitCode.Refused, without.ExitCode);

        using var other = new TemporaryFolder();
        await PrepareAsync(other);
        var wrong = await RunAsync(
            folder,
            "export",
            "--study",
            Study,
            "--out",
            folder.Below("out"),
            "--recovery-key-file",
            other.Below("recovery")
        );
        Assert.Equal(ExitCode.Refused, wrong.ExitCode);
        Assert.False(Directory.Exists(folder.Below("out")));
    }

    [Fact]
    public async Task AMapSaysWhoAPatientIsHere()
    {
        using var folder = new TemporaryFolder();
        await PrepareAsync(folder);
        await File.WriteAllTextAsync(folder.Below("map"), "# theirs, ours\nID-ADA,OURS-1,HERE\n");
        var import = await RunAsync(folder, "import", folder.Below("in"), "--id-map", folder.Below("map"));
        Assert.True(import.ExitCode == ExitCode.Done, import.Error);

        await File.WriteAllTextAsync(folder.Below("map"), "no comma\n");
        var mistaken = await RunAsync(folder, "import", folder.Below("in"), "--id-map", folder.Below("map"));
        Assert.Equal(ExitCode.WrongUsage, mistaken.ExitCode);
        Assert.Contains("line 1", mistaken.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADamagedPackFailsVerification()
    {
        using var folder = new TemporaryFolder();
        await PrepareAsync(folder);
        await RunAsync(folder, "import", folder.Below("in"));
        Assert.Equal(ExitCode.Done, (await RunAsync(folder, "verify")).ExitCode);
        var pack = Directory.GetFiles(folder.Below("data/packs")).MaxBy(file => new FileInfo(file).Length)!;
        await using (var stream = new FileStream(pack, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Position = 9_000;
            var value = stream.ReadByte();
            stream.Position = 9_000;
            stream.WriteByte((byte)(value ^ 0x40));
        }

        var verify = await RunAsync(folder, "verify", "--json");
        Assert.Equal(ExitCode.Failed, verify.ExitCode);
        Assert.True(JsonDocument.Parse(verify.Out).RootElement.GetProperty("damagedRecords").GetInt32() > 0);
    }

    [Fact]
    public async Task ABackupAndTheRecoveryKeyBringEverythingBack()
    {
        using var folder = new TemporaryFolder();
        await PrepareAsync(folder);
        await RunAsync(folder, "import", folder.Below("in"));
        Assert.Equal(ExitCode.Done, (await RunAsync(folder, "backup", "--to", folder.Below("backup"))).ExitCode);
        Directory.Delete(folder.Below("data"), recursive: true);
        Directory.Delete(folder.Below("keys"), recursive: true);

        var restore = await RunAsync(
            folder,
            "restore",
            "--from",
            folder.Below("backup"),
            "--recovery-key-file",
            folder.Below("recovery")
        );
        Assert.True(restore.ExitCode == ExitCode.Done, restore.Error);
        Assert.Equal(ExitCode.Done, (await RunAsync(folder, "rebuild-index")).ExitCode);
        var verify = await RunAsync(folder, "verify", "--json");
        Assert.Equal(ExitCode.Done, verify.ExitCode);
        Assert.Equal(2, JsonDocument.Parse(verify.Out).RootElement.GetProperty("soundRecords").GetInt32());
    }

    /// <summary>An archive in <c>data</c>, its recovery key in <c>recovery</c>, and two images in <c>in</c>.</summary>
    private static async Task<List<byte[]>> PrepareAsync(TemporaryFolder folder)
    {
        var init = await RunAsync(
            folder,
            "init",
            "--keys",
            folder.Below("keys"),
            "--recovery-key-file",
            folder.Below("recovery")
        );
        Assert.True(init.ExitCode == ExitCode.Done, init.Error);
        Directory.CreateDirectory(folder.Below("in/below"));
        List<byte[]> files = [Image(1), Image(2)];
        await File.WriteAllBytesAsync(folder.Below("in/1.dcm"), files[0]);
        await File.WriteAllBytesAsync(folder.Below("in/below/2.dcm"), files[1]);
        return files;
    }

    private static Task<CommandRun> RunAsync(TemporaryFolder folder, params string[] args) =>
        CommandRun.OfAsync(folder, [.. args, "--data", folder.Below("data")]);

    private static string DataSetOf(byte[] file) =>
        Convert.ToHexString(file.AsSpan(DicomFileStart.TryRead(file, isFinal: true)!.DataSetOffset));

    private static byte[] Image(int number)
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SOPClassUID, SopClasses.CTImageStorage);
        dataSet.SetString(DicomTag.SOPInstanceUID, $"{Study}.1.{number}");
        dataSet.SetString(DicomTag.Modality, "CT");
        dataSet.SetString(DicomTag.PatientName, "Ada^Test");
        dataSet.SetString(DicomTag.PatientID, "ID-ADA");
        dataSet.SetString(DicomTag.StudyInstanceUID, Study);
        dataSet.SetString(DicomTag.SeriesInstanceUID, $"{Study}.1");
        dataSet.SetString(DicomTag.InstanceNumber, $"{number}");
        dataSet.SetUInt16(DicomTag.Rows, 64);
        dataSet.SetUInt16(DicomTag.Columns, 64);
        var pixelData = new byte[64 * 64 * 2];
        new Random(number).NextBytes(pixelData);
        dataSet.SetBytes(DicomTag.PixelData, ValueRepresentation.OW, pixelData);
        var meta = FileMetaInformation.Create(
            SopClassUid.Parse(SopClasses.CTImageStorage),
            SopInstanceUid.Parse($"{Study}.1.{number}"),
            TransferSyntax.ExplicitVrLittleEndian
        );
        return new DicomFile(meta, dataSet).ToBytes().ToArray();
    }
}
