using System.IO.Compression;
using Leadglass.Dicom.Tests.Oracle;
using Leadglass.Testing;

namespace Leadglass.Dicom.Tests.Files;

/// <summary>Real and hostile files of many vendors, held against what another reader makes of them.</summary>
public sealed class RealFileTests
{
    // Of several elements with one tag pydicom keeps the last, dcmtk and we the first; behind a blank VR pydicom takes all
    // the rest for one value, dcmtk and we read a 16-bit length.
    private static readonly string[] ReadOtherwise = ["TC0323_encap_zero_frag.dcm", "GH179A.dcm"];

    [Fact]
    public async Task Every_attribute_is_what_pydicom_reads()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var oracle = await PydicomOracle.ReadAsync(SharedData.Files);
        Assert.SkipWhen(oracle is null, "no /usr/bin/python3 with pydicom");
        List<string> differences = [];
        var compared = 0;
        foreach (var (name, file) in ReadableFiles())
        {
            var path = Path.Combine(SharedData.Root, name);
            if (oracle[path] is { } theirs && !ReadOtherwise.Contains(Path.GetFileName(name)))
            {
                compared++;
                differences.AddRange(Compare(name, FlatElements.Of(file), theirs));
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.InRange(compared, 540, int.MaxValue);
    }

    [Fact]
    public async Task Where_pydicom_reads_otherwise_every_attribute_is_what_dcmdump_reads()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        Assert.SkipUnless(DcmdumpOracle.IsInstalled, "no dcmdump");
        string[] names = [.. ReadOtherwise, "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm"];
        foreach (var path in SharedData.Files.Where(path => names.Contains(Path.GetFileName(path))))
        {
            var ours = FlatElements
                .Of(DicomFile.Read(await File.ReadAllBytesAsync(path)))
                .Select(element => new DcmdumpOracle.Element(
                    Convert.ToUInt32(element.Path[^8..], 16),
                    element.Vr!,
                    element.Hash is null ? 0 : element.Length
                ));
            // dcmdump leaves open what a blank VR should be.
            var theirs = (await DcmdumpOracle.ReadAsync(path))!.Where(element => element.Vr != "??").ToList();
            Assert.Equal(theirs, ours.Where(our => theirs.Exists(their => their.Tag == our.Tag)));
        }
    }

    [Fact]
    public void What_is_refused_is_refused_with_its_clause_and_nothing_else_is()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        SortedDictionary<string, string> refused = new(StringComparer.Ordinal);
        foreach (var path in SharedData.Files)
        {
            try
            {
                DicomFile.Read(File.ReadAllBytes(path));
            }
            catch (DicomFormatException exception)
            {
                refused.Add(Path.GetRelativePath(SharedData.Root, path), exception.Clause);
            }
        }

        Assert.Equal(RefusedFiles.ClauseOf.OrderBy(entry => entry.Key, StringComparer.Ordinal), refused);
    }

    [Fact]
    public void No_file_takes_more_than_64_MiB()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        foreach (var path in SharedData.Files)
        {
            var bytes = File.ReadAllBytes(path);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                DicomFile.Read(bytes);
            }
            catch (DicomFormatException) { }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 64 << 20, $"{path} took {allocated} bytes");
        }
    }

    [Fact]
    public void What_was_read_is_written_byte_for_byte()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        List<string> differences = [];
        foreach (var (name, file) in ReadableFiles())
        {
            var original = File.ReadAllBytes(Path.Combine(SharedData.Root, name));
            var written = file.ToBytes().ToArray();
            if (file.TransferSyntax.IsDeflated)
            {
                original = WithInflatedDataSet(original);
                written = WithInflatedDataSet(written);
            }

            if (!written.AsSpan().SequenceEqual(original))
            {
                differences.Add(name);
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    /// <summary>The files that are not refused, by their path below the folder of real files.</summary>
    internal static IEnumerable<(string Name, DicomFile File)> ReadableFiles()
    {
        foreach (var path in SharedData.Files)
        {
            var name = Path.GetRelativePath(SharedData.Root!, path);
            if (!RefusedFiles.ClauseOf.ContainsKey(name))
            {
                yield return (name, DicomFile.Read(File.ReadAllBytes(path)));
            }
        }
    }

    private static byte[] WithInflatedDataSet(byte[] file)
    {
        var offset = DicomFileStart.TryRead(file, isFinal: true)!.DataSetOffset;
        using var whole = new MemoryStream();
        whole.Write(file, 0, offset);
        using var inflater = new DeflateStream(
            new MemoryStream(file, offset, file.Length - offset),
            CompressionMode.Decompress
        );
        inflater.CopyTo(whole);
        return whole.ToArray();
    }

    /// <summary>The first difference between what we read and what pydicom reads.</summary>
    internal static IEnumerable<string> Compare(
        string name,
        List<PydicomOracle.Element> ours,
        IReadOnlyList<PydicomOracle.Element> theirs
    )
    {
        for (var i = 0; i < Math.Max(ours.Count, theirs.Count); i++)
        {
            var our = i < ours.Count ? ours[i] : null;
            var their = i < theirs.Count ? theirs[i] : null;
            if (our is null || their is null || !IsSame(our, their))
            {
                yield return $"{name}: {our} but pydicom {their}";
                yield break;
            }
        }
    }

    // An empty private sequence of implicit VR is an empty value to pydicom.
    private static bool IsSame(PydicomOracle.Element our, PydicomOracle.Element their) =>
        our == their with { Vr = their.Vr ?? our.Vr }
        || (our.Path == their.Path && our is { Length: 0, Hash: null } && their is { Length: 0, Vr: null });
}
