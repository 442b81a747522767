namespace Leadglass.Archive;

/// <summary>
/// The memory that all instances on their way in share. Nobody waits for it: whoever gets none streams to the disk
/// instead, so nothing can stall here.
/// </summary>
internal sealed class IngestBudget(long bytes)
{
    private long _left = bytes;

    /// <summary>Bytes not taken.</summary>
    public long Left => Interlocked.Read(ref _left);

    /// <summary>Takes bytes, or none and says so.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _left, bytes);
}
