using System.Collections.Concurrent;

namespace Leadglass.Access;

/// <summary>How many operations each identity has under way, so that none takes the archive for itself.</summary>
internal sealed class OperationsUnderWay
{
    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>How many an identity of this kind may have under way.</summary>
    public static int MaxOf(Identity identity) =>
        identity switch
        {
            // A viewer prefetches over one connection of HTTP/2.
            PersonIdentity or ShareIdentity => 64,
            ProgramIdentity => 32,
            _ => int.MaxValue,
        };

    public IDisposable? TryBegin(Identity identity)
    {
        var max = MaxOf(identity);
        while (true)
        {
            var count = _counts.GetOrAdd(identity.Key, 0);
            if (count >= max)
            {
                return null;
            }
            if (_counts.TryUpdate(identity.Key, count + 1, count))
            {
                return new UnderWay(this, identity.Key);
            }
        }
    }

    private void End(string key)
    {
        while (true)
        {
            var count = _counts.GetValueOrDefault(key);
            if (
                count <= 1
                    ? _counts.TryRemove(KeyValuePair.Create(key, count))
                    : _counts.TryUpdate(key, count - 1, count)
            )
            {
                return;
            }
        }
    }

    private sealed class UnderWay(OperationsUnderWay all, string key) : IDisposable
    {
        private OperationsUnderWay? _all = all;

        public void Dispose() => Interlocked.Exchange(ref _all, null)?.End(key);
    }
}
