using System.IO.Pipelines;

namespace Leadglass.Server.DicomWeb;

/// <summary>
/// Writes what goes before a body only when the body's first byte comes: until then a failure can still become another
/// answer.
/// </summary>
/// <param name="output">Where it goes.</param>
/// <param name="begin">Writes what goes before.</param>
internal sealed class DeferredWriter(PipeWriter output, Action<PipeWriter> begin) : PipeWriter
{
    private bool _hasBegun;

    /// <summary>Nobody reads any more: what was written last did not arrive.</summary>
    public bool IsAbandoned { get; private set; }

    public override void Advance(int bytes) => output.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Begin();
        return output.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Begin();
        return output.GetSpan(sizeHint);
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Begin();
        var result = await output.FlushAsync(cancellationToken);
        IsAbandoned |= result.IsCompleted || result.IsCanceled;
        return result;
    }

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    /// <summary>The output is completed by its owner.</summary>
    public override void Complete(Exception? exception = null) { }

    private void Begin()
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            begin(output);
        }
    }
}
