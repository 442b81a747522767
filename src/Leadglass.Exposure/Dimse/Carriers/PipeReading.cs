using System.Buffers;
using System.IO.Pipelines;

namespace Leadglass.Exposure;

/// <summary>Reads a pipe as a stream is read.</summary>
internal static class PipeReading
{
    /// <summary>Takes what is there, once something is; 0 at the end.</summary>
    public static async ValueTask<int> TakeAsync(this PipeReader pipe, Memory<byte> into, CancellationToken cancel)
    {
        var result = await pipe.ReadAsync(cancel);
        var taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, into.Length));
        taken.CopyTo(into.Span);
        var count = (int)taken.Length;
        pipe.AdvanceTo(taken.End);
        return count;
    }
}
