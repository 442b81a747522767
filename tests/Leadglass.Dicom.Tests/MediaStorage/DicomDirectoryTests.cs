using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Leadglass.Testing;

namespace Leadglass.Dicom.Tests.MediaStorage;

public sealed class DicomDirectoryTests
{
    private const string Folder = "pydicom+pydicom/src/pydicom/data/test_files/dicomdirtests";

    [Theory]
    [InlineData("DICOMDIR", 2, 31, 0, 0)]
    [InlineData("DICOMDIR-implicit", 2, 31, 0, 0)]
    [InlineData("DICOMDIR-bigEnd", 2, 31, 0, 0)]
    [InlineData("DICOMDIR-reordered", 2, 31, 0, 0)]
    [InlineData("TINY_ALPHA/DICOMDIR", 1, 50, 0, 0)]
    [InlineData("DICOMDIR-empty.dcm", 0, 0, 0, 0)]
    public void Real_directories_lead_to_their_files(string name, int patients, int files, int unlinked, int broken)
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var path = Path.Combine(SharedData.Root!, Folder, name);
        var directory = DicomDirectory.Read(File.ReadAllBytes(path));
        Assert.Equal(
            (patients, files, unlinked, broken),
            (
                directory.Roots.Count,
                directory.ReferencedFiles().Count(),
                directory.Unlinked.Count,
                directory.BrokenLinkCount
            )
        );
        Assert.All(directory.Roots, root => Assert.Equal("PATIENT", root.Type));
        Assert.All(directory.Roots.SelectMany(root => root.Children), study => Assert.Equal("STUDY", study.Type));
        var folder = Path.GetDirectoryName(path)!;
        foreach (
            var record in directory
                .ReferencedFiles()
                .Where(record => record.ReferencedFile!.FindBelow(folder) is not null)
        )
        {
            var file = DicomFile.Read(File.ReadAllBytes(record.ReferencedFile!.FindBelow(folder)!));
            Assert.Equal(record.ReferencedSopInstanceUid, file.DataSet.GetString(DicomTag.SOPInstanceUID));
        }
    }

    [Fact]
    public void Without_links_the_order_of_records_tells()
    {
        var builder = new DicomDirectoryBuilder();
        builder.Add(Instance(1, 1, 1, 1), TransferSyntax.ExplicitVrLittleEndian);
        builder.Add(Instance(1, 1, 1, 2), TransferSyntax.ExplicitVrLittleEndian);
        builder.Add(Instance(2, 1, 1, 1), TransferSyntax.ExplicitVrLittleEndian);
        var bytes = builder.ToBytes(SopInstanceUid.Parse("2.25.5")).ToArray();
        foreach (var position in LinkPositions(bytes))
        {
            bytes.AsSpan(position, 4).Clear();
        }

        var directory = DicomDirectory.Read(bytes);
        Assert.Equal(2, directory.Roots.Count);
        Assert.Equal(2, directory.Roots[0].Children[0].Children[0].Children.Count);
        Assert.Equal(3, directory.ReferencedFiles().Count());
    }

    [Fact]
    public void A_directory_without_patients_still_leads_to_files()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var directory = DicomDirectory.Read(
            File.ReadAllBytes(Path.Combine(SharedData.Root!, Folder, "DICOMDIR-nopatient"))
        );
        Assert.NotEmpty(directory.ReferencedFiles());
    }

    [Fact]
    public void What_is_written_reads_the_same_and_sits_where_its_links_say()
    {
        var builder = new DicomDirectoryBuilder();
        var expected = new List<(FileId File, string Instance)>();
        foreach (
            var (patient, study, series, instance) in new[]
            {
                (1, 1, 1, 1),
                (1, 1, 1, 2),
                (2, 1, 1, 1),
                (1, 2, 1, 1),
                (1, 1, 2, 1),
            }
        )
        {
            var made = Instance(patient, study, series, instance);
            expected.Add(
                (builder.Add(made, TransferSyntax.ExplicitVrLittleEndian), made.GetString(DicomTag.SOPInstanceUID)!)
            );
        }

        Assert.Throws<ArgumentException>(() =>
            builder.Add(Instance(1, 1, 1, 1), TransferSyntax.ExplicitVrLittleEndian)
        );
        var directory = DicomDirectory.Read(builder.ToBytes(SopInstanceUid.Parse("2.25.1"), "DEMO"));
        Assert.Equal((0, 0), (directory.BrokenLinkCount, directory.Unlinked.Count));
        Assert.Equal(["PATIENT", "PATIENT"], directory.Roots.Select(root => root.Type));
        Assert.Equal([2, 1], directory.Roots.Select(root => root.Children.Count));
        Assert.Equal("Käse^Otto", directory.Roots[0].Attributes.GetString(DicomTag.PatientName));
        Assert.Equal("DEMO", directory.Attributes.GetString(DicomTag.FileSetID));
        Assert.Equal(
            expected.OrderBy(pair => pair.Instance),
            directory
                .ReferencedFiles()
                .Select(record => (record.ReferencedFile!, record.ReferencedSopInstanceUid!))
                .OrderBy(pair => pair.Item2)
        );
        Assert.All(expected, pair => Assert.True(pair.File.IsConformant));
        Assert.Equal(["DICOM", "PAT00001", "STU00001", "SER00001", "I0000002"], expected[1].File.Components);
    }

    [Fact]
    public async Task DCMTK_reads_and_extends_what_is_written()
    {
        const string tool = "/usr/bin/dcmmkdir";
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        Assert.SkipUnless(File.Exists(tool), "dcmmkdir (package dcmtk) is not installed");
        var folder = Directory.CreateTempSubdirectory("leadglass-dicomdir-").FullName;
        try
        {
            var builder = new DicomDirectoryBuilder();
            var written = WriteFileSet(folder, builder);
            Assert.InRange(written, 40, int.MaxValue);
            await File.WriteAllBytesAsync(
                Path.Combine(folder, "DICOMDIR"),
                builder.ToBytes(SopInstanceUid.Parse("2.25.2")).ToArray()
            );

            // dcmmkdir appends to our directory, which it must read for that, and then makes one of its own.
            var extra = Instance(9, 9, 9, 9);
            await File.WriteAllBytesAsync(Path.Combine(folder, "EXTRA"), ToFile(extra));
            Assert.Equal(
                0,
                await Run(
                    tool,
                    "-W",
                    "+A",
                    "-Nxc",
                    "-nb",
                    "+I",
                    "+D",
                    Path.Combine(folder, "DICOMDIR"),
                    "+id",
                    folder,
                    "EXTRA"
                )
            );
            var extended = DicomDirectory.Read(await File.ReadAllBytesAsync(Path.Combine(folder, "DICOMDIR")));
            Assert.Equal(written + 1, extended.ReferencedFiles().Count());
            Assert.Equal(0, extended.BrokenLinkCount);

            Assert.Equal(
                0,
                await Run(tool, "-W", "-Nxc", "-nb", "+I", "+r", "+D", Path.Combine(folder, "THEIRS"), "+id", folder)
            );
            var theirs = DicomDirectory.Read(await File.ReadAllBytesAsync(Path.Combine(folder, "THEIRS")));
            var ours = DicomDirectory.Read(builder.ToBytes(SopInstanceUid.Parse("2.25.2")));
            var types = ours.ReferencedFiles()
                .ToDictionary(record => record.ReferencedSopInstanceUid!, record => record.Type);
            foreach (
                var record in theirs
                    .ReferencedFiles()
                    .Where(record => types.ContainsKey(record.ReferencedSopInstanceUid!))
            )
            {
                Assert.Equal(record.Type, types[record.ReferencedSopInstanceUid!]);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Links_in_circles_and_beyond_the_end_do_no_harm()
    {
        var builder = new DicomDirectoryBuilder();
        for (var i = 1; i <= 6; i++)
        {
            builder.Add(Instance(1, 1, i, 1), TransferSyntax.ExplicitVrLittleEndian);
        }

        var good = builder.ToBytes(SopInstanceUid.Parse("2.25.3")).ToArray();
        var links = LinkPositions(good);
        var targets = links
            .Select(position => BinaryPrimitives.ReadUInt32LittleEndian(good.AsSpan(position)))
            .Append(0u)
            .Append(7u)
            .Append(uint.MaxValue)
            .ToArray();
        var random = new Random(20261123);
        for (var round = 0; round < 2_000; round++)
        {
            var bytes = good.ToArray();
            for (var change = random.Next(1, 5); change > 0; change--)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(
                    bytes.AsSpan(links[random.Next(links.Count)]),
                    targets[random.Next(targets.Length)]
                );
            }

            var directory = DicomDirectory.Read(bytes);
            Assert.InRange(directory.AllRecords().Count(), 0, 14);
            Assert.True(directory.AllRecords().Distinct().Count() == directory.AllRecords().Count());

            // Whatever the links say, no file is forgotten.
            Assert.Equal(6, directory.ReferencedFiles().Count());
        }
    }

    [Fact]
    public void Broken_directories_are_refused_or_read_and_never_crash()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var good = File.ReadAllBytes(Path.Combine(SharedData.Root!, Folder, "DICOMDIR"));
        var random = new Random(20261123);
        var refused = 0;
        for (var round = 0; round < 300; round++)
        {
            var bytes = good.ToArray();
            for (var change = random.Next(1, 20); change > 0; change--)
            {
                bytes[random.Next(132, bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var directory = DicomDirectory.Read(bytes.AsMemory(0, random.Next(200, bytes.Length)));
                Assert.InRange(directory.AllRecords().Count(), 0, 1_000);
            }
            catch (DicomFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 300);
    }

    [Fact]
    public void A_file_that_is_no_directory_is_refused() =>
        Assert.Equal(
            DicomTag.DirectoryRecordSequence,
            Assert.Throws<DicomFormatException>(() => DicomDirectory.Read(ToFile(Instance(1, 1, 1, 1)))).Tag
        );

    [Fact]
    public void Records_out_of_use_are_left_out()
    {
        var builder = new DicomDirectoryBuilder();
        builder.Add(Instance(1, 1, 1, 1), TransferSyntax.ExplicitVrLittleEndian);
        var bytes = builder.ToBytes(SopInstanceUid.Parse("2.25.4")).ToArray();
        var flag = bytes.AsSpan().LastIndexOf((byte[])[0x04, 0x00, 0x10, 0x14]);
        bytes[flag + 8] = bytes[flag + 9] = 0;
        Assert.Empty(DicomDirectory.Read(bytes).ReferencedFiles());
    }

    private static int WriteFileSet(string folder, DicomDirectoryBuilder builder)
    {
        var written = 0;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (
            var path in SharedData.Files.Where(path =>
                path.Contains("highdicom", StringComparison.Ordinal)
                || path.Contains("test_files/dicomdirtests/77654033", StringComparison.Ordinal)
                || path.Contains("charset_files", StringComparison.Ordinal)
                || path.Contains("dcmqi", StringComparison.Ordinal)
            )
        )
        {
            var bytes = File.ReadAllBytes(path);
            try
            {
                var file = DicomFile.Read(bytes);
                if (file.DataSet.GetString(DicomTag.SOPInstanceUID) is { } uid && seen.Add(uid))
                {
                    var target = builder.Add(file.DataSet, file.TransferSyntax).PathBelow(folder);
                    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                    File.WriteAllBytes(target, bytes);
                    written++;
                }
            }
            catch (Exception problem) when (problem is DicomFormatException or ArgumentException)
            {
                continue;
            }
        }

        return written;
    }

    private static List<int> LinkPositions(byte[] bytes)
    {
        var positions = new List<int>();
        foreach (byte element in (byte[])[0x00, 0x20])
        {
            byte[] header = [0x04, 0x00, element, 0x14, (byte)'U', (byte)'L', 4, 0];
            for (var at = 0; bytes.AsSpan(at).IndexOf(header) is >= 0 and var found; at += found + 8)
            {
                positions.Add(at + found + 8);
            }
        }

        positions.Add(bytes.AsSpan().IndexOf((byte[])[0x04, 0x00, 0x00, 0x12, (byte)'U', (byte)'L', 4, 0]) + 8);
        return positions;
    }

    private static byte[] ToFile(DataSet instance) =>
        new DicomFile(
            FileMetaInformation.Create(
                SopClassUid.Parse(instance.GetString(DicomTag.SOPClassUID)!),
                SopInstanceUid.Parse(instance.GetString(DicomTag.SOPInstanceUID)!),
                TransferSyntax.ExplicitVrLittleEndian
            ),
            instance
        )
            .ToBytes()
            .ToArray();

    private static DataSet Instance(int patient, int study, int series, int instance)
    {
        var made = new DataSet();
        made.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 100");
        made.SetString(DicomTag.SOPClassUID, SopClasses.SecondaryCaptureImageStorage);
        made.SetString(DicomTag.SOPInstanceUID, $"2.25.{patient}.{study}.{series}.{instance}");
        made.SetString(DicomTag.StudyInstanceUID, $"2.25.{patient}.{study}");
        made.SetString(DicomTag.SeriesInstanceUID, $"2.25.{patient}.{study}.{series}");
        made.SetString(DicomTag.StudyDate, "20260101");
        made.SetString(DicomTag.StudyTime, "101500");
        made.SetString(DicomTag.StudyID, "1");
        made.SetString(DicomTag.AccessionNumber, "");
        made.SetString(DicomTag.Modality, "OT");
        made.SetString(DicomTag.SeriesNumber, $"{series}");
        made.SetString(DicomTag.InstanceNumber, $"{instance}");
        made.SetString(DicomTag.PatientName, "Käse^Otto");
        made.SetString(DicomTag.PatientID, $"P{patient}");
        made.SetUInt16(DicomTag.Rows, 1);
        return made;
    }

    private static async Task<int> Run(string tool, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(tool, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(errors + await output);
        return process.ExitCode;
    }
}
