namespace Leadglass.Exposure;

/// <summary>Writes messages to another process, each in one piece though several write.</summary>
internal sealed class FrameWriter(Stream to) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Writes bytes, as many messages as they need.</summary>
    public async ValueTask WriteAsync(RowFrameKind kind, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            do
            {
                var part = bytes[..Math.Min(bytes.Length, RowFrames.LengthMax)];
                bytes = bytes[part.Length..];
                await RowFrames.WriteAsync(to, kind, part, cancel);
            } while (!bytes.IsEmpty);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}
