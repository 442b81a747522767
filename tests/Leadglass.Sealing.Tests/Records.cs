using System.Buffers;

namespace Leadglass.Sealing.Tests;

/// <summary>Seals and opens whole records in memory, where nothing is ever waited for.</summary>
internal static class Records
{
    public const int Chunk = 64 * 1024;

    /// <summary>Attributes and pixel data first, the descriptor last, in pieces of the given size.</summary>
    public static byte[] Seal(DataKey key, Token instance, byte[][] contents, int piece = int.MaxValue)
    {
        var output = new ArrayBufferWriter<byte>();
        using var sealer = new RecordSealer(key, instance, output);
        foreach (var run in new[] { RecordRun.Attributes, RecordRun.PixelData, RecordRun.Descriptor })
        {
            var rest = contents[(int)run].AsSpan();
            sealer.Write(run, []);
            while (!rest.IsEmpty)
            {
                var taken = Math.Min(piece, rest.Length);
                sealer.Write(run, rest[..taken]);
                rest = rest[taken..];
            }
        }

        sealer.Complete();
        return output.WrittenSpan.ToArray();
    }

    public static RecordOpener Open(ReadOnlyMemory<byte> record, DataKey key) =>
        Complete(RecordOpener.OpenAsync(new MemorySealedSource(record), key, CancellationToken.None));

    public static byte[][] OpenAll(ReadOnlyMemory<byte> record, DataKey key)
    {
        using var opener = Open(record, key);
        return
        [
            .. Enumerable
                .Range(0, 3)
                .Select(run => Complete(opener.ReadRunAsync((RecordRun)run, int.MaxValue, CancellationToken.None))),
        ];
    }

    /// <summary>Opens every chunk; throws unless the record is whole.</summary>
    public static void Verify(ReadOnlyMemory<byte> record, DataKey key)
    {
        using var opener = Open(record, key);
        Complete(opener.VerifyAsync(CancellationToken.None));
    }

    public static void Complete(ValueTask task)
    {
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException("nothing in memory is waited for");
        }

        task.GetAwaiter().GetResult();
    }

    public static T Complete<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }

    public static byte[] Content(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
