using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>Runs alone: it measures.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryCollection;

/// <summary>
/// The server's resident memory stays below 200 MiB while eight associations store multi-frame instances of 96 MiB each, or
/// of 512 MiB in the long form, and while one is retrieved.
/// </summary>
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests(ITestOutputHelper output)
{
    private const long LimitKibibytes = 200 * 1024;
    private const int Associations = 8;

    [Theory]
    [InlineData(RawServices.ExplicitLittle)]
    [InlineData("1.2.840.10008.1.2.4.70")]
    public async Task Eight_large_multi_frame_instances_at_once(string syntax)
    {
        var frames = LongForm.Choose(48, 256);
        await using var archive = await ArchiveProcess.StartNewAsync();
        var scanner = await archive.EnrolAsync("scanner", "SCANNER", "store");
        var workstation = await archive.EnrolAsync("workstation", "WORKSTATION", "retrieve");
        var idle = archive.MemoryKibibytes("VmRSS");
        await Task.WhenAll(
            Enumerable
                .Range(1, Associations)
                .Select(n => StoreAsync(archive, scanner, MultiFrame(n, frames, syntax), n))
        );
        var stored = archive.MemoryKibibytes();
        await AssertComesBackAsync(archive, workstation, MultiFrame(3, frames, syntax), 3);
        var retrieved = archive.MemoryKibibytes();
        output.WriteLine(
            $"{frames * 2} MiB x {Associations}: {idle / 1024} MiB idle, peak {stored / 1024} MiB, "
                + $"{retrieved / 1024} MiB after a retrieve"
        );
        Assert.True(stored < LimitKibibytes, $"peak {stored / 1024} MiB while storing");
        Assert.True(retrieved < LimitKibibytes, $"peak {retrieved / 1024} MiB while retrieving");
    }

    private static TestInstance MultiFrame(int number, int frames, string syntax) =>
        TestInstance.Numbered(700 + number) with
        {
            SopClassUid = "1.2.840.10008.5.1.4.1.1.7.3",
            Rows = 1024,
            Columns = 1024,
            Frames = frames,
            TransferSyntax = syntax,
        };

    private static async Task StoreAsync(
        ArchiveProcess archive,
        EnrolledDevice scanner,
        TestInstance instance,
        int seed
    )
    {
        await using var association = await ArchivePeer.ConnectAsync(
            archive,
            scanner,
            [new RawContext(instance.SopClassUid, instance.TransferSyntax)]
        );
        await using var body = new PixelStream(instance, seed);
        Assert.Equal(0, await association.StoreAsync(1, instance.SopClassUid, instance.SopInstanceUid, body));
        await association.ReleaseAsync();
    }

    private static async Task AssertComesBackAsync(
        ArchiveProcess archive,
        EnrolledDevice workstation,
        TestInstance instance,
        int seed
    )
    {
        var expected = new RawInstance(instance.SopClassUid, instance.SopInstanceUid, instance.TransferSyntax, []);
        var got = await ArchivePeer.GetAsync(
            archive,
            workstation,
            expected,
            ArchivePeer.ImageKey(instance.StudyInstanceUid, instance.SeriesInstanceUid, instance.SopInstanceUid)
        );
        Assert.True(got is { Status: 0, Instances: [_] }, $"C-GET answered {got.Status:X4}");
        await using var body = new PixelStream(instance, seed);
        var part = new byte[1 << 20];
        var at = 0;
        for (var read = await body.ReadAsync(part); read > 0; read = await body.ReadAsync(part))
        {
            Assert.True(got.Instances[0].DataSet.AsSpan(at, read).SequenceEqual(part.AsSpan(0, read)), $"byte {at}");
            at += read;
        }

        Assert.Equal(at, got.Instances[0].DataSet.Length);
    }
}

/// <summary>
/// A data set whose pixels are made while it is read, so that the sender needs no memory for them: native, or one fragment
/// for each frame.
/// </summary>
internal sealed class PixelStream : Stream
{
    private readonly IEnumerator<ReadOnlyMemory<byte>> pieces;
    private ReadOnlyMemory<byte> rest;

    public PixelStream(TestInstance instance, int seed) => pieces = Pieces(instance, Block(seed)).GetEnumerator();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        while (rest.IsEmpty)
        {
            if (!pieces.MoveNext())
            {
                return 0;
            }

            rest = pieces.Current;
        }

        var count = Math.Min(rest.Length, buffer.Length);
        rest.Span[..count].CopyTo(buffer);
        rest = rest[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Read(buffer.Span));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        pieces.Dispose();
        base.Dispose(disposing);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(TestInstance instance, byte[] block)
    {
        if (instance.TransferSyntax == RawServices.ExplicitLittle)
        {
            yield return instance.HeaderBytes((uint)instance.PixelLength);
            foreach (var piece in Fill(block, instance.PixelLength))
            {
                yield return piece;
            }

            yield break;
        }

        yield return instance.HeaderBytes(uint.MaxValue);
        yield return Item(0xE000, 0);
        var frameLength = (int)(instance.PixelLength / instance.Frames);
        for (var frame = 0; frame < instance.Frames; frame++)
        {
            yield return Item(0xE000, frameLength);
            foreach (var piece in Fill(block, frameLength))
            {
                yield return piece;
            }
        }

        yield return Item(0xE0DD, 0);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Fill(byte[] block, long length)
    {
        for (var left = length; left > 0; left -= block.Length)
        {
            yield return block.AsMemory(0, (int)Math.Min(left, block.Length));
        }
    }

    private static byte[] Item(ushort element, int length) =>
        [0xFE, 0xFF, (byte)element, (byte)(element >> 8), .. BitConverter.GetBytes(length)];

    private static byte[] Block(int seed)
    {
        // A prime length: no two chunks of the stream are alike.
        var bytes = new byte[1_048_573];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
