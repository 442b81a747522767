using System.Security.Cryptography;

namespace Leadglass.Server.Pages.Studies;

/// <summary>
/// Searches that were asked for, each under a random name that can stand in a URL: a page can be reloaded and come back to
/// without what was searched for being in the browser's history. In memory only, and for the one who asked.
/// </summary>
internal sealed class SearchViews
{
    /// <summary>Kept in all; the oldest go first.</summary>
    internal const int KeptMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Owner, StudyListQuery Query)> _kept = new(StringComparer.Ordinal);
    private readonly Queue<string> _inOrder = new();

    /// <summary>Keeps a search and answers its name.</summary>
    /// <param name="owner">The key of the identity that asked.</param>
    public string Keep(string owner, StudyListQuery query)
    {
        var name = RandomNumberGenerator.GetHexString(24, lowercase: true);
        lock (_gate)
        {
            while (_kept.Count >= KeptMax && _inOrder.TryDequeue(out var oldest))
            {
                _kept.Remove(oldest);
            }
            _kept.Add(name, (owner, query));
            _inOrder.Enqueue(name);
        }
        return name;
    }

    /// <summary>The search of this name, if this identity asked for it.</summary>
    public StudyListQuery? Find(string owner, string? name)
    {
        lock (_gate)
        {
            return name is not null && _kept.TryGetValue(name, out var view) && view.Owner == owner ? view.Query : null;
        }
    }
}
