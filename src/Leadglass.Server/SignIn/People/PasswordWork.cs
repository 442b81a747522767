using Leadglass.Access;

namespace Leadglass.Server.SignIn.People;

/// <summary>
/// Bounds what checking passwords may take: each costs 32 MiB and some tens of milliseconds on purpose. Few run at a time,
/// a limited number wait, the rest are turned away; attempts on one account follow one another, so that nobody outruns
/// its lock by trying at once.
/// </summary>
internal sealed class PasswordWork : IDisposable
{
    /// <summary>Hashes at one time: 64 MiB.</summary>
    public const int AtOnceMax = 2;

    /// <summary>Attempts that wait for their turn.</summary>
    public const int WaitingMax = 64;

    private const int Lanes = 64;

    private readonly SemaphoreSlim _places = new(AtOnceMax);
    private readonly SemaphoreSlim[] _lanes = [.. Enumerable.Range(0, Lanes).Select(static _ => new SemaphoreSlim(1))];
    private int _waiting;

    /// <summary>Does one piece of work on an account; false: too many wait, and it was not done.</summary>
    /// <param name="name">The sign-in name, whether it exists or not.</param>
    public async Task<bool> TryRunAsync(string name, Func<Task> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            var lane = _lanes[(uint)StringComparer.Ordinal.GetHashCode(KnownPeople.Normalize(name)) % Lanes];
            await lane.WaitAsync(cancellationToken);
            try
            {
                await _places.WaitAsync(cancellationToken);
                try
                {
                    await Task.Run(work, cancellationToken);
                    return true;
                }
                finally
                {
                    _places.Release();
                }
            }
            finally
            {
                lane.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose()
    {
        _places.Dispose();
        foreach (var lane in _lanes)
        {
            lane.Dispose();
        }
    }
}
