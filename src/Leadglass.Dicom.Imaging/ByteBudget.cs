namespace Leadglass.Dicom.Imaging;

/// <summary>Bytes that may be held at once; who asks for more waits in turn.</summary>
internal sealed class ByteBudget(long total)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private readonly long _total = total;
    private long _free = total;

    private sealed record Waiter(long Bytes, TaskCompletionSource<IDisposable> Granted);

    /// <summary>Waits until as many bytes are free; never more than the whole budget.</summary>
    public async ValueTask<IDisposable> TakeAsync(long wanted, CancellationToken cancellationToken)
    {
        wanted = Math.Min(wanted, _total);
        Waiter waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _free >= wanted)
            {
                _free -= wanted;
                return new Lease(this, wanted);
            }

            waiter = new Waiter(wanted, new(TaskCreationOptions.RunContinuationsAsynchronously));
            _waiting.AddLast(waiter);
        }

        await using var registration = cancellationToken.UnsafeRegister(
            (_, token) => GiveUp(waiter, token),
            state: null
        );
        return await waiter.Granted.Task;
    }

    private void GiveUp(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_waiting.Remove(waiter))
            {
                return;
            }

            Grant();
        }

        waiter.Granted.TrySetCanceled(cancellationToken);
    }

    private void Return(long count)
    {
        lock (_lock)
        {
            _free += count;
            Grant();
        }
    }

    private void Grant()
    {
        while (_waiting.First is { } first && first.Value.Bytes <= _free)
        {
            _waiting.RemoveFirst();
            _free -= first.Value.Bytes;
            first.Value.Granted.SetResult(new Lease(this, first.Value.Bytes));
        }
    }

    private sealed class Lease(ByteBudget budget, long count) : IDisposable
    {
        private int _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            {
                budget.Return(count);
            }
        }
    }
}
