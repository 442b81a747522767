using System.IO.Compression;
using System.Text;

namespace Leadglass.Testing.RawDicom;

/// <summary>A DICOM file taken apart by position only: group 2 is read, what follows it is kept as it lies.</summary>
public sealed class RawFile
{
    private const string Deflated = "1.2.840.10008.1.2.1.99";
    private const string BigEndian = "1.2.840.10008.1.2.2";

    private RawFile(string path, string transferSyntax, byte[] dataSet)
    {
        Path = path;
        TransferSyntax = transferSyntax;
        DataSet = dataSet;
        Elements = RawElements.Walk(
            Inflated,
            isExplicit: transferSyntax != RawServices.ImplicitLittle,
            isBigEndian: transferSyntax == BigEndian
        );
    }

    public string Path { get; }

    public string TransferSyntax { get; }

    /// <summary>
    /// Everything after group 2, unaltered; a deflated stream of odd length has the null byte that PS3.5 A.5 asks for, since
    /// fragments on the wire are of even length.
    /// </summary>
    public byte[] DataSet { get; }

    public IReadOnlyList<RawElement> Elements { get; }

    public string? SopClassUid => Text(0x00080016);

    public string? SopInstanceUid => Text(0x00080018);

    public string? StudyInstanceUid => Text(0x0020000D);

    public string? SeriesInstanceUid => Text(0x0020000E);

    public bool IsDeflated => TransferSyntax == Deflated;

    private byte[] Inflated => IsDeflated ? Inflate(DataSet) : DataSet;

    /// <summary>Takes a file apart; null where it has no preamble, no "DICM" or no transfer syntax.</summary>
    public static RawFile? TryRead(string path)
    {
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < 144 || !bytes.AsSpan(128, 4).SequenceEqual("DICM"u8))
        {
            return null;
        }

        var meta = RawElements.Walk(bytes[132..], isExplicit: true, before: 0x00030000);
        var syntax = RawElements.Text(bytes[132..], meta, 0x00020010);
        var start = meta.Count == 0 ? 0 : 132 + meta[^1].ValueOffset + meta[^1].ValueLength;
        return string.IsNullOrEmpty(syntax) || start >= bytes.Length
            ? null
            : new RawFile(path, syntax, Padded(bytes[start..], syntax));
    }

    /// <summary>A file (PS3.10 7.1) around a data set as it came over the wire.</summary>
    public static byte[] Compose(RawInstance instance)
    {
        var meta = new RawIdentifier()
            .Add(0x00020001, "OB", 0, 1)
            .Add(0x00020002, "UI", instance.SopClassUid)
            .Add(0x00020003, "UI", instance.SopInstanceUid)
            .Add(0x00020010, "UI", instance.TransferSyntax)
            .Add(0x00020012, "UI", "2.25.302043790172249692526321623266752743501")
            .ToBytes(isExplicit: true);
        var groupLength = new RawIdentifier().Add(0x00020000, "UL", BitConverter.GetBytes(meta.Length));
        return [.. new byte[128], .. "DICM"u8, .. groupLength.ToBytes(isExplicit: true), .. meta, .. instance.DataSet];
    }

    public string? Text(uint tag) => RawElements.Text(Inflated, Elements, tag);

    public RawInstance ToInstance() => new(SopClassUid ?? "", SopInstanceUid ?? "", TransferSyntax, DataSet);

    /// <summary>The same file with other digits in three UIDs, each of its old length, so that it is a study of its own.</summary>
    /// <exception cref="InvalidOperationException">the data set is deflated, so no byte of it can be changed in place</exception>
    public RawFile WithFreshUids(int number)
    {
        if (IsDeflated)
        {
            throw new InvalidOperationException("a deflated data set cannot be changed in place");
        }

        var bytes = (byte[])DataSet.Clone();
        foreach (var (tag, ordinal) in ((uint, int)[])[(0x00080018, 1), (0x0020000D, 2), (0x0020000E, 3)])
        {
            var element = Elements.First(e => e.Tag == tag);
            var length = Text(tag)!.Length;
            var digits = $"{number}{ordinal}";
            var uid = length > digits.Length + 2 ? "2." + digits.PadLeft(length - 2, '7') : digits.PadLeft(length, '1');
            Encoding.ASCII.GetBytes(uid).CopyTo(bytes, element.ValueOffset);
        }

        return new RawFile(Path, TransferSyntax, bytes);
    }

    private static byte[] Padded(byte[] bytes, string syntax) =>
        syntax == Deflated && bytes.Length % 2 != 0 ? [.. bytes, 0] : bytes;

    public static byte[] Inflate(byte[] deflated)
    {
        using var input = new DeflateStream(new MemoryStream(deflated, writable: false), CompressionMode.Decompress);
        using var output = new MemoryStream();
        try
        {
            input.CopyTo(output);
        }
        catch (InvalidDataException)
        {
            // A broken stream gives what it gave until then; the caller sees that elements are missing.
        }

        return output.ToArray();
    }

    public override string ToString() => System.IO.Path.GetRelativePath(SharedData.Root ?? "/", Path);
}
