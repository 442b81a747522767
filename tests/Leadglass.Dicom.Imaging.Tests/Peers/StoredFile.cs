using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Leadglass.Dicom.Imaging.Tests.Peers;

/// <summary>A real file as an instance to transcode; its fragments are gathered into frames as PS3.5 A.4 says.</summary>
internal sealed class StoredFile : IFrameSource
{
    private readonly List<ReadOnlyMemory<byte>[]> _frames;

    private StoredFile(DicomFile file, FragmentsElement pixels)
    {
        File = file;
        var header = new DataSet();
        var trailer = new DataSet();
        foreach (var element in file.DataSet)
        {
            if (element.Tag != DicomTag.PixelData)
            {
                (element.Tag < DicomTag.PixelData ? header : trailer).Set(element);
            }
        }

        var claimed = header.GetInt32(DicomTag.NumberOfFrames) ?? 1;
        _frames = Gather(pixels, claimed);
        Instance = new EncapsulatedInstance
        {
            TransferSyntax = file.TransferSyntax,
            Header = header,
            Trailer = trailer,
            Frames = this,
        };
    }

    public DicomFile File { get; }

    public EncapsulatedInstance Instance { get; }

    public int FrameCount => _frames.Count;

    /// <summary>Null for a file without encapsulated pixel data.</summary>
    public static StoredFile? TryRead(string path)
    {
        DicomFile file;
        try
        {
            file = DicomFile.Read(System.IO.File.ReadAllBytes(path));
        }
        catch (DicomFormatException)
        {
            return null;
        }

        return file.DataSet.Find(DicomTag.PixelData) is FragmentsElement pixels ? new StoredFile(file, pixels) : null;
    }

    public byte[] Frame(int number) => [.. _frames[number - 1].SelectMany(fragment => fragment.ToArray())];

    public ValueTask<long> FrameLengthAsync(int number, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_frames[number - 1].Sum(fragment => (long)fragment.Length));

    public async ValueTask CopyFrameAsync(int number, PipeWriter output, CancellationToken cancellationToken)
    {
        foreach (var fragment in _frames[number - 1])
        {
            await output.WriteAsync(fragment, cancellationToken);
        }
    }

    /// <summary>The transcoded data set, read again.</summary>
    public async Task<DataSet> TranscodeAsync(FrameDecoder decoder)
    {
        using var stream = new MemoryStream();
        var writer = PipeWriter.Create(stream);
        await new InstanceTranscoder(decoder).WriteAsync(Instance, writer, TestContext.Current.CancellationToken);
        await writer.CompleteAsync();
        return DataSetReader.Read(stream.ToArray(), TransferSyntax.ExplicitVrLittleEndian);
    }

    private static List<ReadOnlyMemory<byte>[]> Gather(FragmentsElement pixels, int claimed)
    {
        var fragments = pixels.Fragments;
        if (claimed == 1)
        {
            return
            [
                [.. fragments],
            ];
        }

        var table = pixels.BasicOffsetTable;
        if (table.Length == 4 * claimed)
        {
            var starts = Enumerable
                .Range(0, claimed)
                .Select(i => BinaryPrimitives.ReadUInt32LittleEndian(table.Span[(4 * i)..]))
                .ToHashSet();
            return GroupBy(fragments, (_, offset) => starts.Contains(offset));
        }

        return fragments.Count == claimed
            ? [.. fragments.Select(fragment => new[] { fragment })]
            : GroupBy(fragments, (fragment, _) => fragment.Span is [0xFF, 0xD8 or 0x4F, ..]);
    }

    private static List<ReadOnlyMemory<byte>[]> GroupBy(
        IReadOnlyList<ReadOnlyMemory<byte>> fragments,
        Func<ReadOnlyMemory<byte>, uint, bool> isStart
    )
    {
        var frames = new List<List<ReadOnlyMemory<byte>>>();
        uint offset = 0;
        foreach (var fragment in fragments)
        {
            if (frames.Count == 0 || isStart(fragment, offset))
            {
                frames.Add([]);
            }

            frames[^1].Add(fragment);
            offset += (uint)fragment.Length + 8;
        }

        return [.. frames.Select(frame => frame.ToArray())];
    }
}
